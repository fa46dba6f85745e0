# SPDX-License-Identifier: Apache-2.0
"""Plots as SVG, legible on light and on dark pages: bars beside their limits, and lines on logarithmic axes."""
import html
import math

FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
# Light, then dark. The hues of the sources differ in lightness too, and each has a mark of its own in the lines' plots.
COLOURS = {
    "ground": ("#ffffff", "#0d1117"), "text": ("#1f2328", "#e6edf3"), "quiet": ("#59636e", "#9198a1"), "grid": ("#d8dee4", "#2a3038"),
    "ours": ("#0a5fd1", "#5aa9ff"), "peer": ("#a9b3bd", "#5b646e"), "limit": ("#c4161c", "#ff7b72"), "held": ("#1a7f37", "#56d364"),
    "s1": ("#b35900", "#f0a04b"), "s2": ("#6f42c1", "#c69cff"), "s3": ("#00796b", "#3fd0bd"), "s4": ("#7d5a00", "#d9b84a"),
    "s5": ("#ad2e6f", "#ff8fc4"),
}
TIMES = ("ns", "us", "ms", "s")


def shown(value, unit):
    """A value with its unit, the largest of which there is one."""
    if unit in TIMES:
        place = TIMES.index(unit)
        while place < 3 and abs(value) >= 1000:
            value, place = value / 1000, place + 1
        while place > 0 and 0 < abs(value) < 0.095:
            value, place = value * 1000, place - 1
        unit = TIMES[place].replace("us", "µs")
    size = abs(value)
    text = "%.0f" % value if size >= 100 or value == int(value) else "%.1f" % value if size >= 10 else "%.2f" % value if size >= 0.095 else "%.3f" % value
    return text + ("×" if unit == "x" else " " + unit)


class Picture:
    def __init__(self, width, title, below=""):
        self.width, self.height, self.parts, self.title = width, 0, [], title
        self.text(24, 34, title, "title")
        self.height = 46
        if below:
            self.text(24, 55, below, "quiet small")
            self.height = 70

    def text(self, x, y, text, classes="", anchor="start"):
        self.parts.append('<text x="%.1f" y="%.1f" class="%s" text-anchor="%s">%s</text>' % (x, y, classes, anchor, html.escape(text)))

    def line(self, x1, y1, x2, y2, classes):
        self.parts.append('<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" class="%s"/>' % (x1, y1, x2, y2, classes))

    def bar(self, x, y, width, height, classes, tip=""):
        self.parts.append('<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="2" class="%s">%s</rect>' % (
            x, y, max(width, 1), height, classes, "<title>%s</title>" % html.escape(tip) if tip else ""))

    def mark(self, x, y, number, classes, tip=""):
        r = 5
        shapes = (
            '<circle cx="%.1f" cy="%.1f" r="%d"' % (x, y, r),
            '<rect x="%.1f" y="%.1f" width="%d" height="%d"' % (x - r + 0.5, y - r + 0.5, 2 * r - 1, 2 * r - 1),
            '<path d="M%.1f %.1fl%d %dh-%dz"' % (x, y - r - 1, r + 1, 2 * r, 2 * r + 2),
            '<path d="M%.1f %.1fl%d %dl-%d %dl-%d -%dz"' % (x, y - r - 1, r + 1, r + 1, r + 1, r + 1, r + 1, r + 1),
            '<path d="M%.1f %.1fl%d -%dh-%dz"' % (x, y + r + 1, r + 1, 2 * r, 2 * r + 2),
            '<rect x="%.1f" y="%.1f" width="%d" height="4"' % (x - r - 1, y - 2, 2 * r + 2),
        )
        self.parts.append('%s class="%s"><title>%s</title>%s' % (
            shapes[number % 6], classes, html.escape(tip), "</circle>" if number % 6 == 0 else "</path>" if number % 6 in (2, 3, 4) else "</rect>"))

    def path(self, points, classes):
        self.parts.append('<path d="M%s" class="%s"/>' % ("L".join("%.1f %.1f" % p for p in points), classes))

    def written(self):
        def rules(which):
            return "".join(
                ".%s{fill:%s}.line.%s{stroke:%s;fill:none}" % (name, pair[which], name, pair[which]) for name, pair in COLOURS.items())

        style = (
            "text{font:13px %s}.title{font-size:17px;font-weight:600}.small{font-size:12px}.strong{font-weight:600}"
            ".line{stroke-width:2}.thin{stroke-width:1}.dash{stroke-dasharray:5 3}.whisker{stroke-width:1.5}" % FONT)
        style += "text{fill:%s}%s" % (COLOURS["text"][0], rules(0))
        style += "@media (prefers-color-scheme:dark){text{fill:%s}%s}" % (COLOURS["text"][1], rules(1))
        # Classes of text come after the rule of all text.
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">\n'
            "<style>%s</style>\n<rect width=\"100%%\" height=\"100%%\" rx=\"8\" class=\"ground\"/>\n%s\n</svg>\n"
            % (self.width, self.height, self.width, self.height, html.escape(self.title, quote=True), style, "\n".join(self.parts)))


def ticks_of(low, high, logarithmic):
    """The values at which an axis has its lines."""
    if logarithmic:
        return [10.0 ** e for e in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]
    step = 10 ** math.floor(math.log10(high / 4))
    step *= next(f for f in (1, 2, 2.5, 5, 10) if high / (step * f) <= 6)
    return [i * step for i in range(int(high / step + 1e-9) + 2)]


def axis(low, high, logarithmic, start, length):
    """A function from a value to a place, and the ticks."""
    ticks = ticks_of(low, high, logarithmic)
    if logarithmic:
        a, b = math.log10(ticks[0]), math.log10(ticks[-1])
        return (lambda v: start + length * (math.log10(max(v, ticks[0])) - a) / (b - a)), ticks
    return (lambda v: start + length * v / ticks[-1]), ticks


def bars(title, below, groups, unit, logarithmic=False, label=250):
    """Groups of (name, [(label, median, p99 or None, class, [limit], words of the limits)])."""
    everything = [v for _, rows in groups for r in rows for v in (r[1], r[2], *r[4]) if v]
    p = Picture(860, title, below)
    left, length = label, 860 - label - 190
    place, ticks = axis(min(everything) / 1.5, max(everything), logarithmic, left, length)
    top = p.height + 6
    under = len(p.parts)
    y = top + 8
    for name, rows in groups:
        if name:
            y += 6
            p.text(24, y + 12, name, "strong")
            y += 22
        for text, median, p99, kind, limits, words in rows:
            p.text(left - 10, y + 13, text, "", "end")
            tip = "%s: %s%s" % (text, shown(median, unit), ", p99 " + shown(p99, unit) if p99 else "")
            start = place(ticks[0]) if logarithmic else left
            p.bar(start, y, place(median) - start, 17, kind, tip)
            end = place(median)
            if p99:
                end = max(end, place(p99))
                p.line(place(median), y + 8.5, place(p99), y + 8.5, "line whisker quiet")
                p.line(place(p99), y + 4, place(p99), y + 13, "line whisker quiet")
            for limit in limits:
                end = max(end, place(limit))
                p.line(place(limit), y - 3, place(limit), y + 20, "line limit dash")
            p.text(end + 7, y + 13, shown(median, unit), "strong" if kind == "ours" else "")
            if words:
                p.text(end + 17 + 8.5 * len(shown(median, unit)), y + 13, words, "limit small")
            y += 24
    grid = []
    for v in ticks:
        grid.append('<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" class="line thin grid"/>' % (place(v), top, place(v), y + 2))
        p.text(place(v), y + 18, shown(v, unit) if v else "0", "quiet small", "middle")
    p.parts[under:under] = grid
    p.height = int(y + 36)
    legend(p, [("ours", "agentauth"), ("peer", "the peer"), ("line", "99th percentile"), ("limit", "limit of ours")])
    return p.written()


def legend(p, entries):
    x = 24
    for kind, text in entries:
        if kind == "limit":
            p.line(x + 8, p.height - 3, x + 8, p.height + 13, "line limit dash")
        elif kind == "line":
            p.line(x, p.height + 5, x + 14, p.height + 5, "line whisker quiet")
            p.line(x + 14, p.height + 1, x + 14, p.height + 9, "line whisker quiet")
        else:
            p.bar(x, p.height - 1, 16, 12, kind)
        p.text(x + 23, p.height + 10, text, "quiet small")
        x += 23 + 7 * len(text) + 22
    p.height += 28


def lines(title, below, series, unit, x_name, limits=()):
    """Series of (label, class, [(x, median)]), both axes logarithmic; limits are (x, y, words)."""
    p = Picture(860, title, below)
    left, width, top, height = 80, 560, p.height + 12, 330
    values = [v for _, _, points in series for _, v in points] + [y for _, y, _ in limits]
    xs = sorted({x for _, _, points in series for x, _ in points})
    px, _ = axis(xs[0], xs[-1], True, left, width)
    py, ticks = axis(min(values), max(values), True, top + height, -height)
    for v in ticks:
        p.line(left, py(v), left + width, py(v), "line thin grid")
        p.text(left - 10, py(v) + 4, shown(v, unit), "quiet small", "end")
    for x in xs:
        p.line(px(x), top, px(x), top + height, "line thin grid")
        p.text(px(x), top + height + 20, "{:,}".format(int(x)), "quiet small", "middle")
    p.text(left + width / 2, top + height + 42, x_name, "quiet small", "middle")
    ends = []
    # Ours is drawn last, above the others.
    for number, (label, kind, points) in sorted(enumerate(series), key=lambda s: s[1][1] == "ours"):
        p.path([(px(x), py(v)) for x, v in points], "line " + kind)
        for x, v in points:
            p.mark(px(x), py(v), number, kind, "%s, %s: %s" % (label, "{:,}".format(int(x)), shown(v, unit)))
        ends.append([py(points[-1][1]), px(points[-1][0]), label, kind, shown(points[-1][1], unit)])
    for x, y, words in limits:
        p.line(px(x) - 16, py(y), px(x) + 16, py(y), "line limit dash")
        p.text(px(x) - 20, py(y) + 4, words, "limit small", "end")
    # Labels stand beside the last point, and never upon each other.
    ends.sort()
    for before, this in zip(ends, ends[1:]):
        this[0] = max(this[0], before[0] + 18)
    for y, x, label, kind, value in ends:
        p.text(left + width + 16 if x > left + width - 60 else x + 12, y + 4, "%s  %s" % (label, value), kind + " strong" if kind == "ours" else kind)
    p.height = top + height + 58
    return p.written()


def shares(title, below, groups):
    """How much of its limit each takes: groups of (name, [(label, share, words, held)])."""
    p = Picture(860, title, below)
    left, length, most = 390, 310, 1.5
    top = p.height + 6
    y = top + 8
    under = len(p.parts)
    for name, rows in groups:
        y += 8
        p.text(24, y + 11, name, "strong")
        y += 20
        for text, share, words, held in rows:
            p.text(left - 10, y + 11, text if len(text) <= 56 else text[:55] + "…", "small", "end")
            p.bar(left, y + 1, length * min(share, most) / most, 12, "ours" if held else "limit", "%s: %.0f %% of its limit" % (text, share * 100))
            if share > most:
                p.text(left + length - 14, y + 11, "»", "ground strong")
            p.text(left + length + 10, y + 11, words, "small" if held else "limit small")
            y += 18
    grid = []
    for v in (0, 0.5, 1.0, 1.5):
        x = left + length * v / most
        grid.append('<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" class="line thin grid"/>' % (x, top, x, y + 4))
        p.text(x, y + 20, "limit" if v == 1.0 else "%.0f %%" % (v * 100), "limit small" if v == 1.0 else "quiet small", "middle")
    p.parts[under:under] = grid
    p.line(left + length / most, top, left + length / most, y + 4, "line limit dash")
    p.height = int(y + 36)
    return p.written()
