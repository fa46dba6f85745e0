/* SPDX-License-Identifier: Apache-2.0 */
/* shown.c: the one rule by which foreign text is shown, see shown.h. */
#include "config.h"

#include "common/text/shown.h"

#include <stdio.h>
#include <string.h>

#include "common/text/utf8.h"

#define MARKS_MAX 4 /* on one character: more of them reach into the lines above and below */

static bool is_letter(uint32_t c)
{
	return c >= 0x80 || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* Says whether the character may stand for itself after the one before it. */
static bool is_plain(struct aa_shown *text, uint32_t c)
{
	if (aa_utf8_is_hidden(c)) {
		text->has_base = false;
		return false;
	}
	if (aa_utf8_is_mark(c))
		return text->has_base && text->marks++ < MARKS_MAX;
	text->has_base = is_letter(c);
	text->marks = 0;
	return true;
}

size_t aa_shown_next(struct aa_shown *text, char ret[AA_SHOWN_MAX], bool *ret_escaped)
{
	uint32_t c;
	size_t n = aa_utf8_next(text->at, strnlen(text->at, 4), &c), len = 0;

	*ret_escaped = false;
	if (!*text->at)
		return 0;
	if (n > 0 && is_plain(text, c)) {
		memcpy(ret, text->at, n);
		text->at += n;
		return n;
	}
	*ret_escaped = true;
	if (n == 0)
		text->has_base = false;
	for (n = n ? n : 1; n; n--)
		len += (size_t)snprintf(ret + len, AA_SHOWN_MAX - len, "\\x%02x", (unsigned char)*text->at++);
	return len;
}

/* ---- whole texts --------------------------------------------------------------------------- */

struct out {
	char *text;
	size_t cap, len; /* the length uncut */
};

static void put(struct out *out, const char *bytes, size_t n)
{
	if (out->len + n < out->cap) {
		memcpy(out->text + out->len, bytes, n);
		out->text[out->len + n] = '\0';
	} else if (out->len < out->cap) {
		out->text[out->len] = '\0';
		out->cap = out->len; /* what does not fit ends it */
	}
	out->len += n;
}

size_t aa_shown_text(char *ret, size_t cap, const char *text)
{
	struct out out = {ret, cap, 0};
	struct aa_shown shown = {.at = text};
	char one[AA_SHOWN_MAX];
	bool escaped;
	size_t n;

	put(&out, "", 0);
	while ((n = aa_shown_next(&shown, one, &escaped)) > 0)
		put(&out, one, n);
	return out.len;
}

enum quotes { NONE, SINGLE, DOLLAR };

static enum quotes quotes_for(const char *word)
{
	static const char bare[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-";
	struct aa_shown shown = {.at = word};
	enum quotes quotes = *word ? NONE : SINGLE;
	char one[AA_SHOWN_MAX];
	bool escaped;

	while (aa_shown_next(&shown, one, &escaped) > 0) {
		if (escaped)
			return DOLLAR;
		if (!(one[0] & 0x80) && !strchr(bare, one[0]))
			quotes = SINGLE;
	}
	return quotes;
}

/* Writes a character within these quotes. */
static void put_quoted(struct out *out, enum quotes quotes, const char *one, size_t n, bool escaped)
{
	if (quotes == SINGLE && one[0] == '\'') {
		put(out, "'\\''", 4);
		return;
	}
	if (quotes == DOLLAR && !escaped && (one[0] == '\'' || one[0] == '\\'))
		put(out, "\\", 1);
	put(out, one, n);
}

static void put_word(struct out *out, const char *word)
{
	enum quotes quotes = quotes_for(word);
	struct aa_shown shown = {.at = word};
	char one[AA_SHOWN_MAX];
	bool escaped;
	size_t n;

	if (quotes != NONE)
		put(out, quotes == DOLLAR ? "$'" : "'", quotes == DOLLAR ? 2 : 1);
	while ((n = aa_shown_next(&shown, one, &escaped)) > 0)
		put_quoted(out, quotes, one, n, escaped);
	if (quotes != NONE)
		put(out, "'", 1);
}

size_t aa_shown_word(char *ret, size_t cap, const char *word)
{
	return aa_shown_line(ret, cap, word, NULL);
}

size_t aa_shown_line(char *ret, size_t cap, const char *first, char *const rest[])
{
	struct out out = {ret, cap, 0};

	put(&out, "", 0);
	if (first)
		put_word(&out, first);
	for (; rest && *rest; rest++) {
		if (out.len > 0)
			put(&out, " ", 1);
		put_word(&out, *rest);
	}
	return out.len;
}
