/* SPDX-License-Identifier: Apache-2.0 */
/* html.h: writes HTML. What a log says, and anybody may have written, goes through html_text() alone. */
#ifndef AGENTAUTHCTL_HTML_H
#define AGENTAUTHCTL_HTML_H

#include <stdint.h>

#include "tools/cli/alloc.h"

#define HTML_TEXT_MAX 400 /* characters of one text; what is longer is cut, and ends in an ellipsis */

/* Writes markup of ours: the format is the program's, and its arguments are numbers. */
void html(struct buffer *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Writes a text, for elements and for attributes in double quotes alike: what is hidden is shown (text/shown.h), what is
 * markup is escaped. */
void html_text(struct buffer *page, const char *text);
/* Writes a text that its direction of writing must not reach out of. */
void html_name(struct buffer *page, const char *text);
/* Writes a number with its thousands apart. */
void html_number(struct buffer *page, uint64_t number);
/* Writes a share of the whole as a percentage, "12.345%". */
void html_share(struct buffer *page, int64_t part, int64_t whole);
/* Writes a time for people and for programs. */
void html_time(struct buffer *page, int64_t when);
void html_time_words(struct buffer *page, int64_t when); /* for people alone, where no element may stand */
void html_span(struct buffer *page, int64_t seconds);

#endif
