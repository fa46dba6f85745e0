/* SPDX-License-Identifier: Apache-2.0 */
/* table.h: prints rows for people: a line of titles, columns as wide as their texts, and strangers' text made harmless. */
#ifndef AGENTAUTH_CLI_TABLE_H
#define AGENTAUTH_CLI_TABLE_H

#include <stddef.h>

#define TABLE_COLUMNS_MAX 12

struct table_column {
	const char *title; /* NULL ends the columns; "" of the first: there is no line of titles */
	int max; /* characters; a longer text is cut, and ends in an ellipsis. 0: all of it is shown */
};

/* A table begins with {.columns = …}; the columns must outlive it. */
struct table {
	const struct table_column *columns;
	char **cells; /* row by row; what stands below a row is the last of its cells */
	size_t n, cap;
};

/* Adds the next cell; after a row's last cell the next row begins. NULL and "" are "-", but in the last column nothing. */
void table_add(struct table *table, const char *text);
void table_printf(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds a line below the row that was added last. */
void table_note(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Prints the table on standard output, and nothing but the titles where there is no row. */
void table_print(const struct table *table);
void table_free(struct table *table);

/* Prints a line about one thing on standard output: a name ("": the name above goes on) and its value. */
void table_field(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
