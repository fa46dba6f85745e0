# SPDX-License-Identifier: Apache-2.0
"""The mutants of a source of C: each is one small change of one function, as a slip of the hand makes it.

The sources have clang-format's form, so that a function's braces stand alone at the beginning of a line, and text that is
looked at as such, with strings and comments masked, is enough.
"""
import collections
import re

# at: the offset of what is replaced; line: its number; function: the function's name; was and becomes: the line's text before
# and after.
Mutant = collections.namedtuple("Mutant", "path line function operator start end text was becomes")

# Calls that give something back, and no test of what comes out can tell whether they were made: memory that is lost is what
# the build with sanitizers looks for, and nothing looks for a secret that is still in memory which nobody owns.
GIVES_BACK = re.compile(r"(\w*free\w*|\w*_clear|json_decref|OPENSSL_cleanse|explicit_bzero|\w+_cleanup|va_end|assert)$")

COMPARED = {"==": "!=", "!=": "==", "<=": "<", ">=": ">", "<": "<=", ">": ">="}


def masked(text):
    """The text with blanks in the place of comments, and of what strings and preprocessor's lines hold; offsets stay."""
    def blank(match):
        found = match[0]
        if found[0] in "\"'":
            return found[0] + "_" * (len(found) - 2) + found[-1]
        return re.sub(r"[^\n]", " ", found)
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(\\.|[^"\\\n])*"|\'(\\.|[^\'\\\n])*\'|^#(\\\n|[^\n])*', blank, text, flags=re.S | re.M)


def functions(code):
    """(name, first offset, last offset) of each function's body."""
    for opened in re.finditer(r"^\{$", code, re.M):
        closed = code.index("\n}", opened.start())
        head = code[:opened.start()].rsplit("\n}", 1)[-1].rsplit(";", 1)[-1]
        name = re.findall(r"(\w+)\(", head)
        yield (name[0] if name else "?"), opened.end(), closed


def matching(code, at):
    """The offset behind what closes the parenthesis at this offset."""
    depth = 0
    for i in range(at, len(code)):
        if code[i] in "([{":
            depth += 1
        elif code[i] in ")]}":
            depth -= 1
            if depth == 0:
                return i + 1
    raise ValueError("a parenthesis is not closed")


def term(code, at, step, stops):
    """Where the operand ends that begins at `at`, forwards (step 1) or backwards (-1)."""
    depth = 0
    while 0 <= at < len(code):
        c = code[at]
        if c in "([{":
            depth += step
        elif c in ")]}":
            depth -= step
        if depth < 0 or (depth == 0 and c in ";{}"):
            break
        if depth == 0 and (code[at:at + 2] if step > 0 else code[at - 1:at + 1]) in stops:
            break
        if depth == 0 and (c in "?:," or (c == "=" and code[at - 1] not in "=!<>" and code[at + 1:at + 2] != "=")):
            break
        if depth == 0 and step < 0 and re.match(r"return\b", code[max(at - 5, 0):at + 2]) and code[at] == "n":
            break
        at += step
    return at


def negated(code, begin, end):
    for m in re.finditer(r"\b(if|while) (\()", code[begin:end]):
        at = begin + m.start(2)
        behind = matching(code, at)
        yield "negate", at, behind, lambda was: "(!" + was + ")"
    for m in re.finditer(r"(&&|\|\||\(|return |= )(!)(?=[\w(])", code[begin:end]):
        yield "not", begin + m.start(2), begin + m.end(2), lambda was: ""


def compared(code, begin, end):
    for m in re.finditer(r" (==|!=|<=|>=|<|>) ", code[begin:end]):
        yield "compare", begin + m.start(1), begin + m.end(1), lambda was: COMPARED[was]


def terms(code, begin, end):
    for m in re.finditer(r" (&&|\|\|)\s", code[begin:end]):
        sign, at = m[1], begin + m.start(1)
        stops = ("||",) if sign == "||" else ("&&", "||")
        neutral = "0" if sign == "||" else "1"
        right = term(code, at + 2, 1, stops)
        left = term(code, at - 1, -1, stops) + 1
        for first, last in ((at + 2, right), (left, at)):
            while code[first].isspace():
                first += 1
            while code[last - 1].isspace():
                last -= 1
            yield "term", first, last, lambda was, neutral=neutral: neutral


def constants(code, begin, end):
    # Not behind < and the like, whose bound is moved by the comparison; not {0}, which stands for nothing; and not what memory
    # is asked for, of which more does no harm.
    for m in re.finditer(r"(?<![\w.'\"{])(?<![<>] )(?<![<>]= )(\d+)(?![\w.'\"])", code[begin:end]):
        before = code[code.rfind("\n", 0, begin + m.start()) + 1:begin + m.start()]
        if re.search(r"(\bcalloc\(|^\t+(static )?(const )?(struct )?\w+ \**\w+[^=;(]*\[)$", before):
            continue
        yield "constant", begin + m.start(1), begin + m.end(1), lambda was: str(int(was, 8 if was[0] == "0" else 10) + 1)
    for m in re.finditer(r"\b(true|false)\b", code[begin:end]):
        yield "constant", begin + m.start(1), begin + m.end(1), lambda was: "false" if was == "true" else "true"
    for m in re.finditer(r"[\w)\]] ([+-]) (?=[\w(])", code[begin:end]):
        yield "sign", begin + m.start(1), begin + m.end(1), lambda was: "-" if was == "+" else "+"


def calls(code, begin, end):
    for m in re.finditer(r"(?<=\n)\t+((?:\(void\))?(\w+)(\())", code[begin:end]):
        at, before = begin + m.start(1), code[:begin + m.start()].rstrip()
        behind = matching(code, begin + m.start(3))
        if code[behind] != ";" or before[-1] not in ";{})e" or GIVES_BACK.match(m[2]) or m[2] in ("if", "while", "for", "return", "switch"):
            continue
        yield "call", at, behind, lambda was: ""


def returns(code, begin, end):
    for m in re.finditer(r"(?<=\n)\t+(return\b[^;]*|goto \w+|continue|break);", code[begin:end]):
        behind = code[begin + m.end():end]
        if not behind.strip() or (m[1] == "break" and re.match(r"\s*(case|default)", behind)):
            continue # the function's last statement
        yield "leave", begin + m.start(1), begin + m.end(1), lambda was: ""


def negates_all(code, start, stop):
    """Says whether a comparison is all of a condition, which is negated in any case."""
    first, last = term(code, start - 1, -1, ("&&", "||")), term(code, stop, 1, ("&&", "||"))
    return re.search(r"\b(if|while) \($", code[:first + 1]) is not None and code[last:last + 1] == ")"


OPERATORS = (negated, compared, terms, constants, calls, returns)


def mutants(path, text):
    """All mutants of a source, in the order of its lines."""
    code, found, seen = masked(text), [], set()
    lines = text.split("\n")
    for name, begin, end in functions(code):
        for operator in OPERATORS:
            for kind, start, stop, change in operator(code, begin, end):
                becomes = change(text[start:stop])
                if (start, stop, becomes) in seen:
                    continue
                seen.add((start, stop, becomes))
                if kind == "compare" and text[start:stop] in ("==", "!=") and negates_all(code, start, stop):
                    continue
                line = text.count("\n", 0, start)
                first = text.rfind("\n", 0, start) + 1
                last = text.find("\n", stop)
                after = " ".join((text[first:start] + becomes + text[stop:last]).split())
                if after == ";": # the line before says which of a function's it was
                    after = lines[line - 1].strip() + " ;"
                found.append(Mutant(path, line + 1, name, kind, start, stop, becomes, lines[line].strip(), after))
    return sorted(found, key=lambda m: (m.start, m.end))
