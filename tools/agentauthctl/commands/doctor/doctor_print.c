/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_print.c prints for people what doctor has found, and what --fix has done. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "tools/agentauthctl/commands/doctor/doctor.h"
#include "tools/cli/table.h"

static const char *member(const json_t *finding, const char *name)
{
	const char *text = json_string_value(json_object_get(finding, name));

	return text ? text : "";
}

static void add_finding(struct table *table, const json_t *finding)
{
	bool problem = strcmp(member(finding, "finding"), "problem") == 0;

	table_add(table, problem ? "PROBLEM" : "note");
	table_add(table, member(finding, "check"));
	table_printf(table, "%s%s%s", member(finding, "text"), problem ? ". " : "", member(finding, "why"));
	if (*member(finding, "cure"))
		table_note(table, "%20sAs root: %s", "", member(finding, "cure"));
}

/* add_mended() tells what was wrong, and then what was done about it. */
static void add_mended(struct table *table, const json_t *one)
{
	const char *outcome = member(one, "outcome");
	bool failed = strcmp(outcome, "failed") == 0;

	table_add(table, failed ? "FAILED" : outcome);
	table_add(table, member(one, "check"));
	table_add(table, member(one, "text"));
	table_note(table, "%20s%s: %s%s%s", "", strcmp(outcome, "would") == 0 ? "It would do" : "It did",
		   doctor_done_text(member(one, "command")), failed ? ": " : "", member(one, "output"));
}

static void print_sum(const struct doctor *d, size_t mended, bool any_line)
{
	if (any_line)
		putchar('\n');
	if (mended)
		printf("%zu mended. ", mended);
	if (d->problems)
		printf("%u problem%s%s.\n", d->problems, d->problems == 1 ? "" : "s", mended ? " left" : "");
	else
		puts("No problem found.");
}

void doctor_print(const struct doctor *d, const json_t *done)
{
	static const struct table_column columns[] = {{"", 0}, {"", 0}, {"", 0}, {NULL, 0}};
	struct table table = {.columns = columns};
	const json_t *one;
	size_t i, mended = 0;

	json_array_foreach(done, i, one)
	{
		add_mended(&table, one);
		mended += strcmp(member(one, "outcome"), "mended") == 0;
	}
	json_array_foreach(d->findings, i, one)
	{
		/* With --dry-run what would be mended is said above. */
		if (strcmp(member(one, "finding"), "ok") != 0 && !doctor_has(done, one, "would"))
			add_finding(&table, one);
	}
	table_print(&table);
	print_sum(d, mended, table.n > 0);
	table_free(&table);
}
