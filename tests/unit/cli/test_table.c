/* SPDX-License-Identifier: Apache-2.0 */
/* test_table.c: columns are as wide as what stands in them, in characters, and nothing in them acts on a terminal. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/support/test.h"
#include "tools/cli/table.h"

static char out[4096];

static void print_with(void (*what)(const void *), const void *data)
{
	FILE *file = tmpfile();
	int saved = dup(1);
	size_t n;

	assert_non_null(file);
	fflush(stdout);
	assert_true(dup2(fileno(file), 1) == 1);
	what(data);
	fflush(stdout);
	assert_true(dup2(saved, 1) == 1);
	close(saved);
	rewind(file);
	n = fread(out, 1, sizeof(out) - 1, file);
	out[n] = 0;
	fclose(file);
}

static void print_table(const void *data)
{
	table_print(data);
}

static void print(const struct table *table)
{
	print_with(print_table, table);
}

static void print_fields(const void *data)
{
	(void)data;
	table_field("keys", "%s, %d", "a", 1);
	table_field("", "b\033[2J");
}

static const struct table_column columns[] = {{"NAME", 8}, {"N", 0}, {"WHY", 0}, {NULL, 0}};

TEST(columns_are_as_wide_as_what_stands_in_them)
{
	struct table t = {.columns = columns};

	print(&t);
	assert_string_equal(out, "NAME  N  WHY\n");
	table_add(&t, "häuser");
	table_printf(&t, "%d", 12345);
	table_add(&t, "one");
	table_add(&t, "b");
	table_add(&t, NULL);
	table_add(&t, "");
	print(&t);
	assert_string_equal(out, "NAME    N      WHY\nhäuser  12345  one\nb       -      \n");
	table_free(&t);
}

TEST(what_is_too_long_is_cut_and_what_acts_is_shown)
{
	struct table t = {.columns = columns};

	table_add(&t, "ääääääää");
	table_add(&t, "1");
	table_add(&t, "\033[2J");
	table_add(&t, "äääääääää");
	table_add(&t, "2");
	table_add(&t, "two\nlines");
	table_note(&t, "  first %d", 1);
	table_note(&t, "  second");
	print(&t);
	assert_string_equal(
	    out,
	    "NAME      N  WHY\nääääääää  1  \\x1b[2J\näääääää…  2  two\\x0alines\n  first 1\n  second\n");
	table_free(&t);
}

TEST(values_stand_one_below_the_other)
{
	print_with(print_fields, NULL);
	assert_string_equal(out, "  keys         a, 1\n               b\\x1b[2J\n");
}
