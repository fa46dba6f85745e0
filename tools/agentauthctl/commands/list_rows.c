/* SPDX-License-Identifier: Apache-2.0 */
/* list_rows.c keeps, sorts and prints what `list` shows, see list_rows.h. */
#include "config.h"

#include "tools/agentauthctl/commands/list_rows.h"

#include <stdlib.h>
#include <string.h>

#include "common/state/elevation.h"
#include "common/state/last_use.h"
#include "common/text/sort.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/cli/table.h"

static const struct table_column columns[] = {
    {"NAME", 40},    {"UID", 20},  {"STATE", 20},      {"OWNER", 28}, {"ROLES", 32},
    {"EXPIRES", 24}, {"KEYS", 14}, {"LAST LOGIN", 24}, {NULL, 0},
};
static const struct table_column wide_columns[] = {
    {"NAME", 0},     {"UID", 0},	 {"STATE", 0},	    {"OWNER", 0},     {"ROLES", 0},
    {"EXPIRES", 0},  {"KEYS", 0},	 {"LAST LOGIN", 0}, {"LAST SUDO", 0}, {"OLDEST KEY", 0},
    {"BINDINGS", 0}, {"DESCRIPTION", 0}, {NULL, 0},
};

/* ---- rows ------------------------------------------------------------------------ */

static void count_keys(struct ctl *ctl, const struct aa_agent *agent, struct list_row *row)
{
	for (size_t i = 0; i < agent->keys.n; i++) {
		const struct aa_agent_key *key = &agent->keys.v[i];
		int64_t from = key->registered;

		row->revoked_keys += view_revoked_key(ctl, key->kid) != NULL;
		if (!view_key_is_good(ctl, key))
			continue;
		row->keys++;
		from = from ? from : view_since(ctl, agent->name);
		if (!row->oldest_key || from < row->oldest_key) {
			row->oldest_key = from;
			row->undated = !key->registered;
		}
	}
}

static char *bindings_of(const struct aa_agent *agent)
{
	struct buffer b = {0};

	for (size_t i = 0; i < agent->bindings.n; i++)
		buffer_printf(&b, "%s%s:%s", i ? ", " : "", agent->bindings.v[i].issuer,
			      agent->bindings.v[i].client);
	return b.len ? buffer_take(&b) : NULL;
}

/* The roles that the agent has for a time, "deploy (until 2026-05-01T12:00:00Z)". */
static json_t *elevated(const struct ctl *ctl, const char *agent)
{
	json_t *list = NULL, *roles = json_array(), *one;
	char when[AA_UTC_SIZE];
	size_t i;

	if (!ctl->many || many_agents_may_be_elevated(ctl->many, agent))
		(void)aa_elevations(ctl->paths.statedir, agent, ctl->now, &list);
	json_array_foreach(list, i, one)
	{
		aa_utc_print(view_number(one, "until"), when);
		if (strcmp(view_text(one, "state"), "active") == 0)
			json_array_append_new(roles,
					      json_sprintf("%s (until %s)", view_text(one, "role"), when));
	}
	json_decref(list);
	return roles;
}

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

struct list_row list_row_of(struct ctl *ctl, const struct aa_agent *agent)
{
	struct list_row row = {.name = xstrdup(agent->name),
			       .owner = copy(agent->owner),
			       .description = copy(agent->description),
			       .bindings = bindings_of(agent),
			       .roles = json_incref(json_object_get(agent->json, "roles")),
			       .elevated = elevated(ctl, agent->name),
			       .state = view_state(ctl, agent),
			       .uid = agent->uid,
			       .expires = agent->expires,
			       .last_login = view_last_use(ctl, AA_USE_LOGIN, agent->name),
			       .last_sudo = view_last_use(ctl, AA_USE_SUDO, agent->name)};

	count_keys(ctl, agent, &row);
	return row;
}

struct list_row list_row_retired(const char *name, uint32_t uid)
{
	return (struct list_row){.name = xstrdup(name), .state = "retired", .uid = uid, .retired = true};
}

void list_rows_add(struct list_rows *rows, const struct list_row *row)
{
	grow(&rows->v, &rows->cap, rows->n + 1, sizeof(*rows->v));
	rows->v[rows->n++] = *row;
}

void list_row_free(struct list_row *row)
{
	free(row->name);
	free(row->owner);
	free(row->description);
	free(row->bindings);
	json_decref(row->roles);
	json_decref(row->elevated);
}

void list_rows_free(struct list_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		list_row_free(&rows->v[i]);
	free(rows->v);
}

/* ---- their order ------------------------------------------------------------------- */

static int by_number(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct list_row *)a)->name, ((const struct list_row *)b)->name);
}

static int by_uid(const void *a, const void *b)
{
	return by_number(((const struct list_row *)a)->uid, ((const struct list_row *)b)->uid);
}

static int by_owner(const void *one, const void *other)
{
	const struct list_row *a = one, *b = other;
	int order = a->owner && b->owner ? strcmp(a->owner, b->owner) : !a->owner - !b->owner;

	return order ? order : by_name(a, b);
}

static int by_end(const void *one, const void *other)
{
	const struct list_row *a = one, *b = other;
	int order = by_number(a->expires ? a->expires : INT64_MAX, b->expires ? b->expires : INT64_MAX);

	return order ? order : by_name(a, b);
}

static int by_last_login(const void *one, const void *other)
{
	const struct list_row *a = one, *b = other;
	int order = by_number(a->last_login, b->last_login);

	return order ? order : by_name(a, b);
}

void list_rows_sort(struct list_rows *rows, const char *order)
{
	static const struct {
		const char *word;
		int (*compare)(const void *a, const void *b);
	} orders[] = {{"name", by_name},
		      {"uid", by_uid},
		      {"owner", by_owner},
		      {"expires", by_end},
		      {"last-login", by_last_login}};

	for (size_t i = 0; rows->n && i < sizeof(orders) / sizeof(orders[0]); i++)
		if (strcmp(orders[i].word, order) == 0)
			aa_sort(rows->v, rows->n, sizeof(*rows->v), orders[i].compare);
}

/* ---- how they are shown --------------------------------------------------------------- */

static json_t *row_json(const struct list_row *row)
{
	if (row->retired)
		return json_pack("{s:s, s:I, s:s}", "name", row->name, "uid", (json_int_t)row->uid, "state",
				 row->state);
	return json_pack("{s:s, s:I, s:s, s:s, s:O, s:O, s:o, s:I, s:I, s:o, s:b, s:o, s:o}", "name",
			 row->name, "uid", (json_int_t)row->uid, "state", row->state, "owner",
			 row->owner ? row->owner : "", "roles", row->roles, "elevated", row->elevated,
			 "expires", view_time(row->expires), "keys", (json_int_t)row->keys, "keys_revoked",
			 (json_int_t)row->revoked_keys, "oldest_key", view_time(row->oldest_key),
			 "oldest_key_dated", row->oldest_key && !row->undated, "last_login",
			 view_time(row->last_login), "last_sudo", view_time(row->last_sudo));
}

json_t *list_rows_json(const struct list_rows *rows)
{
	json_t *list = json_array();

	for (size_t i = 0; i < rows->n; i++)
		json_array_append_new(list, row_json(&rows->v[i]));
	return list;
}

static void add_time(struct table *table, int64_t when, bool day_alone)
{
	char text[AA_UTC_SIZE] = "never";

	if (when)
		aa_utc_print(when, text);
	if (when && (day_alone || strcmp(text + 10, "T00:00:00Z") == 0))
		text[10] = '\0';
	table_add(table, text);
}

static void add_oldest_key(struct table *table, const struct list_row *row)
{
	char text[AA_UTC_SIZE] = "-";

	if (row->oldest_key)
		aa_utc_print(row->oldest_key, text);
	table_printf(table, "%.10s%s", text, row->undated ? " or later" : "");
}

static void add_retired(struct table *table, const struct list_row *row)
{
	table_add(table, row->name);
	table_printf(table, "%u", row->uid);
	table_add(table, row->state);
	for (const struct table_column *c = table->columns + 3; c->title; c++)
		table_add(table, "-");
}

static void add_agent(struct table *table, const struct list_row *row, bool wide)
{
	char *roles = json_array_size(row->roles) ? view_joined(row->roles) : NULL,
	     *more = json_array_size(row->elevated) ? view_joined(row->elevated) : NULL;

	table_add(table, row->name);
	table_printf(table, "%u", row->uid);
	table_add(table, row->state);
	table_add(table, row->owner);
	table_add(table, roles);
	add_time(table, row->expires, false);
	if (row->revoked_keys)
		table_printf(table, "%zu, %zu revoked", row->keys, row->revoked_keys);
	else
		table_printf(table, "%zu", row->keys);
	add_time(table, row->last_login, !wide);
	if (wide) {
		add_time(table, row->last_sudo, false);
		add_oldest_key(table, row);
		table_add(table, row->bindings);
		table_add(table, row->description ? row->description : "-");
	}
	if (more)
		table_note(table, "    by elevation: %s", more);
	free(more);
	free(roles);
}

void list_rows_print(const struct list_rows *rows, bool wide)
{
	struct table table = {.columns = wide ? wide_columns : columns};

	for (size_t i = 0; i < rows->n; i++)
		if (rows->v[i].retired)
			add_retired(&table, &rows->v[i]);
		else
			add_agent(&table, &rows->v[i], wide);
	table_print(&table);
	table_free(&table);
}
