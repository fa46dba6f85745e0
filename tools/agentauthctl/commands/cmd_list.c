/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_list.c: list: who the agents are, as it is published, with what was decided in a hurry. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/registry/accounts.h"
#include "common/text/utc.h"
#include "common/text/utf8.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/commands/ctl.h"

enum { NAME, ID, STATE, OWNER, ROLES, EXPIRES, KEYS, COLUMNS };

struct row {
	char *cell[COLUMNS];
};

struct listing {
	struct ctl *ctl;
	const char *role; /* only agents that have it; NULL: all */
	struct row *rows;
	size_t n, cap;
	json_t *json;
	int width[COLUMNS];
	bool damaged; /* not every record could be read */
};

static int characters(const char *text)
{
	size_t len = strlen(text), n;
	uint32_t c;
	int count = 0;

	for (; len && (n = aa_utf8_next(text, len, &c)); text += n, len -= n)
		count++;
	return count;
}

/* Takes the cell's text; what is longer than `max` characters is cut. */
static void set_cell(struct listing *l, struct row *row, int column, char *text, int max)
{
	int wide = characters(text);

	if (wide > max) {
		size_t at = 0, n;
		uint32_t c;
		char *cut;

		for (int i = 0; i < max - 1 && (n = aa_utf8_next(text + at, strlen(text + at), &c)); i++)
			at += n;
		cut = xasprintf("%.*s…", (int)at, text);
		free(text);
		text = cut;
		wide = max;
	}
	row->cell[column] = text;
	if (wide > l->width[column])
		l->width[column] = wide;
}

static struct row *new_row(struct listing *l)
{
	grow(&l->rows, &l->cap, l->n + 1, sizeof(*l->rows));
	return &l->rows[l->n++];
}

static size_t active_keys(const json_t *agent, int64_t now)
{
	size_t i, n = 0;
	json_t *key;

	json_array_foreach(json_object_get(agent, "keys"), i, key)
	{
		n += published_key_is_good(key, now);
	}
	return n;
}

static void add_row(struct listing *l, const json_t *agent)
{
	const json_t *roles = json_object_get(agent, "roles");
	int64_t expires = view_number(agent, "expires");
	const char *state = view_state(l->ctl, agent);
	size_t keys = active_keys(agent, l->ctl->now);
	char when[32] = "never";
	struct row *row;

	if (l->ctl->json) {
		json_array_append_new(
		    l->json, json_pack("{s:s, s:I, s:s, s:s, s:O, s:o, s:I}", "name",
				       view_text(agent, "name"), "uid", (json_int_t)view_number(agent, "uid"),
				       "state", state, "owner", view_text(agent, "owner"), "roles", roles,
				       "expires", view_time(expires), "keys", (json_int_t)keys));
		return;
	}
	if (expires)
		aa_utc_print(expires, when);
	if (strcmp(when + 10, "T00:00:00Z") == 0)
		when[10] = '\0';
	row = new_row(l);
	set_cell(l, row, NAME, xstrdup(view_text(agent, "name")), 40);
	set_cell(l, row, ID, xasprintf("%lld", (long long)view_number(agent, "uid")), 20);
	set_cell(l, row, STATE, xstrdup(state), 20);
	set_cell(l, row, OWNER, xstrdup(*view_text(agent, "owner") ? view_text(agent, "owner") : "-"), 28);
	set_cell(l, row, ROLES, json_array_size(roles) ? view_joined(roles) : xstrdup("-"), 32);
	set_cell(l, row, EXPIRES, xstrdup(when), 24);
	set_cell(l, row, KEYS, xasprintf("%zu", keys), 8);
}

static bool has_role(const json_t *agent, const char *role)
{
	size_t i;
	json_t *one;

	json_array_foreach(json_object_get(agent, "roles"), i, one)
	{
		if (strcmp(json_string_value(one), role) == 0)
			return true;
	}
	return false;
}

static bool list_agent(void *data, const char *name, const char *record, size_t len)
{
	struct listing *l = data;
	json_t *agent = json_loadb(record, len, 0, NULL);

	if (!agent) {
		l->damaged = true;
		ctl_error(l->ctl, "the published record of %s is damaged: run agentauthctl apply",
			  quoted(name));
		return true;
	}
	if (!l->role || has_role(agent, l->role))
		add_row(l, agent);
	json_decref(agent);
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
		struct row *row;

		if (!(a->flags & AA_ACCOUNT_RETIRED))
			continue;
		if (l->ctl->json) {
			json_array_append_new(l->json, json_pack("{s:s, s:I, s:s}", "name", a->name, "uid",
								 (json_int_t)a->uid, "state", "retired"));
			continue;
		}
		row = new_row(l);
		set_cell(l, row, NAME, xstrdup(a->name), 40);
		set_cell(l, row, ID, xasprintf("%u", a->uid), 20);
		set_cell(l, row, STATE, xstrdup("retired"), 20);
		for (int column = OWNER; column < COLUMNS; column++)
			set_cell(l, row, column, xstrdup("-"), 1);
	}
	aa_accounts_close(&accounts);
}

static void print_row(const struct listing *l, const char *const *cells)
{
	for (int column = 0; column < COLUMNS; column++) {
		int pad = column == COLUMNS - 1 ? 0 : l->width[column] - characters(cells[column]) + 2;

		printf("%s%*s", cells[column], pad, "");
	}
	putchar('\n');
}

static void print_table(struct listing *l)
{
	static const char *const titles[COLUMNS] = {"NAME",  "UID",	"STATE", "OWNER",
						    "ROLES", "EXPIRES", "KEYS"};
	const char *cells[COLUMNS];

	if (l->n == 0 && l->damaged)
		return;
	if (l->n == 0) {
		puts(l->role ? "No agent has this role."
			     : "There are no agents yet: agentauthctl register NAME --key FILE makes one.");
		return;
	}
	for (int column = 0; column < COLUMNS; column++)
		if (l->width[column] < characters(titles[column]))
			l->width[column] = characters(titles[column]);
	print_row(l, titles);
	for (size_t i = 0; i < l->n; i++) {
		for (int column = 0; column < COLUMNS; column++)
			cells[column] = l->rows[i].cell[column];
		print_row(l, cells);
	}
}

static void listing_free(struct listing *l)
{
	for (size_t i = 0; i < l->n; i++)
		for (int column = 0; column < COLUMNS; column++)
			free(l->rows[i].cell[column]);
	free(l->rows);
}

static int run_list(struct ctl *ctl, const struct arguments *arguments)
{
	struct published *published = published_open(ctl->paths.statedir, ctl->paths.owner);
	struct listing l = {.ctl = ctl, .role = arguments_value(arguments, "role"), .json = json_array()};

	if (!published) {
		json_decref(l.json);
		return ctl_fail(
		    ctl,
		    "nothing is published that can be read: run agentauthctl apply (or init, on a new host)");
	}
	if (!published_walk(published, "agent:", list_agent, &l)) {
		l.damaged = true;
		ctl_error(ctl, "the published registry is damaged: run agentauthctl apply");
	}
	if (arguments_have(arguments, "all") && !l.role)
		list_retired(&l);
	if (!ctl->json)
		print_table(&l);
	ctl_answer(ctl, "agents", l.json);
	listing_free(&l);
	published_close(published);
	return CTL_DONE;
}

const struct command cmd_list = {
    .name = "list",
    .words = "",
    .summary = "list the agents that are published",
    .about = "KEYS counts those that are good now. A state of suspended wins over what is published.",
    .options = (const struct option_spec[]){{"all", NULL, "also those that are retired", 0, NULL},
					    {"role", "ROLE", "only those that have this role", 0, NULL},
					    {0}},
    .run = run_list,
};
