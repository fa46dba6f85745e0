/* SPDX-License-Identifier: Apache-2.0 */
/* cast_text.c: bytes of a terminal as the text of an asciicast, see cast_text.h. */
#include "config.h"

#include "common/text/cast_text.h"

#include <stdio.h>
#include <string.h>

#include "common/text/utf8.h"

/* Writes one character as JSON has it. */
static size_t put(struct aa_cast_text *text, const char *character, size_t n, char *ret)
{
	unsigned char c = (unsigned char)*character;
	size_t len = 0;

	if (c == '\n' && text->bare && !text->after_return) {
		memcpy(ret, "\\r", 2);
		len = 2;
	}
	text->after_return = c == '\r';
	if (c >= 0x20 && c != 0x7f) {
		if (c == '"' || c == '\\')
			ret[len++] = '\\';
		memcpy(ret + len, character, n);
		return len + n;
	}
	if (c == '\n' || c == '\r' || c == '\t') {
		ret[len++] = '\\';
		ret[len++] = c == '\n' ? 'n' : c == '\r' ? 'r' : 't';
		return len;
	}
	return len + (size_t)sprintf(ret + len, "\\u%04x", c);
}

static void drop(struct aa_cast_text *text, size_t n)
{
	text->n -= n;
	memmove(text->held, text->held + n, text->n);
}

/* Says whether what is held may still become a character: it does with the least or the greatest of what can follow. */
static bool may_begin(const struct aa_cast_text *text)
{
	static const char rests[][3] = {{'\x80', '\x80', '\x80'}, {'\xbf', '\xbf', '\xbf'}};
	char whole[4];
	uint32_t character;

	for (size_t i = 0; i < sizeof(rests) / sizeof(rests[0]); i++) {
		memcpy(whole, text->held, text->n);
		memcpy(whole + text->n, rests[i], sizeof(whole) - text->n);
		if (aa_utf8_next(whole, sizeof(whole), &character) > text->n)
			return true;
	}
	return false;
}

/* Writes what of the held bytes is decided. `over`: nothing follows them. */
static size_t settle(struct aa_cast_text *text, bool over, char *ret)
{
	size_t len = 0, n;
	uint32_t character;

	while (text->n > 0) {
		n = aa_utf8_next(text->held, text->n, &character);
		if (n == 0 && !over && text->n < sizeof(text->held) && may_begin(text))
			break;
		len += n ? put(text, text->held, n, ret + len) : put(text, "\xef\xbf\xbd", 3, ret + len);
		drop(text, n ? n : 1);
	}
	return len;
}

size_t aa_cast_text(struct aa_cast_text *text, const char *piece, size_t len, char *ret)
{
	size_t out = 0;

	for (size_t i = 0; i < len; i++) {
		if (text->n == 0 && (unsigned char)piece[i] < 0x80) {
			out += put(text, piece + i, 1, ret + out);
			continue;
		}
		text->held[text->n++] = piece[i];
		out += settle(text, false, ret + out);
	}
	ret[out] = '\0';
	return out;
}

size_t aa_cast_text_end(struct aa_cast_text *text, char *ret)
{
	size_t out = settle(text, true, ret);

	ret[out] = '\0';
	return out;
}
