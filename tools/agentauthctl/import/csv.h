/* SPDX-License-Identifier: Apache-2.0 */
/* csv.h reads comma-separated values as RFC 4180 has them, with the position of each cell. */
#ifndef AGENTAUTHCTL_CSV_H
#define AGENTAUTHCTL_CSV_H

#include "tools/cli/alloc.h"
#include "tools/cli/problems.h"

struct csv_cell {
	const char *text;
	unsigned line, column; /* from 1, the column in bytes */
};

struct csv_row {
	const struct csv_cell *cells;
	size_t n;
};

struct csv {
	struct csv_row *rows; /* empty lines are none */
	size_t n, cap;
	struct arena arena;
};

/* csv_read() takes lines that end in LF or CRLF, and a byte order mark in front, as spreadsheets write them. It reports
 * every mistake (a quote that is not closed, text behind one, a quote amid a cell, NUL, what is not UTF-8) and returns
 * -1 where there was one; csv_free() follows in any case. */
int csv_read(struct csv *csv, const char *file, const char *bytes, size_t len, struct problems *problems);
void csv_free(struct csv *csv);

#endif
