/* SPDX-License-Identifier: Apache-2.0 */
/* json_text.c: writes JSON straight into a buffer, see json_text.h. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "tools/cli/json_text.h"

static void put_char(struct buffer *b, char c)
{
	buffer_add(b, &c, 1);
}

static void put_quoted(struct buffer *b, const char *text)
{
	put_char(b, '"');
	while (*text) {
		size_t plain = 0;

		while ((unsigned char)text[plain] >= 0x20 && text[plain] != '"' && text[plain] != '\\')
			plain++;
		buffer_add(b, text, plain);
		text += plain;
		if (!*text)
			break;
		if (*text == '"' || *text == '\\') {
			put_char(b, '\\');
			put_char(b, *text);
		} else {
			buffer_printf(b, "\\u%04x", (unsigned char)*text);
		}
		text++;
	}
	put_char(b, '"');
}

static void put_name(struct buffer *b, const char *name)
{
	if (!name)
		return;
	put_quoted(b, name);
	put_char(b, ':');
}

void json_text_open(struct buffer *b, const char *name, char bracket)
{
	put_name(b, name);
	put_char(b, bracket);
}

void json_text_end(struct buffer *b)
{
	if (b->len && b->data[b->len - 1] == ',')
		b->data[--b->len] = '\0';
}

void json_text_close(struct buffer *b, char bracket)
{
	json_text_end(b);
	put_char(b, bracket);
	put_char(b, ',');
}

void json_text_string(struct buffer *b, const char *name, const char *value)
{
	put_name(b, name);
	put_quoted(b, value);
	put_char(b, ',');
}

void json_text_number(struct buffer *b, const char *name, int64_t value)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%lld,", (long long)value);
	put_name(b, name);
	buffer_puts(b, digits);
}

void json_text_raw(struct buffer *b, const char *name, const char *json)
{
	put_name(b, name);
	buffer_puts(b, json);
	put_char(b, ',');
}
