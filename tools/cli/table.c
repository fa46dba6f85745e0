/* SPDX-License-Identifier: Apache-2.0 */
/* table.c: prints rows for people, see table.h. */
#include "config.h"

#include "tools/cli/table.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text/utf8.h"
#include "tools/cli/alloc.h"
#include "tools/cli/print.h"

#define FIELD_WIDTH 13

static size_t count_columns(const struct table *t)
{
	size_t n = 0;

	while (t->columns[n].title)
		n++;
	return n;
}

/* Counts the cells of a row: its columns, and the note below it. */
static size_t row_size(const struct table *t)
{
	return count_columns(t) + 1;
}

static int characters(const char *text)
{
	return print_width(text, strlen(text));
}

/* Takes the text over, and cuts it to `max` characters. */
static char *cut(char *text, int max)
{
	size_t at = 0, n;
	uint32_t c;
	char *shorter;

	if (max == 0 || characters(text) <= max)
		return text;
	for (int i = 0; i < max - 1 && (n = aa_utf8_next(text + at, strlen(text + at), &c)); i++)
		at += n;
	shorter = xasprintf("%.*s…", (int)at, text);
	free(text);
	return shorter;
}

static void add_cell(struct table *t, char *cell)
{
	grow(&t->cells, &t->cap, t->n + 2, sizeof(*t->cells));
	t->cells[t->n++] = cell;
	if (t->n % row_size(t) == row_size(t) - 1)
		t->cells[t->n++] = NULL;
}

void table_add(struct table *t, const char *text)
{
	size_t column = t->n % row_size(t);

	if ((!text || !*text) && t->columns[column + 1].title)
		text = "-";
	add_cell(t, cut(print_shown(text ? text : ""), t->columns[column].max));
}

void table_printf(struct table *t, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	table_add(t, text);
	free(text);
}

void table_note(struct table *t, const char *format, ...)
{
	char *note, *line, **place = &t->cells[t->n - 1], *before = *place;
	va_list args;

	va_start(args, format);
	line = xvasprintf(format, args);
	va_end(args);
	note = print_shown(line);
	*place = xasprintf("%s%s\n", before ? before : "", note);
	free(before);
	free(note);
	free(line);
}

static void widen(const struct table *t, int width[TABLE_COLUMNS_MAX])
{
	size_t columns = count_columns(t);

	for (size_t i = 0; i < columns; i++)
		width[i] = characters(t->columns[i].title);
	for (size_t i = 0; i < t->n; i++) {
		size_t column = i % row_size(t);
		int wide = column < columns ? characters(t->cells[i]) : 0;

		if (column < columns && wide > width[column])
			width[column] = wide;
	}
}

/* Pads no cell at the end of a line. */
static void print_cell(const struct table *t, const int *width, size_t column, const char *text)
{
	bool last = !t->columns[column + 1].title;

	printf("%s%*s", text, last ? 0 : width[column] - characters(text) + 2, "");
	if (last)
		putchar('\n');
}

void table_print(const struct table *t)
{
	int width[TABLE_COLUMNS_MAX];
	size_t columns = count_columns(t);

	widen(t, width);
	for (size_t i = 0; i < columns && *t->columns[0].title; i++)
		print_cell(t, width, i, t->columns[i].title);
	for (size_t i = 0; i < t->n; i++) {
		size_t column = i % row_size(t);

		if (column < columns)
			print_cell(t, width, column, t->cells[i]);
		else if (t->cells[i])
			fputs(t->cells[i], stdout);
	}
}

void table_free(struct table *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->cells[i]);
	free(t->cells);
}

void table_field(const char *name, const char *format, ...)
{
	va_list args;
	char *text, *shown;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	shown = print_shown(text);
	printf("  %-*s%s\n", FIELD_WIDTH, name, shown);
	free(shown);
	free(text);
}
