/* SPDX-License-Identifier: Apache-2.0 */
/* text_lines.c: whole lines of a text, see text_lines.h. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tools/agentauthctl/enable/text_lines.h"
#include "tools/cli/alloc.h"

void text_lines_begin(struct text_lines *lines, const char *text)
{
	size_t cap = 0;

	*lines = (struct text_lines){.text = text};
	grow(&lines->at, &cap, 1, sizeof(*lines->at));
	lines->at[0] = text;
	for (const char *at = text; *at;) {
		at += strcspn(at, "\n");
		at += *at == '\n';
		grow(&lines->at, &cap, lines->n + 2, sizeof(*lines->at));
		lines->at[++lines->n] = at;
	}
	lines->out = xcalloc(lines->n + 1, sizeof(*lines->out));
}

void text_lines_free(struct text_lines *lines)
{
	free(lines->at);
	free(lines->out);
}

bool text_lines_begins(const struct text_lines *lines, size_t number, const char *word)
{
	const char *line;

	if (number == 0 || number > lines->n)
		return false;
	line = lines->at[number - 1];
	return strncmp(line + strspn(line, " \t"), word, strlen(word)) == 0;
}

void text_lines_out(struct text_lines *lines, size_t first, size_t last)
{
	for (size_t i = first; i <= last && i <= lines->n; i++)
		lines->out[i - 1] = true;
	if (text_lines_begins(lines, first - 1, ENABLE_MARK))
		lines->out[first - 2] = true;
}

char *text_lines_without(const struct text_lines *lines)
{
	struct buffer b = {0};

	buffer_puts(&b, "");
	for (size_t i = 0; i < lines->n; i++)
		if (!lines->out[i])
			buffer_add(&b, lines->at[i], (size_t)(lines->at[i + 1] - lines->at[i]));
	return buffer_take(&b);
}

/* A last line without an end gets one, and one that a backslash has go on gets an empty line to go on with. */
static void end_last_line(struct buffer *b)
{
	if (b->len && b->data[b->len - 1] != '\n')
		buffer_puts(b, "\n");
	if (b->len > 1 && (b->data[b->len - 2] == '\\' ||
			   (b->len > 2 && b->data[b->len - 2] == '\r' && b->data[b->len - 3] == '\\')))
		buffer_puts(b, "\n");
}

char *text_insert(const char *text, size_t number, const char *what)
{
	struct text_lines lines;
	struct buffer b = {0};
	const char *at;

	text_lines_begin(&lines, text);
	at = lines.at[number - 1 < lines.n ? number - 1 : lines.n];
	buffer_add(&b, text, (size_t)(at - text));
	if (*at == '\0')
		end_last_line(&b);
	buffer_puts(&b, what);
	buffer_puts(&b, at);
	text_lines_free(&lines);
	return buffer_take(&b);
}

void text_each(const char *text, void (*each)(void *data, char *line, size_t first, size_t last), void *data)
{
	struct aa_lines lines = {0};
	unsigned before = 0;
	char *line;

	if (!*text)
		return;
	lines.f = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	if (!lines.f)
		abort();
	while (aa_lines_next(&lines, &line) > 0) {
		each(data, line, before + 1, lines.line);
		before = lines.line;
		free(line);
	}
	aa_lines_close(&lines);
}
