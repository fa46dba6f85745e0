/* SPDX-License-Identifier: Apache-2.0 */
/* page_bars.c: draws logins and refusals over time, and the axis of time. A chart has no width of its own: what lies in it
 * stands at a share of the width, so that it fits any window without a script. */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "tools/agentauthctl/report/page_parts.h"
#include "tools/agentauthctl/report/words.h"

#define TICKS 8 /* at most */
#define HALF 72 /* pixels of the higher half of the bars */
#define LEAST 3 /* pixels of a bar that is not 0 */

/* ---- the axis --------------------------------------------------------------------- */

static int64_t tick_of(int64_t span)
{
	static const int64_t steps[] = {300,   900,	  3600,	     3 * 3600,	 6 * 3600,   12 * 3600,
					86400, 2 * 86400, 7 * 86400, 14 * 86400, 30 * 86400, 90 * 86400};
	size_t i = 0;

	while (i + 1 < sizeof(steps) / sizeof(steps[0]) && span / steps[i] > TICKS)
		i++;
	return span / steps[i] > TICKS ? span / TICKS : steps[i];
}

static int64_t first_tick(const struct report *r, int64_t step)
{
	return r->since + step - 1 - (r->since + step - 1) % step;
}

void page_x(const struct report *r, struct buffer *p, int64_t when)
{
	html_share(p, when - r->since, r->until - r->since);
}

void page_grid(const struct report *r, struct buffer *p)
{
	int64_t step = tick_of(r->until - r->since);

	for (int64_t at = first_tick(r, step); at < r->until; at += step) {
		html(p, "<line class=\"grid\" x1=\"");
		page_x(r, p, at);
		html(p, "\" x2=\"");
		page_x(r, p, at);
		html(p, "\" y1=\"0\" y2=\"100%%\"/>");
	}
}

/* Every second label is left out where the window is narrow. */
void page_axis(const struct report *r, struct buffer *p)
{
	int64_t step = tick_of(r->until - r->since), at = first_tick(r, step);
	char words[WORDS_TIME];

	html(p, "<svg class=\"axis\" aria-hidden=\"true\">");
	for (int i = 0; at < r->until; at += step, i++) {
		words_minute(at, words);
		if (at % 86400 == 0)
			words_day(at, words);
		else
			memmove(words, words + strlen(words) - 5, 6);
		html(p, "<text class=\"t%d", i % 2);
		html(p, (at - r->since) * 100 / (r->until - r->since) < 3 ? " first\" y=\"14\" x=\""
									  : "\" y=\"14\" x=\"");
		page_x(r, p, at);
		html(p, "\">");
		html_text(p, words);
		html(p, "</text>");
	}
	html(p, "</svg>\n");
}

/* ---- logins and refusals -------------------------------------------------------------------- */

/* Both halves have one scale, so that a bar below can be compared with a bar above. */
struct bars {
	uint64_t up, down, most;
	int zero, height; /* pixels */
};

static struct bars measure(const struct report *r)
{
	struct bars b = {.most = 1};

	for (size_t i = 0; i < r->n_bars; i++) {
		b.up = r->logins[i] > b.up ? r->logins[i] : b.up;
		b.down = r->denials[i] > b.down ? r->denials[i] : b.down;
	}
	b.most = b.up > b.down ? b.up : b.down;
	b.most = b.most ? b.most : 1;
	b.zero = 16 + (int)(b.up * HALF / b.most);
	b.height = b.zero + 16 + (int)(b.down * HALF / b.most);
	return b;
}

static void put_bar(const struct report *r, size_t i, uint64_t n, int y, int height, struct buffer *p)
{
	int64_t from = r->bars_from + r->bar * (int64_t)i, to = from + r->bar, gap = r->bar / 6;

	from = from < r->since ? r->since : from;
	to = to > r->until ? r->until : to;
	html(p, "x=\"");
	page_x(r, p, from + gap / 2);
	html(p, "\" width=\"");
	html_share(p, to - from > 2 * gap ? to - from - gap : to - from, r->until - r->since);
	html(p, "\" y=\"%d\" height=\"%d\"><title>%" PRIu64 ", from ", y, height, n);
	html_time_words(p, from);
	html(p, " on</title></rect>");
}

static int pixels(uint64_t n, const struct bars *b)
{
	int height = (int)(n * HALF / b->most);

	return height < LEAST ? LEAST : height;
}

static void put_bars(const struct report *r, const struct bars *b, struct buffer *p)
{
	html(p, "<defs><pattern id=\"hatch\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" "
		"patternTransform=\"rotate(45)\"><path class=\"hatch\" d=\"M1.5 0v5\"/></pattern></defs>");
	page_grid(r, p);
	for (size_t i = 0; i < r->n_bars; i++) {
		int up = pixels(r->logins[i], b), down = pixels(r->denials[i], b);

		if (r->logins[i]) {
			html(p, "<rect class=\"in\" ");
			put_bar(r, i, r->logins[i], b->zero - up, up, p);
		}
		if (r->denials[i]) {
			html(p, "<rect class=\"out\" ");
			put_bar(r, i, r->denials[i], b->zero, down, p);
		}
	}
	html(p, "<line class=\"zero\" x1=\"0\" x2=\"100%%\" y1=\"%d\" y2=\"%d\"/>", b->zero, b->zero);
	html(p, "<text class=\"scale\" x=\"0\" y=\"11\">%" PRIu64, b->up);
	html(p, b->up == 1 ? " session</text>" : " sessions</text>");
	if (!b->down)
		return;
	html(p, "<text class=\"scale\" x=\"0\" y=\"%d\">%" PRIu64, b->height - 3, b->down);
	html(p, b->down == 1 ? " refusal</text>" : " refusals</text>");
}

static void put_login_table(const struct report *r, struct buffer *p)
{
	static const char *const columns[] = {"From", "#Sessions begun", "#Refusals", NULL};

	page_fold(p, "The same as a table");
	page_table(p, "Sessions begun and refusals over time", columns);
	for (size_t i = 0; i < r->n_bars; i++) {
		if (!r->logins[i] && !r->denials[i])
			continue;
		html(p, "<tr><th scope=\"row\">");
		html_time(p, r->bars_from + r->bar * (int64_t)i);
		html(p, "</th><td class=\"n\">%" PRIu64 "</td><td class=\"n\">%" PRIu64 "</td></tr>\n",
		     r->logins[i], r->denials[i]);
	}
	page_table_end(p);
	page_fold_end(p);
}

void page_logins(const struct report *r, struct buffer *p)
{
	struct bars b = measure(r);

	page_section(p, "logins", "Logins and refusals over time", "");
	if (!b.up && !b.down) {
		html(p, "<p class=\"empty\">Nobody logged in, and nobody was refused.</p>\n");
		page_section_end(p);
		return;
	}
	html(p,
	     "<ul class=\"key\" aria-label=\"Key\"><li><svg viewBox=\"0 0 14 14\"><rect class=\"in\" x=\"2\" "
	     "y=\"1\" width=\"10\" height=\"12\"/></svg> sessions begun, above the line</li><li><svg "
	     "viewBox=\"0 0 14 14\"><rect class=\"out\" x=\"2\" y=\"1\" width=\"10\" height=\"12\"/></svg> "
	     "refusals, below it</li><li>one bar is ");
	html_span(p, r->bar);
	html(p,
	     "</li><li>times in UTC</li></ul>\n<svg class=\"bars\" role=\"img\" aria-labelledby=\"bt bd\" "
	     "height=\"%d\"><title "
	     "id=\"bt\">Logins and refusals over time</title><desc id=\"bd\">",
	     b.height);
	html_number(p, r->n[N_SESSIONS]);
	html(p, " sessions were begun, at most %" PRIu64 " in one bar; ", b.up);
	html_number(p, r->n[N_REFUSED]);
	html(p, " refusals, at most %" PRIu64 ".</desc>", b.down);
	put_bars(r, &b, p);
	html(p, "</svg>\n");
	page_axis(r, p);
	put_login_table(r, p);
	page_section_end(p);
}
