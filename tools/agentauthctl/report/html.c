/* SPDX-License-Identifier: Apache-2.0 */
/* html.c: see html.h. */
#include "config.h"

#include "tools/agentauthctl/report/html.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "common/text/shown.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/report/words.h"

void html(struct buffer *page, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	buffer_puts(page, text);
	free(text);
}

static const char *entity(char c)
{
	switch (c) {
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '&':
		return "&amp;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void html_text(struct buffer *page, const char *text)
{
	struct aa_shown shown = {.at = text};
	char one[AA_SHOWN_MAX];
	bool escaped;
	size_t n = 0, len;

	while ((len = aa_shown_next(&shown, one, &escaped))) {
		if (n++ == HTML_TEXT_MAX) {
			buffer_puts(page, "…");
			return;
		}
		if (len == 1 && entity(*one))
			buffer_puts(page, entity(*one));
		else
			buffer_add(page, one, len);
	}
}

void html_name(struct buffer *page, const char *text)
{
	html(page, "<bdi>");
	html_text(page, text);
	html(page, "</bdi>");
}

void html_number(struct buffer *page, uint64_t number)
{
	char words[WORDS_TIME];

	words_number(number, words);
	html_text(page, words);
}

void html_share(struct buffer *page, int64_t part, int64_t whole)
{
	int64_t thousandths = whole > 0 ? part * 1000 / whole * 100 + part * 1000 % whole * 100 / whole : 0;

	html(page, "%" PRId64 ".%03" PRId64 "%%", thousandths / 1000, thousandths % 1000);
}

void html_time_words(struct buffer *page, int64_t when)
{
	char words[WORDS_TIME];

	words_minute(when, words);
	html_text(page, words);
}

void html_time(struct buffer *page, int64_t when)
{
	char utc[AA_UTC_SIZE];

	aa_utc_print(when, utc);
	html(page, "<time datetime=\"");
	html_text(page, utc);
	html(page, "\">");
	html_time_words(page, when);
	html(page, "</time>");
}

void html_span(struct buffer *page, int64_t seconds)
{
	char words[WORDS_TIME];

	words_span(seconds, words);
	html_text(page, words);
}
