/* SPDX-License-Identifier: Apache-2.0 */
/* csv.c reads comma-separated values, see csv.h. */
#include "config.h"

#include "tools/agentauthctl/import/csv.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/text/utf8.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

struct reader {
	const char *p, *end, *line_start;
	unsigned line;
	const char *file;
	struct problems *problems;
	struct buffer cell;
	struct csv_cell *row; /* of the row that is being read */
	size_t n, cap;
};

static unsigned column_of(const struct reader *r, const char *p)
{
	return (unsigned)(p - r->line_start) + 1;
}

static void wrong(const struct reader *r, unsigned line, unsigned column, const char *what)
{
	const struct position position = {.file = r->file, .line = line, .column = column};

	problem_error(r->problems, &position, "%s", what);
}

static bool at_line_end(const struct reader *r)
{
	return r->p == r->end || *r->p == '\n' || (*r->p == '\r' && (r->p + 1 == r->end || r->p[1] == '\n'));
}

static bool at_cell_end(const struct reader *r)
{
	return at_line_end(r) || *r->p == ',';
}

static void step_line(struct reader *r)
{
	if (r->p < r->end && *r->p == '\r')
		r->p++;
	if (r->p < r->end)
		r->p++;
	r->line++;
	r->line_start = r->p;
}

/* take_character() appends the next character. A cell is a C string, and JSON is made of it. */
static void take_character(struct reader *r)
{
	uint32_t character;
	size_t n = aa_utf8_next(r->p, (size_t)(r->end - r->p), &character);

	if (n == 0)
		wrong(r, r->line, column_of(r, r->p), "this is not UTF-8; save the table as UTF-8");
	else if (character == 0)
		wrong(r, r->line, column_of(r, r->p), "this is a zero byte, which no table of text has");
	else
		buffer_add(&r->cell, r->p, n);
	r->p += n ? n : 1;
	if (n && character == '\n') {
		r->line++;
		r->line_start = r->p;
	}
}

static void read_quoted(struct reader *r)
{
	unsigned line = r->line, column = column_of(r, r->p);

	for (r->p++; r->p < r->end; take_character(r)) {
		if (*r->p != '"')
			continue;
		if (r->p + 1 == r->end || r->p[1] != '"') {
			r->p++;
			break;
		}
		r->p++; /* of two quotes the second stands for one */
	}
	if (r->p == r->end && r->p[-1] != '"')
		wrong(r, line, column, "this quote is not closed");
	else if (!at_cell_end(r))
		wrong(r, r->line, column_of(r, r->p),
		      "text stands behind the quote that ends the cell; a quote within a cell is written "
		      "twice");
}

static void read_plain(struct reader *r)
{
	for (; !at_cell_end(r); take_character(r))
		if (*r->p == '"')
			wrong(r, r->line, column_of(r, r->p),
			      "a cell that holds a quote stands in quotes as a whole, and the quote in it is "
			      "written twice");
}

static void read_cell(struct reader *r, struct csv *csv)
{
	struct csv_cell cell = {.line = r->line, .column = column_of(r, r->p)};

	buffer_clear(&r->cell);
	if (r->p < r->end && *r->p == '"')
		read_quoted(r);
	else
		read_plain(r);
	while (!at_cell_end(r))
		r->p++; /* which has been reported */
	cell.text = arena_strndup(&csv->arena, r->cell.len ? r->cell.data : "", r->cell.len);
	grow(&r->row, &r->cap, r->n + 1, sizeof(*r->row));
	r->row[r->n++] = cell;
}

static void read_row(struct reader *r, struct csv *csv)
{
	struct csv_cell *cells;

	r->n = 0;
	for (;;) {
		read_cell(r, csv);
		if (at_line_end(r))
			break;
		r->p++;
	}
	step_line(r);
	cells = arena_alloc(&csv->arena, r->n * sizeof(*cells));
	memcpy(cells, r->row, r->n * sizeof(*cells));
	grow(&csv->rows, &csv->cap, csv->n + 1, sizeof(*csv->rows));
	csv->rows[csv->n++] = (struct csv_row){cells, r->n};
}

int csv_read(struct csv *csv, const char *file, const char *bytes, size_t len, struct problems *problems)
{
	size_t errors = problems->errors;
	struct reader r = {.p = bytes, .end = bytes + len, .line = 1, .file = file, .problems = problems};

	*csv = (struct csv){0};
	if (len >= 3 && memcmp(bytes, BYTE_ORDER_MARK, 3) == 0)
		r.p += 3;
	r.line_start = r.p;
	while (r.p < r.end) {
		if (at_line_end(&r))
			step_line(&r);
		else
			read_row(&r, csv);
	}
	buffer_free(&r.cell);
	free(r.row);
	return problems->errors > errors ? -1 : 0;
}

void csv_free(struct csv *csv)
{
	free(csv->rows);
	arena_free(&csv->arena);
	*csv = (struct csv){0};
}
