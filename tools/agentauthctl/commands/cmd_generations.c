/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_generations.c lists the generations that are kept: when each was made, by whom, and what it changed. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/registry/generation.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/commands/generation_choice.h"
#include "tools/agentauthctl/publish/generations.h"
#include "tools/cli/table.h"

static const struct table_column columns[] = {
    {"GENERATION", 20}, {"MADE", 24}, {"BY", 20}, {"AGENTS", 8}, {"CHANGED", 200}, {NULL, 0},
};

struct listing {
	struct ctl *ctl;
	uint32_t current;
	struct table table;
	json_t *json;
};

/* A generation changed the one that served before, which after a rollback is not its neighbour. */
static void add_changed(struct listing *l, uint32_t number, const json_t *manifest)
{
	int64_t from = view_number(manifest, "from");

	if (!json_object_get(manifest, "changed"))
		table_add(&l->table, "not known: made by an earlier version");
	else if (from && from + 1 != number)
		table_printf(&l->table, "%s (since %lld)", view_text(manifest, "changed"), (long long)from);
	else
		table_add(&l->table, view_text(manifest, "changed"));
}

static void add_row(struct listing *l, uint32_t number, const json_t *manifest)
{
	table_printf(&l->table, "%u%s", number, number == l->current ? " (serves)" : "");
	table_add(&l->table, view_text(manifest, "time"));
	table_add(&l->table, view_text(manifest, "by"));
	table_printf(&l->table, "%lld", (long long)view_number(manifest, "agents"));
	add_changed(l, number, manifest);
}

static void add_json(const struct listing *l, uint32_t number, const json_t *manifest)
{
	static const char *const members[] = {"time", "by", "command", "agents", "from", "changed"};
	json_t *one =
	    json_pack("{s:I, s:b}", "generation", (json_int_t)number, "serves", number == l->current);

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		json_t *value = json_object_get(manifest, members[i]);

		json_object_set(one, members[i], value ? value : json_null());
	}
	json_array_append_new(l->json, one);
}

/* add() returns false for a generation that cannot be read. */
static bool add(struct listing *l, int state_fd, uint32_t number)
{
	json_t *manifest = generation_manifest(state_fd, number);

	if (manifest && l->ctl->json)
		add_json(l, number, manifest);
	else if (manifest)
		add_row(l, number, manifest);
	json_decref(manifest);
	return manifest != NULL;
}

static void tell_rolled_back(const struct listing *l, uint32_t newest)
{
	if (!l->ctl->json && l->current && l->current < newest)
		printf("Generation %u serves by a rollback; the next apply publishes the text again.\n",
		       l->current);
}

/* The newest comes first. */
static enum ctl_status list(struct listing *l, int state_fd, const uint32_t *numbers, size_t n)
{
	struct buffer unread = {0};
	enum ctl_status status = CTL_DONE;
	size_t failed = 0;

	for (size_t i = n; i-- > 0;)
		if (!add(l, state_fd, numbers[i]))
			buffer_printf(&unread, "%s%u", failed++ ? ", " : "", numbers[i]);
	if (!l->ctl->json && l->table.n)
		table_print(&l->table);
	if (n && failed < n)
		tell_rolled_back(l, numbers[n - 1]);
	if (failed && failed == n)
		status = ctl_fail(l->ctl, "none of the generations can be read");
	else if (failed)
		status = ctl_fail(l->ctl, "generation%s %s cannot be read, so that rollback cannot take %s",
				  failed == 1 ? "" : "s", unread.data, failed == 1 ? "it" : "them");
	buffer_free(&unread);
	return status;
}

static int run_generations(struct ctl *ctl, const struct arguments *arguments)
{
	struct listing l = {.ctl = ctl, .table = {.columns = columns}, .json = json_array()};
	uint32_t *numbers = NULL;
	size_t n = 0;
	int state_fd = generation_list(ctl, &numbers, &n);
	enum ctl_status status = CTL_FAILED;

	(void)arguments;
	if (state_fd >= 0) {
		(void)aa_generation_number(ctl->paths.statedir, &l.current);
		status = list(&l, state_fd, numbers, n);
		close(state_fd);
	}
	ctl_answer(ctl, "generations", l.json);
	table_free(&l.table);
	free(numbers);
	return status;
}

const struct command cmd_generations = {
    .name = "generations",
    .words = "",
    .summary = "list what was published: when, by whom, and what it changed",
    .about =
	"The last ten are kept. agentauthctl show NAME --at GENERATION shows an agent as one of them has "
	"it, agentauthctl diff GENERATION GENERATION in words what differs between two, and agentauthctl "
	"rollback GENERATION makes one serve again.",
    .run = run_generations,
};
