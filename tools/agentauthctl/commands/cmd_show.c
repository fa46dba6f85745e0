/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_show.c: show, list: who the agents are, as it is published, with what was decided in a hurry. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/agentauthctl/model/check_value.h"
#include "tools/agentauthctl/commands/ctl.h"
#include "common/jose/key.h"
#include "common/registry/accounts.h"
#include "common/state/override.h"
#include "common/text/utf8.h"

static const char *text_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text ? text : "";
}

static int64_t number_of(const json_t *object, const char *member)
{
	return json_integer_value(json_object_get(object, member));
}

/* "active", "expired" or "suspended". */
static const char *state_of(const struct ctl *ctl, const json_t *agent)
{
	enum aa_reason reason = aa_override_agent(ctl->places.statedir, text_of(agent, "name"));
	int64_t expires = number_of(agent, "expires");

	if (reason == AA_AGENT_SUSPENDED)
		return "suspended";
	if (reason != AA_OK)
		return "unknown";
	return expires && expires <= ctl->now ? "expired" : "active";
}

/* Elements joined by ", ". The caller frees. */
static char *joined(const json_t *list)
{
	struct buffer b = {0};
	size_t i;
	json_t *one;

	json_array_foreach(list, i, one)
	{
		buffer_printf(&b, "%s%s", i ? ", " : "", json_string_value(one));
	}
	return buffer_take(&b);
}

/* A time of the records as RFC 3339. */
static json_t *time_json(int64_t when)
{
	char text[32];

	if (!when)
		return json_null();
	time_format(when, text);
	return json_string(text);
}

/* ---- list ---------------------------------------------------------------- */

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
		int64_t end = number_of(key, "not_after");

		n += strcmp(text_of(key, "state"), "active") == 0 && (!end || end > now);
	}
	return n;
}

static void add_row(struct listing *l, const json_t *agent)
{
	const json_t *roles = json_object_get(agent, "roles");
	int64_t expires = number_of(agent, "expires");
	const char *state = state_of(l->ctl, agent);
	size_t keys = active_keys(agent, l->ctl->now);
	char when[32] = "never";
	struct row *row;

	if (l->ctl->json) {
		json_array_append_new(
		    l->json, json_pack("{s:s, s:I, s:s, s:s, s:O, s:o, s:I}", "name", text_of(agent, "name"),
				       "uid", (json_int_t)number_of(agent, "uid"), "state", state, "owner",
				       text_of(agent, "owner"), "roles", roles, "expires", time_json(expires),
				       "keys", (json_int_t)keys));
		return;
	}
	if (expires)
		time_format(expires, when);
	if (strcmp(when + 10, "T00:00:00Z") == 0)
		when[10] = '\0';
	row = new_row(l);
	set_cell(l, row, NAME, xstrdup(text_of(agent, "name")), 40);
	set_cell(l, row, ID, xasprintf("%lld", (long long)number_of(agent, "uid")), 20);
	set_cell(l, row, STATE, xstrdup(state), 20);
	set_cell(l, row, OWNER, xstrdup(*text_of(agent, "owner") ? text_of(agent, "owner") : "-"), 28);
	set_cell(l, row, ROLES, json_array_size(roles) ? joined(roles) : xstrdup("-"), 32);
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
		ctl_error(l->ctl, "the published record of %s is damaged", quoted(name));
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
	struct aa_entry entry;
	uint32_t pos = 0;

	if (aa_accounts_open(l->ctl->places.statedir, l->ctl->places.owner, &accounts) < 0)
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

static enum ctl_status run_list(struct ctl *ctl, const struct arguments *arguments)
{
	struct published *published = published_open(ctl->places.statedir, ctl->places.owner);
	struct listing l = {.ctl = ctl, .role = arguments_value(arguments, "role"), .json = json_array()};

	if (!published) {
		json_decref(l.json);
		return ctl_fail(
		    ctl,
		    "nothing is published that can be read: run agentauthctl apply (or init, on a new host)");
	}
	if (!published_walk(published, "agent:", list_agent, &l))
		ctl_error(ctl, "the published registry is damaged: run agentauthctl apply");
	if (arguments_have(arguments, "all") && !l.role)
		list_retired(&l);
	if (!ctl->json)
		print_table(&l);
	ctl_answer(ctl, "agents", l.json);
	listing_free(&l);
	published_close(published);
	return CTL_DONE;
}

const struct ctl_command cmd_list = {
    .name = "list",
    .words = "",
    .summary = "list the agents that are published",
    .about = "KEYS counts those that are good now. A state of suspended wins over what is published.",
    .options = (const struct ctl_option[]){{"all", NULL, "also those that are retired", 0, NULL},
					   {"role", "ROLE", "only those that have this role", 0, NULL},
					   {0}},
    .run = run_list,
};

/* ---- show ---------------------------------------------------------------- */

static void print_field(const char *name, const char *value)
{
	if (*value)
		printf("  %-13s%s\n", name, value);
}

static void print_list(const char *name, const json_t *list)
{
	char *text = joined(list);

	print_field(name, text);
	free(text);
}

/* ", 4 at a time, 8 h at most". The caller frees. */
static char *session_limits(const json_t *role)
{
	int64_t seconds = number_of(role, "max_session"), sessions = number_of(role, "max_sessions");
	struct buffer b = {0};

	if (sessions)
		buffer_printf(&b, ", %lld at a time", (long long)sessions);
	if (seconds && seconds % 3600 == 0)
		buffer_printf(&b, ", %lld h at most", (long long)seconds / 3600);
	else if (seconds && seconds % 60 == 0)
		buffer_printf(&b, ", %lld min at most", (long long)seconds / 60);
	else if (seconds)
		buffer_printf(&b, ", %lld s at most", (long long)seconds);
	return buffer_take(&b);
}

static void print_roles(struct published *published, const json_t *agent)
{
	size_t i;
	json_t *name;

	if (json_array_size(json_object_get(agent, "roles")) == 0)
		print_field("roles", "none: it can log in nowhere");
	json_array_foreach(json_object_get(agent, "roles"), i, name)
	{
		json_t *role = published_json(published, "role:", json_string_value(name)), *rule;
		char *services = joined(json_object_get(role, "services")),
		     *sources = joined(json_object_get(role, "sources")), *limits = session_limits(role);
		size_t k;

		printf("  %-13s%s: %s%s%s%s\n", i ? "" : "roles", json_string_value(name),
		       *services ? services : "every service", *sources ? ", from " : "", sources, limits);
		json_array_foreach(json_object_get(role, "sudo"), k, rule)
		{
			printf("  %-13s    sudo %s\n", "", json_string_value(rule));
		}
		json_array_foreach(json_object_get(role, "approval"), k, rule)
		{
			printf("  %-13s    sudo %s, when a person approves\n", "", json_string_value(rule));
		}
		free(services);
		free(sources);
		free(limits);
		json_decref(role);
	}
}

/* "ES256" and the like: what the key signs with. */
static const char *algorithm_of(const json_t *jwk)
{
	struct aa_key *key;
	const char *name;

	if (aa_key_from_jwk(jwk, &key) != AA_JOSE_OK)
		return "damaged";
	name = aa_alg_name(aa_key_default_alg(key));
	aa_key_free(key);
	return name;
}

static void print_keys(const struct ctl *ctl, const json_t *agent)
{
	const json_t *keys = json_object_get(agent, "keys");
	size_t i;
	json_t *key;

	if (json_array_size(keys) == 0)
		print_field("keys", "none");
	json_array_foreach(keys, i, key)
	{
		int64_t end = number_of(key, "not_after");
		char when[32] = "";

		if (end)
			time_format(end, when);
		printf("  %-13s%s  %s, %s%s%s%s\n", i ? "" : "keys", text_of(key, "kid"),
		       algorithm_of(json_object_get(key, "jwk")), text_of(key, "state"),
		       end ? ", until " : "", when, end && end <= ctl->now ? " (over)" : "");
	}
}

static void print_bindings(const json_t *agent)
{
	size_t i;
	json_t *b;

	json_array_foreach(json_object_get(agent, "bindings"), i, b)
	{
		printf("  %-13s%s: %s%s%s\n", i ? "" : "bindings", text_of(b, "issuer"), text_of(b, "client"),
		       *text_of(b, "subject") ? ", subject " : "", text_of(b, "subject"));
	}
}

static void print_suspension(const json_t *suspension)
{
	char when[32];

	if (!suspension)
		return;
	time_format(number_of(suspension, "at"), when);
	printf("  %-13ssince %s, by %s%s%s\n", "suspended", when, text_of(suspension, "by"),
	       *text_of(suspension, "why") ? ": " : "", text_of(suspension, "why"));
}

static void print_delegation(const json_t *agent)
{
	const json_t *d = json_object_get(agent, "delegation");

	print_list("acts for", json_object_get(d, "users"));
	print_list("started by", json_object_get(d, "local_users"));
}

static void print_agent(const struct ctl *ctl, struct published *published, const json_t *agent,
			const json_t *suspension)
{
	json_t *host = published_json(published, "host", "");
	int64_t expires = number_of(agent, "expires"), sessions = number_of(agent, "max_sessions");
	char text[128] = "never";

	printf("%s (%s)\n", text_of(agent, "name"), state_of(ctl, agent));
	print_suspension(suspension);
	print_field("description", text_of(agent, "description"));
	print_field("owner", text_of(agent, "owner"));
	printf("  %-13s%lld\n", "uid, gid", (long long)number_of(agent, "uid"));
	printf("  %-13s%s/%s, shell %s\n", "home", text_of(host, "home"), text_of(agent, "name"),
	       text_of(host, "shell"));
	if (expires)
		time_format(expires, text);
	print_field("expires", text);
	print_roles(published, agent);
	print_keys(ctl, agent);
	print_bindings(agent);
	print_delegation(agent);
	print_list("sources", json_object_get(agent, "sources"));
	if (sessions) {
		snprintf(text, sizeof(text), "%lld at a time", (long long)sessions);
		print_field("sessions", text);
	}
	if (strcmp(text_of(agent, "mixed_sessions"), "refuse") == 0)
		print_field("", "a login with other roles is refused while one is open");
	json_decref(host);
}

static json_t *roles_json(struct published *published, const json_t *agent)
{
	json_t *list = json_array(), *name;
	size_t i;

	json_array_foreach(json_object_get(agent, "roles"), i, name)
	{
		json_array_append_new(list, published_json(published, "role:", json_string_value(name)));
	}
	return list;
}

/* The record as it is published, its times as text, and what belongs to it. */
static void answer_agent(struct ctl *ctl, struct published *published, json_t *agent, json_t *suspension)
{
	size_t i;
	json_t *key;

	json_object_set_new(agent, "state", json_string(state_of(ctl, agent)));
	json_object_set_new(agent, "expires", time_json(number_of(agent, "expires")));
	json_array_foreach(json_object_get(agent, "keys"), i, key)
	{
		json_object_set_new(key, "not_after", time_json(number_of(key, "not_after")));
		json_object_set_new(key, "alg", json_string(algorithm_of(json_object_get(key, "jwk"))));
	}
	json_object_set_new(agent, "role_settings", roles_json(published, agent));
	if (suspension) {
		json_object_set_new(suspension, "at", time_json(number_of(suspension, "at")));
		json_object_set(agent, "suspended", suspension);
	}
	ctl_answer(ctl, "agent", json_incref(agent));
}

static bool text_has(const struct ctl *ctl, const char *name)
{
	char *path = xasprintf("%s/" AGENTS_DIR "/%s" AGENT_SUFFIX, ctl->places.confdir, name);
	struct problems ignored = {0};
	struct conf_text text = {0};
	bool has = conf_text_read(AT_FDCWD, "", path, ctl->places.owner, &ignored, &text) == 0;

	problems_free(&ignored);
	conf_text_free(&text);
	free(path);
	return has;
}

static enum ctl_status show_unknown(struct ctl *ctl, const char *name)
{
	struct aa_accounts accounts;
	struct aa_account account;
	bool retired = false;

	if (aa_accounts_open(ctl->places.statedir, ctl->places.owner, &accounts) == 0) {
		retired =
		    aa_account_by_name(&accounts, name, &account) == 0 && account.flags & AA_ACCOUNT_RETIRED;
		aa_accounts_close(&accounts);
	}
	if (retired && ctl->json)
		ctl_answer(ctl, "agent",
			   json_pack("{s:s, s:I, s:s}", "name", name, "uid", (json_int_t)account.uid, "state",
				     "retired"));
	else if (retired)
		printf("%s (retired)\n  %-13s%u\n", name, "uid, gid", account.uid);
	else if (text_has(ctl, name))
		return ctl_fail(
		    ctl, "%s is in the configuration and not published yet: run agentauthctl apply", name);
	else
		return ctl_fail(ctl, "there is no agent %s; agentauthctl list shows those that there are",
				quoted(name));
	return CTL_DONE;
}

static enum ctl_status run_show(struct ctl *ctl, const struct arguments *arguments)
{
	const char *name = arguments->words[0];
	struct published *published;
	enum ctl_status status = CTL_DONE;
	json_t *agent, *suspension;
	char why[256];

	if (!check_agent_name(name, why, sizeof(why)))
		return ctl_fail(ctl, "%s %s", quoted(name), why);
	published = published_open(ctl->places.statedir, ctl->places.owner);
	if (!published)
		return ctl_fail(
		    ctl,
		    "nothing is published that can be read: run agentauthctl apply (or init, on a new host)");
	agent = published_json(published, "agent:", name);
	suspension = aa_override_suspension(ctl->places.statedir, name);
	if (!agent)
		status = show_unknown(ctl, name);
	else if (ctl->json)
		answer_agent(ctl, published, agent, suspension);
	else
		print_agent(ctl, published, agent, suspension);
	json_decref(agent);
	json_decref(suspension);
	published_close(published);
	return status;
}

const struct ctl_command cmd_show = {
    .name = "show",
    .words = "NAME",
    .min_words = 1,
    .max_words = 1,
    .summary = "show all about an agent, as it is published",
    .run = run_show,
};
