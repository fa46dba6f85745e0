/* SPDX-License-Identifier: Apache-2.0 */
/* conf_tree.c: finds where the settings of a text stand, see conf_tree.h. The grammar is libconfig's:
 * settings: { NAME ('=' | ':') value [';' | ','] }
 * value: scalar | '[' [scalar {',' scalar}] ']' | '(' [value {',' value}] ')' | '{' settings '}' */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/text/utf8.h"
#include "tools/cli/alloc.h"
#include "tools/conf/conf_tree.h"

struct reader {
	const struct conf_text *text;
	struct conf_tree *tree;
	struct problems *problems;
	uint32_t at; /* the offset that is read next */
	unsigned depth;
	bool bent;   /* a value was reported; the text as a whole stands */
	bool failed; /* something was reported that nothing behind it can be read with */
};

void conf_tree_free(struct conf_tree *tree)
{
	free(tree->v);
	*tree = (struct conf_tree){0};
}

void conf_text_position(const struct conf_text *text, size_t offset, unsigned *ret_line, unsigned *ret_column)
{
	const char *line = text->bytes, *end = text->bytes + offset, *lf;
	unsigned n = 1;

	while ((lf = memchr(line, '\n', (size_t)(end - line)))) {
		line = lf + 1;
		n++;
	}
	*ret_line = n;
	*ret_column = (unsigned)(end - line) + 1;
}

static void report(struct reader *r, uint32_t at, const char *code, const char *format, va_list args)
    __attribute__((format(printf, 4, 0)));
static void report(struct reader *r, uint32_t at, const char *code, const char *format, va_list args)
{
	struct position position = {.file = r->text->path, .code = code};

	conf_text_position(r->text, at, &position.line, &position.column);
	problems_add(r->problems, false, &position, format, args);
}

static void wrong(struct reader *r, uint32_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void wrong(struct reader *r, uint32_t at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(r, at, "syntax", format, args);
	va_end(args);
	r->failed = true;
}

static void wrong_value(struct reader *r, uint32_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void wrong_value(struct reader *r, uint32_t at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(r, at, "value", format, args);
	va_end(args);
	r->bent = true;
}

/* Returns the byte at the reader's offset; 0 at the end of the text. */
static char peek(const struct reader *r)
{
	return r->at < r->text->len ? r->text->bytes[r->at] : '\0';
}

static char peek_second(const struct reader *r)
{
	return r->at + 1 < r->text->len ? r->text->bytes[r->at + 1] : '\0';
}

static void skip_line(struct reader *r)
{
	while (r->at < r->text->len && peek(r) != '\n')
		r->at++;
}

static void skip_block_comment(struct reader *r)
{
	uint32_t start = r->at;

	for (r->at += 2; r->at < r->text->len; r->at++)
		if (peek(r) == '*' && peek_second(r) == '/') {
			r->at += 2;
			return;
		}
	wrong(r, start, "this comment has no end: */ is missing");
}

static void skip_blanks(struct reader *r)
{
	for (;;) {
		char c = peek(r);

		if (c == '#' || (c == '/' && peek_second(r) == '/'))
			skip_line(r);
		else if (c == '/' && peek_second(r) == '*')
			skip_block_comment(r);
		else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f')
			r->at++;
		else
			return;
	}
}

static bool take(struct reader *r, char c)
{
	skip_blanks(r);
	if (peek(r) != c || r->at >= r->text->len)
		return false;
	r->at++;
	return true;
}

/* Describes the byte at the reader's offset, for a message. */
static const char *found(const struct reader *r)
{
	char few[24] = "";
	size_t n = 0;

	if (r->at >= r->text->len)
		return "the end of the file";
	while (n < sizeof few - 1 && r->at + n < r->text->len &&
	       (n == 0 || !isspace((unsigned char)r->text->bytes[r->at + n])))
		n++;
	memcpy(few, r->text->bytes + r->at, n);
	return quoted(few);
}

static uint32_t new_node(struct reader *r, uint32_t parent)
{
	struct conf_tree *t = r->tree;
	uint32_t n = (uint32_t)t->n;

	grow(&t->v, &t->cap, t->n + 1, sizeof *t->v);
	t->v[t->n++] = (struct conf_node){.parent = parent};
	if (n == 0)
		return 0;
	if (t->v[parent].last)
		t->v[t->v[parent].last].next = n;
	else
		t->v[parent].first = n;
	t->v[parent].last = n;
	t->v[parent].count++;
	return n;
}

/* ---- scalars ------------------------------------------------------------- */

static void check_escape(struct reader *r)
{
	char c = peek_second(r), hex[3] = "";

	if (c && strchr("nrtf\\\"", c)) {
		r->at += 2;
		return;
	}
	if ((c == 'x' || c == 'X') && r->at + 4 <= r->text->len) {
		memcpy(hex, r->text->bytes + r->at + 2, 2);
		if (isxdigit((unsigned char)hex[0]) && isxdigit((unsigned char)hex[1])) {
			long value = strtol(hex, NULL, 16);

			if (value == 0 || value > 0x7f)
				wrong_value(r, r->at,
					    "\\x%s is refused: write the character itself, in UTF-8", hex);
			r->at += 4;
			return;
		}
	}
	wrong_value(r, r->at,
		    "an unknown escape; a string knows \\n \\r \\t \\f \\\\ \\\" and \\xHH; a backslash is "
		    "written \\\\");
	r->at++;
}

/* Reads one "…" from its opening quote on. False: it has no end. */
static bool read_quoted(struct reader *r)
{
	uint32_t start = r->at++, character;

	while (r->at < r->text->len && peek(r) != '"') {
		size_t n;

		if (peek(r) == '\\') {
			check_escape(r);
			continue;
		}
		n = aa_utf8_next(r->text->bytes + r->at, r->text->len - r->at, &character);
		if (n == 0)
			wrong(r, r->at, "is not UTF-8");
		r->at += n ? (uint32_t)n : 1;
	}
	if (r->at >= r->text->len) {
		wrong(r, start, "this string has no end: a \" is missing");
		return false;
	}
	r->at++;
	return true;
}

/* Reads strings that follow each other, which are one. */
static bool read_string(struct reader *r, struct conf_node *node)
{
	node->kind = CONF_STRING;
	do {
		if (!read_quoted(r))
			return false;
		node->value_end = r->at;
		skip_blanks(r);
	} while (peek(r) == '"');
	return true;
}

static bool all_digits(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isdigit((unsigned char)s[i]))
			return false;
	return len > 0;
}

static bool is_float(const char *word)
{
	char *end;

	if (!strpbrk(word, ".eE") || strpbrk(word, "xXnNiI"))
		return false;
	strtod(word, &end);
	return *end == '\0';
}

/* Reads a decimal number, with or without L. libconfig 1.5 cuts what is beyond 32 bits and has no L, silently. */
static enum conf_kind check_integer(struct reader *r, uint32_t at, const char *word, size_t digits)
{
	size_t sign = word[0] == '-' || word[0] == '+';
	bool is_long = word[sign + digits] == 'L';
	long long value;

	if (digits > 1 && word[sign] == '0')
		wrong_value(
		    r, at,
		    "%s begins with a zero, which some versions of libconfig take for octal: leave it out",
		    word);
	errno = 0;
	value = strtoll(word, NULL, 10);
	if (errno == ERANGE || (!is_long && (value < INT32_MIN || value > INT32_MAX)))
		wrong_value(r, at, "%s is out of range: numbers go from -2147483648 to 2147483647", word);
	return is_long ? CONF_INTEGER64 : CONF_INTEGER;
}

static void read_number(struct reader *r, struct conf_node *node)
{
	char word[64] = "";
	uint32_t start = r->at;
	size_t sign, digits, len;

	while (isalnum((unsigned char)peek(r)) || (peek(r) && strchr("+-._", peek(r))))
		r->at++;
	node->value_end = r->at;
	node->kind = CONF_INTEGER;
	len = r->at - start < sizeof word - 1 ? r->at - start : sizeof word - 1;
	memcpy(word, r->text->bytes + start, len);
	sign = word[0] == '-' || word[0] == '+';
	digits = strspn(word + sign, "0123456789");
	if (len == r->at - start && digits &&
	    (!word[sign + digits] || !strcmp(word + sign + digits, "L") ||
	     !strcmp(word + sign + digits, "LL")))
		node->kind = check_integer(r, start, word, digits);
	else if (is_float(word))
		node->kind = CONF_FLOAT;
	else if (all_digits(word, 1) && (word[1] == 'x' || word[1] == 'X'))
		wrong(r, start, "%s: write numbers in decimal", quoted(word));
	else
		wrong(r, start, "%s is not a number; strings stand in \"double quotes\"", quoted(word));
}

static size_t name_length(const struct reader *r)
{
	size_t n = 0;

	if (!isalpha((unsigned char)peek(r)) && peek(r) != '*')
		return 0;
	while (r->at + n < r->text->len && (isalnum((unsigned char)r->text->bytes[r->at + n]) ||
					    strchr("-_*", r->text->bytes[r->at + n])))
		n++;
	return n;
}

static bool is_boolean(const char *word, size_t len)
{
	return (len == 4 && strncasecmp(word, "true", 4) == 0) ||
	       (len == 5 && strncasecmp(word, "false", 5) == 0);
}

/* ---- values and settings ------------------------------------------------- */

static bool read_value(struct reader *r, uint32_t n);

static bool read_elements(struct reader *r, uint32_t n, char close)
{
	if (take(r, close))
		return true;
	do {
		uint32_t child;

		skip_blanks(r);
		if (peek(r) == close) {
			wrong(r, r->at, "there is a comma before this %c: leave the comma out", close);
			break;
		}
		child = new_node(r, n);
		if (!read_value(r, child))
			return false;
		if (close == ']' && r->tree->v[child].kind < CONF_STRING)
			wrong(r, r->tree->v[child].start,
			      "an array in [ ] holds strings or numbers; a list stands in ( )");
		if (close == ']' && r->tree->v[child].kind != r->tree->v[r->tree->v[n].first].kind)
			wrong(r, r->tree->v[child].start, "all elements of an array are of one type");
		if (take(r, ','))
			r->tree->v[child].end = r->at;
		else
			break;
	} while (true);
	if (take(r, close))
		return true;
	wrong(r, r->at, "expected a comma or %c, found %s", close, found(r));
	return false;
}

static bool read_settings(struct reader *r, uint32_t n, char close);

static bool read_aggregate(struct reader *r, uint32_t n, enum conf_kind kind)
{
	bool ok;

	r->tree->v[n].kind = kind;
	if (++r->depth > CONF_DEPTH_MAX) {
		wrong(r, r->at, "groups and lists are nested deeper than %d", CONF_DEPTH_MAX);
		return false;
	}
	r->at++;
	if (kind == CONF_GROUP)
		ok = read_settings(r, n, '}');
	else
		ok = read_elements(r, n, kind == CONF_ARRAY ? ']' : ')');
	r->tree->v[n].value_end = r->at;
	r->depth--;
	return ok;
}

static bool read_scalar(struct reader *r, struct conf_node *node)
{
	size_t len = name_length(r);

	if (peek(r) == '"')
		return read_string(r, node);
	if (is_boolean(r->text->bytes + r->at, len)) {
		node->kind = CONF_BOOLEAN;
		r->at += (uint32_t)len;
		node->value_end = r->at;
		return true;
	}
	if (peek(r) && strchr("0123456789+-.", peek(r))) {
		read_number(r, node);
		return true;
	}
	if (len)
		wrong(r, r->at, "%s must stand in double quotes, or be true or false", found(r));
	else
		wrong(r, r->at, "expected a value, found %s", found(r));
	return false;
}

static bool read_value(struct reader *r, uint32_t n)
{
	struct conf_node *node;
	bool ok;

	skip_blanks(r);
	node = &r->tree->v[n];
	node->value = r->at;
	if (!node->name_len)
		node->start = r->at;
	if (peek(r) == '{')
		ok = read_aggregate(r, n, CONF_GROUP);
	else if (peek(r) == '[')
		ok = read_aggregate(r, n, CONF_ARRAY);
	else if (peek(r) == '(')
		ok = read_aggregate(r, n, CONF_LIST);
	else
		ok = read_scalar(r, node);
	r->tree->v[n].end = r->tree->v[n].value_end;
	return ok;
}

static void check_duplicate(struct reader *r, uint32_t n)
{
	const struct conf_node *node = &r->tree->v[n];
	uint32_t other =
	    conf_tree_member(r->tree, r->text, node->parent, r->text->bytes + node->name, node->name_len);
	unsigned line, column;
	char *name;

	if (other == n)
		return;
	name = xstrndup(r->text->bytes + node->name, node->name_len);
	conf_text_position(r->text, r->tree->v[other].start, &line, &column);
	wrong(r, node->start, "%s is set twice; the first time is in line %u", name, line);
	free(name);
}

static bool read_setting(struct reader *r, uint32_t parent)
{
	size_t len = name_length(r);
	uint32_t n;

	if (peek(r) == '@') {
		wrong(r, r->at, "@include is not followed: all of the configuration stands in this file");
		skip_line(r);
		return true;
	}
	if (len == 0 || is_boolean(r->text->bytes + r->at, len)) {
		wrong(r, r->at, "expected the name of a setting, found %s", found(r));
		return false;
	}
	n = new_node(r, parent);
	r->tree->v[n].start = r->tree->v[n].name = r->at;
	r->tree->v[n].name_len = (uint32_t)len;
	r->at += (uint32_t)len;
	check_duplicate(r, n);
	if (!take(r, '=') && !take(r, ':')) {
		wrong(r, r->at, "expected = after the setting's name, found %s", found(r));
		return false;
	}
	if (!read_value(r, n))
		return false;
	if (take(r, ';') || take(r, ','))
		r->tree->v[n].end = r->at;
	return true;
}

/* Reads settings up to `close`, or to the end of the text where `close` is 0. */
static bool read_settings(struct reader *r, uint32_t n, char close)
{
	for (;;) {
		skip_blanks(r);
		if (r->at >= r->text->len) {
			if (close)
				wrong(r, r->tree->v[n].value, "this { has no end: a } is missing");
			return !close;
		}
		if (close && peek(r) == close) {
			r->at++;
			return true;
		}
		if (!read_setting(r, n))
			return false;
	}
}

int conf_tree_read(struct conf_tree *tree, const struct conf_text *text, struct problems *problems)
{
	struct reader r = {.text = text, .tree = tree, .problems = problems};

	tree->n = 0;
	new_node(&r, 0);
	tree->v[0].value_end = tree->v[0].end = (uint32_t)text->len;
	if (!read_settings(&r, 0, '\0'))
		r.failed = true;
	return r.failed ? -1 : r.bent;
}
