/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_show.c shows all about an agent, as it is published, with what was decided about it since. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/key.h"
#include "common/jose/key_jwk.h"
#include "common/registry/accounts.h"
#include "common/state/decision.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/commands/ctl.h"
#include "tools/agentauthctl/commands/last_refusal.h"
#include "tools/agentauthctl/model/check_value.h"
#include "tools/cli/table.h"

static void print_field(const char *name, const char *value)
{
	if (*value)
		table_field(name, "%s", value);
}

static void print_list(const char *name, const json_t *list)
{
	char *text = view_joined(list);

	print_field(name, text);
	free(text);
}

/* session_limits() returns ", 4 at a time, 8 h at most"; the caller frees. */
static char *session_limits(const json_t *role)
{
	int64_t seconds = view_number(role, "max_session"), sessions = view_number(role, "max_sessions");
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
		char *services = view_joined(json_object_get(role, "services")),
		     *sources = view_joined(json_object_get(role, "sources")), *limits = session_limits(role);
		size_t k;

		table_field(i ? "" : "roles", "%s: %s%s%s%s", json_string_value(name),
			    *services ? services : "every service", *sources ? ", from " : "", sources,
			    limits);
		json_array_foreach(json_object_get(role, "sudo"), k, rule)
		{
			table_field("", "    sudo %s", json_string_value(rule));
		}
		json_array_foreach(json_object_get(role, "approval"), k, rule)
		{
			table_field("", "    sudo %s, when a person approves", json_string_value(rule));
		}
		free(services);
		free(sources);
		free(limits);
		json_decref(role);
	}
}

/* algorithm_of() returns what the key signs with, such as "ES256". */
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
		int64_t end = view_number(key, "not_after");
		char when[32] = "";

		if (end)
			aa_utc_print(end, when);
		table_field(i ? "" : "keys", "%s  %s, %s%s%s%s", view_text(key, "kid"),
			    algorithm_of(json_object_get(key, "jwk")), view_text(key, "state"),
			    end ? ", until " : "", when, end && end <= ctl->now ? " (over)" : "");
	}
}

static void print_bindings(const json_t *agent)
{
	size_t i;
	json_t *b;

	json_array_foreach(json_object_get(agent, "bindings"), i, b)
	{
		table_field(i ? "" : "bindings", "%s: %s%s%s", view_text(b, "issuer"), view_text(b, "client"),
			    *view_text(b, "subject") ? ", subject " : "", view_text(b, "subject"));
	}
}

static void print_suspension(const json_t *suspension)
{
	char when[32];

	if (!suspension)
		return;
	aa_utc_print(view_number(suspension, "at"), when);
	table_field("suspended", "since %s, by %s%s%s", when, view_text(suspension, "by"),
		    *view_text(suspension, "why") ? ": " : "", view_text(suspension, "why"));
}

static void print_refusal(const struct ctl *ctl, const char *agent)
{
	json_t *record = last_refusal(ctl, agent);
	char *text = record ? last_refusal_text(record) : NULL,
	     *cure = record ? last_refusal_cure(record) : NULL;

	if (text)
		print_field("refused", text);
	if (cure)
		table_field("", "Do: %s", cure);
	free(text);
	free(cure);
	json_decref(record);
}

static void print_cutoff(const json_t *cutoff)
{
	char when[32];

	if (!cutoff)
		return;
	aa_utc_print(view_number(cutoff, "before"), when);
	table_field("revoked", "what was issued before %s, by %s%s%s", when, view_text(cutoff, "by"),
		    *view_text(cutoff, "why") ? ": " : "", view_text(cutoff, "why"));
}

static void print_delegation(const json_t *agent)
{
	const json_t *d = json_object_get(agent, "delegation");

	print_list("acts for", json_object_get(d, "users"));
	print_list("started by", json_object_get(d, "local_users"));
}

/* decisions are what was decided of an agent in a hurry. NULL says that nothing was. */
struct decisions {
	json_t *suspension, *cutoff;
};

static void print_agent(const struct ctl *ctl, struct published *published, const json_t *agent,
			const struct decisions *decisions)
{
	json_t *host = published_json(published, "host", "");
	int64_t expires = view_number(agent, "expires"), sessions = view_number(agent, "max_sessions");
	char text[128] = "never";

	printf("%s (%s)\n", view_text(agent, "name"), view_state(ctl, agent));
	print_suspension(decisions->suspension);
	print_cutoff(decisions->cutoff);
	print_refusal(ctl, view_text(agent, "name"));
	print_field("description", view_text(agent, "description"));
	print_field("owner", view_text(agent, "owner"));
	table_field("uid, gid", "%lld", (long long)view_number(agent, "uid"));
	table_field("home", "%s/%s, shell %s", view_text(host, "home"), view_text(agent, "name"),
		    view_text(host, "shell"));
	if (expires)
		aa_utc_print(expires, text);
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
	if (strcmp(view_text(agent, "mixed_sessions"), "refuse") == 0)
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

/* answer_agent() gives the record as it is published, its times as text, and what belongs to it. */
static void answer_agent(struct ctl *ctl, struct published *published, json_t *agent,
			 const struct decisions *decisions)
{
	size_t i;
	json_t *key, *refusal;

	json_object_set_new(agent, "state", json_string(view_state(ctl, agent)));
	json_object_set_new(agent, "expires", view_time(view_number(agent, "expires")));
	json_array_foreach(json_object_get(agent, "keys"), i, key)
	{
		json_object_set_new(key, "not_after", view_time(view_number(key, "not_after")));
		json_object_set_new(key, "alg", json_string(algorithm_of(json_object_get(key, "jwk"))));
	}
	json_object_set_new(agent, "role_settings", roles_json(published, agent));
	if (decisions->suspension) {
		json_object_set_new(decisions->suspension, "at",
				    view_time(view_number(decisions->suspension, "at")));
		json_object_set(agent, "suspended", decisions->suspension);
	}
	if (decisions->cutoff) {
		json_object_set_new(decisions->cutoff, "at", view_time(view_number(decisions->cutoff, "at")));
		json_object_set_new(decisions->cutoff, "before",
				    view_time(view_number(decisions->cutoff, "before")));
		json_object_set(agent, "revoked", decisions->cutoff);
	}
	refusal = last_refusal(ctl, view_text(agent, "name"));
	if (refusal)
		json_object_set_new(agent, "last_refusal", refusal);
	ctl_answer(ctl, "agent", json_incref(agent));
}

static bool text_has(const struct ctl *ctl, const char *name)
{
	char *path = xasprintf("%s/" AGENTS_DIR "/%s" AGENT_SUFFIX, ctl->paths.confdir, name);
	struct problems ignored = {0};
	struct conf_text text = {0};
	bool has = conf_text_read(AT_FDCWD, "", path, ctl->paths.owner, &ignored, &text) == 0;

	problems_free(&ignored);
	conf_text_free(&text);
	free(path);
	return has;
}

static void tell_retired(const char *name, uint32_t uid)
{
	printf("%s (retired)\n", name);
	table_field("uid, gid", "%u", uid);
	table_field("refused", "it gets in nowhere, for good. Do: agentauthctl register NAME, another one");
}

static enum ctl_status show_unknown(struct ctl *ctl, const char *name)
{
	struct aa_accounts accounts;
	struct aa_account account;
	bool retired = false;

	if (aa_accounts_open(ctl->paths.statedir, ctl->paths.owner, &accounts) == 0) {
		retired =
		    aa_account_by_name(&accounts, name, &account) == 0 && account.flags & AA_ACCOUNT_RETIRED;
		aa_accounts_close(&accounts);
	}
	if (retired && ctl->json)
		ctl_answer(ctl, "agent",
			   json_pack("{s:s, s:I, s:s}", "name", name, "uid", (json_int_t)account.uid, "state",
				     "retired"));
	else if (retired)
		tell_retired(name, account.uid);
	else if (text_has(ctl, name))
		return ctl_fail(
		    ctl, "%s is in the configuration and not published yet: run agentauthctl apply", name);
	else
		return ctl_fail(ctl, "there is no agent %s; agentauthctl list shows those that there are",
				quoted(name));
	return CTL_DONE;
}

static int run_show(struct ctl *ctl, const struct arguments *arguments)
{
	const char *name = arguments->words[0];
	struct published *published;
	enum ctl_status status = CTL_DONE;
	struct decisions decisions;
	json_t *agent;

	if (ctl_check_name(ctl, check_agent_name, name) != CTL_DONE)
		return CTL_FAILED;
	published = ctl_published(ctl);
	if (!published)
		return CTL_FAILED;
	agent = published_json(published, "agent:", name);
	decisions.suspension = aa_decision_suspension(ctl->paths.statedir, name);
	decisions.cutoff = aa_decision_cutoff(ctl->paths.statedir, name);
	if (!agent)
		status = show_unknown(ctl, name);
	else if (ctl->json)
		answer_agent(ctl, published, agent, &decisions);
	else
		print_agent(ctl, published, agent, &decisions);
	json_decref(agent);
	json_decref(decisions.suspension);
	json_decref(decisions.cutoff);
	published_close(published);
	return status;
}

const struct command cmd_show = {
    .name = "show",
    .words = "NAME",
    .values = "agents",
    .min_words = 1,
    .max_words = 1,
    .summary = "show all about an agent, as it is published",
    .run = run_show,
};
