/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_list.c lists the published agents, with what was decided about them since. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/registry/accounts.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/commands/ctl.h"
#include "tools/cli/table.h"

static const struct table_column columns[] = {
    {"NAME", 40},  {"UID", 20},	    {"STATE", 20}, {"OWNER", 28},
    {"ROLES", 32}, {"EXPIRES", 24}, {"KEYS", 8},   {NULL, 0},
};

struct listing {
	struct ctl *ctl;
	const char *role; /* only agents that have this role; NULL: all */
	struct table table;
	json_t *json;
	bool damaged; /* not every record could be read */
};

static size_t good_keys(const struct aa_agent *agent, int64_t now)
{
	size_t n = 0;

	for (size_t i = 0; i < agent->keys.n; i++)
		n += published_key_is_good(&agent->keys.v[i], now);
	return n;
}

static void add_row(struct listing *l, const struct aa_agent *agent)
{
	const char *state = view_state(l->ctl, agent), *owner = agent->owner ? agent->owner : "";
	size_t keys = good_keys(agent, l->ctl->now);
	char when[32] = "never", *joined = NULL;

	if (l->ctl->json) {
		json_array_append_new(l->json,
				      json_pack("{s:s, s:I, s:s, s:s, s:O, s:o, s:I}", "name", agent->name,
						"uid", (json_int_t)agent->uid, "state", state, "owner", owner,
						"roles", json_object_get(agent->json, "roles"), "expires",
						view_time(agent->expires), "keys", (json_int_t)keys));
		return;
	}
	if (agent->expires)
		aa_utc_print(agent->expires, when);
	if (strcmp(when + 10, "T00:00:00Z") == 0)
		when[10] = '\0';
	if (agent->roles.n)
		joined = view_list(&agent->roles);
	table_add(&l->table, agent->name);
	table_printf(&l->table, "%u", agent->uid);
	table_add(&l->table, state);
	table_add(&l->table, owner);
	table_add(&l->table, joined);
	table_add(&l->table, when);
	table_printf(&l->table, "%zu", keys);
	free(joined);
}

static bool list_agent(void *data, const char *name, const char *record, size_t len)
{
	struct aa_agent *agent = published_agent_of(record, len);
	struct listing *l = data;

	if (!agent) {
		l->damaged = true;
		ctl_error(l->ctl, "the published record of %s is damaged: run agentauthctl apply",
			  quoted(name));
		return true;
	}
	if (!l->role || aa_list_has(&agent->roles, l->role))
		add_row(l, agent);
	aa_agent_free(agent);
	return true;
}

static void list_retired(struct listing *l)
{
	struct aa_accounts accounts;
	struct aa_registry_record entry;
	uint32_t pos = 0;

	if (aa_accounts_open(l->ctl->paths.statedir, l->ctl->paths.owner, &accounts) < 0)
		return;
	while (aa_accounts_next(&accounts, &pos, &entry) == 0 && !entry.is_group) {
		const struct aa_account *a = &entry.account;

		if (!(a->flags & AA_ACCOUNT_RETIRED))
			continue;
		if (l->ctl->json) {
			json_array_append_new(l->json, json_pack("{s:s, s:I, s:s}", "name", a->name, "uid",
								 (json_int_t)a->uid, "state", "retired"));
			continue;
		}
		table_add(&l->table, a->name);
		table_printf(&l->table, "%u", a->uid);
		table_add(&l->table, "retired");
		for (int i = 0; i < 4; i++)
			table_add(&l->table, "-");
	}
	aa_accounts_close(&accounts);
}

static void print_table(const struct listing *l)
{
	if (l->table.n)
		table_print(&l->table);
	else if (!l->damaged)
		puts(l->role ? "No agent has this role."
			     : "There are no agents yet: agentauthctl register NAME --key FILE makes one.");
}

static int run_list(struct ctl *ctl, const struct arguments *arguments)
{
	struct published *published = ctl_published(ctl);
	struct listing l = {.ctl = ctl,
			    .role = arguments_value(arguments, "role"),
			    .table = {.columns = columns},
			    .json = json_array()};

	if (!published) {
		json_decref(l.json);
		return CTL_FAILED;
	}
	if (!published_walk(published, "agent:", list_agent, &l)) {
		l.damaged = true;
		(void)ctl_damaged(ctl);
	}
	if (arguments_have(arguments, "all") && !l.role)
		list_retired(&l);
	if (!ctl->json)
		print_table(&l);
	ctl_answer(ctl, "agents", l.json);
	table_free(&l.table);
	published_close(published);
	return l.damaged ? CTL_FAILED : CTL_DONE;
}

const struct command cmd_list = {
    .name = "list",
    .words = "",
    .summary = "list the agents that are published",
    .about = "KEYS counts the keys that are good now. A state of suspended wins over what is published.",
    .options = (const struct option_spec[]){{"all", NULL, "also those that are retired", 0, NULL},
					    {"role", "ROLE", "only those that have this role", 0, NULL},
					    {0}},
    .run = run_list,
};
