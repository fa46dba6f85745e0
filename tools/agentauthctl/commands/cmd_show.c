/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_show.c shows all about an agent, as it is published, with what was decided about it since. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/key.h"
#include "common/jose/key_jwk.h"
#include "common/registry/accounts.h"
#include "common/state/decision.h"
#include "common/state/elevation.h"
#include "common/state/last_use.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/commands/ctl.h"
#include "tools/agentauthctl/commands/generation_choice.h"
#include "tools/agentauthctl/commands/last_refusal.h"
#include "tools/agentauthctl/commands/near_name.h"
#include "tools/agentauthctl/commands/retired.h"
#include "tools/agentauthctl/model/check_value.h"
#include "tools/cli/duration.h"
#include "tools/cli/table.h"

static void print_field(const char *name, const char *value)
{
	if (value && *value)
		table_field(name, "%s", value);
}

static void print_list(const char *name, const struct aa_list *list)
{
	char *text = view_list(list);

	print_field(name, text);
	free(text);
}

/* ", 4 at a time, 8 hours at most". The caller frees. */
static char *session_limits(const struct aa_role *role)
{
	char longest[DURATION_SIZE];
	struct buffer b = {0};

	if (role->max_sessions)
		buffer_printf(&b, ", %lld at a time", (long long)role->max_sessions);
	duration_print(role->max_session, longest);
	if (role->max_session)
		buffer_printf(&b, ", %s at most", longest);
	return buffer_take(&b);
}

static void print_role(const char *field, const struct aa_role *role)
{
	char *services = view_list(&role->services), *sources = view_list(&role->sources),
	     *limits = session_limits(role);

	table_field(field, "%s: %s%s%s%s", role->name, *services ? services : "every service",
		    *sources ? ", from " : "", sources, limits);
	for (size_t i = 0; i < role->sudo.n; i++)
		table_field("", "    sudo %s", role->sudo.v[i]);
	for (size_t i = 0; i < role->approval.n; i++)
		table_field("", "    sudo %s, when a person approves", role->approval.v[i]);
	if (role->max_sudo)
		table_field("", "    sudo at most %s, and then each when a person approves", role->max_sudo);
	for (size_t i = 0; i < role->record.n; i++)
		table_field("", "    records %s", role->record.v[i]);
	free(services);
	free(sources);
	free(limits);
}

static void print_roles(struct published *published, const struct aa_agent *agent)
{
	if (agent->roles.n == 0)
		print_field("roles", "none: it can log in nowhere");
	for (size_t i = 0; i < agent->roles.n; i++) {
		struct aa_role *role = published_role(published, agent->roles.v[i]);

		if (role)
			print_role(i ? "" : "roles", role);
		else
			table_field(i ? "" : "roles", "%s: its record is damaged", agent->roles.v[i]);
		aa_role_free(role);
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

static void add_time(struct buffer *b, const char *what, int64_t when, const char *otherwise)
{
	char text[AA_UTC_SIZE];

	aa_utc_print(when, text);
	buffer_printf(b, ", %s %s", what, when ? text : otherwise);
}

static void print_key(struct ctl *ctl, const char *field, const char *agent, const struct aa_agent_key *key,
		      bool of_now)
{
	const json_t *revoked = of_now ? view_revoked_key(ctl, key->kid) : NULL;
	struct buffer b = {0};

	buffer_printf(&b, "%s  %s%s%s", key->kid, algorithm_of(key->jwk.json), revoked ? "" : ", ",
		      revoked ? "" : aa_key_state_words[key->state]);
	add_time(&b, "registered", key->registered, "at a time that is not known");
	if (key->not_after)
		add_time(&b, key->not_after <= ctl->now ? "over since" : "until", key->not_after, "");
	if (of_now)
		add_time(&b, "last login", aa_last_use_of_key(ctl->paths.statedir, agent, key->kid), "never");
	if (revoked) {
		buffer_puts(&b, "; revoked ");
		view_decided(revoked, &b);
	}
	table_field(field, "%s", b.data);
	buffer_free(&b);
}

/* Revocations and logins are of now and of no generation: `of_now` says which of them is shown. */
static void print_keys(struct ctl *ctl, const struct aa_agent *agent, bool of_now)
{
	if (agent->keys.n == 0)
		print_field("keys", "none");
	for (size_t i = 0; i < agent->keys.n; i++)
		print_key(ctl, i ? "" : "keys", agent->name, &agent->keys.v[i], of_now);
}

static void print_bindings(const struct aa_agent *agent)
{
	for (size_t i = 0; i < agent->bindings.n; i++) {
		const struct aa_binding *b = &agent->bindings.v[i];

		table_field(i ? "" : "bindings", "%s: %s%s%s", b->issuer, b->client,
			    b->subject ? ", subject " : "", b->subject ? b->subject : "");
	}
}

static void print_suspension(const json_t *suspension)
{
	struct buffer b = {0};

	if (!suspension)
		return;
	view_decided(suspension, &b);
	table_field("suspended", "%s", b.data);
	buffer_free(&b);
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

static void print_elevations(const json_t *elevations)
{
	char when[AA_UTC_SIZE];
	const json_t *one;
	size_t i;

	json_array_foreach(elevations, i, one)
	{
		aa_utc_print(view_number(one, "until"), when);
		if (strcmp(view_text(one, "state"), "active") == 0)
			table_field("elevated", "%s until %s, by %s: %s", view_text(one, "role"), when,
				    view_text(one, "by"), view_text(one, "why"));
		else
			table_field("elevated", "%s: %s", view_text(one, "role"), view_text(one, "state"));
	}
}

/* decisions are what was decided of an agent in a hurry. NULL says that nothing was. */
struct decisions {
	json_t *suspension, *cutoff, *elevations;
};

static void print_home(struct published *published, const char *name)
{
	struct aa_host *host = published_host(published);

	if (host)
		table_field("home", "%s/%s, shell %s", host->accounts.home, name, host->accounts.shell);
	aa_host_free(host);
}

/* print_record() prints what a generation says of the agent. */
static void print_record(struct ctl *ctl, struct published *published, const struct aa_agent *agent,
			 bool of_now)
{
	char text[128] = "never";

	print_field("description", agent->description);
	print_field("owner", agent->owner);
	table_field("uid, gid", "%u", agent->uid);
	print_home(published, agent->name);
	if (agent->expires)
		aa_utc_print(agent->expires, text);
	print_field("expires", text);
	print_roles(published, agent);
	print_keys(ctl, agent, of_now);
	print_bindings(agent);
	print_list("acts for", &agent->delegation.users);
	print_list("started by", &agent->delegation.local_users);
	print_list("sources", &agent->sources);
	if (agent->max_sessions)
		table_field("sessions", "%lld at a time", (long long)agent->max_sessions);
	if (agent->mixed_sessions == AA_MIXED_SESSIONS_REFUSE)
		print_field("", "a login with other roles is refused while one is open");
}

static void print_agent(struct ctl *ctl, struct published *published, const struct aa_agent *agent,
			const struct decisions *decisions)
{
	printf("%s (%s)\n", agent->name, view_state(ctl, agent));
	print_suspension(decisions->suspension);
	print_cutoff(decisions->cutoff);
	print_elevations(decisions->elevations);
	print_refusal(ctl, agent->name);
	print_record(ctl, published, agent, true);
}

static json_t *roles_json(struct published *published, const struct aa_agent *agent)
{
	json_t *list = json_array();

	for (size_t i = 0; i < agent->roles.n; i++)
		json_array_append_new(list, published_json(published, "role:", agent->roles.v[i]));
	return list;
}

/* The keys' part of the record, their times as text, with what they sign with. */
static json_t *keys_json(const struct aa_agent *agent)
{
	json_t *list = json_deep_copy(json_object_get(agent->json, "keys"));

	for (size_t i = 0; i < agent->keys.n; i++) {
		const struct aa_agent_key *key = &agent->keys.v[i];
		json_t *one = json_array_get(list, i);

		json_object_set_new(one, "not_after", view_time(key->not_after));
		json_object_set_new(one, "registered", view_time(key->registered));
		json_object_set_new(one, "alg", json_string(algorithm_of(key->jwk.json)));
	}
	return list;
}

/* The record as it is published, its times as text, with its roles' records. */
static json_t *record_json(struct published *published, const struct aa_agent *record)
{
	json_t *agent = json_copy(record->json);

	json_object_set_new(agent, "expires", view_time(record->expires));
	json_object_set_new(agent, "keys", keys_json(record));
	json_object_set_new(agent, "role_settings", roles_json(published, record));
	return agent;
}

/* Of what was decided the times are text, too. */
static json_t *decided_json(const json_t *decision)
{
	json_t *one = json_pack("{s:o}", "at", view_time(view_number(decision, "at")));

	json_object_set(one, "by", json_object_get(decision, "by"));
	json_object_set(one, "why", json_object_get(decision, "why"));
	return one;
}

static void answer_keys(struct ctl *ctl, const char *name, json_t *agent)
{
	json_t *key;
	size_t i;

	json_array_foreach(json_object_get(agent, "keys"), i, key)
	{
		const char *kid = view_text(key, "kid");
		const json_t *revoked = view_revoked_key(ctl, kid);

		json_object_set_new(key, "last_login",
				    view_time(aa_last_use_of_key(ctl->paths.statedir, name, kid)));
		if (revoked)
			json_object_set_new(key, "revoked", decided_json(revoked));
	}
}

static void answer_agent(struct ctl *ctl, struct published *published, const struct aa_agent *record,
			 const struct decisions *decisions)
{
	json_t *agent = record_json(published, record), *refusal;

	json_object_set_new(agent, "state", json_string(view_state(ctl, record)));
	answer_keys(ctl, record->name, agent);
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
	if (json_array_size(decisions->elevations))
		json_object_set_new(agent, "elevated", view_elevations(decisions->elevations));
	refusal = last_refusal(ctl, record->name);
	if (refusal)
		json_object_set_new(agent, "last_refusal", refusal);
	ctl_answer(ctl, "agent", agent);
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

static void tell_retired(struct ctl *ctl, const char *name, uint32_t uid)
{
	struct given_id e;
	bool is_known = retired_read(ctl, name, &e);
	char when[AA_UTC_SIZE];

	if (ctl->json) {
		ctl_answer(ctl, "agent",
			   json_pack("{s:s, s:I, s:s, s:o, s:o}", "name", name, "uid", (json_int_t)uid,
				     "state", "retired", "retired", view_time(is_known ? e.time : 0),
				     "restorable_until", view_time(is_known ? retired_until(&e) : 0)));
		return;
	}
	printf("%s (retired)\n", name);
	table_field("uid, gid", "%u", uid);
	if (!is_known)
		return;
	aa_utc_print(e.time, when);
	table_field("refused", "since %s: it is retired", when);
	table_field("", "Do: %s", retired_cure(&e, ctl->now));
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
	if (retired)
		tell_retired(ctl, name, account.uid);
	else if (text_has(ctl, name))
		return ctl_fail(
		    ctl, "%s is in the configuration and not published yet: run agentauthctl apply", name);
	else
		return ctl_fail(ctl, "there is no agent %s%s; agentauthctl list shows those that there are",
				quoted(name), near_agent(ctl->paths.statedir, ctl->paths.owner, name));
	return CTL_DONE;
}

/* An agent whose record is not there, or cannot be read. */
static enum ctl_status show_unread(struct ctl *ctl, struct published *published, const char *name)
{
	char *key = xasprintf("agent:%s", name);
	size_t len;
	bool there = published_get(published, key, &len) != NULL;

	free(key);
	return there ? ctl_damaged(ctl) : show_unknown(ctl, name);
}

/* ---- as an earlier generation has it ---------------------------------------- */

static enum ctl_status not_there(struct ctl *ctl, struct published *published, uint32_t number,
				 const char *name)
{
	char *key = xasprintf("agent:%s", name);
	size_t len;
	bool there = published_get(published, key, &len) != NULL;

	free(key);
	return there ? ctl_fail(ctl, "the record of %s in generation %u is damaged, or of another version",
				name, number)
		     : ctl_fail(ctl,
				"generation %u has no agent %s; agentauthctl generations shows what each of "
				"them changed",
				number, name);
}

/* show_at() leaves suspensions and revocations out, which are of now and of no generation. */
static enum ctl_status show_at(struct ctl *ctl, const char *name, const char *word)
{
	struct generation generation;
	struct aa_agent *agent;
	enum ctl_status status = CTL_DONE;

	if (generation_open(ctl, word, &generation) != CTL_DONE)
		return CTL_FAILED;
	agent = published_agent(generation.published, name);
	ctl_answer(ctl, "generation", json_integer((json_int_t)generation.number));
	ctl_answer(ctl, "time", json_string(generation.made));
	if (!agent) {
		status = not_there(ctl, generation.published, generation.number, name);
	} else if (ctl->json) {
		ctl_answer(ctl, "agent", record_json(generation.published, agent));
	} else {
		printf("%s (as generation %u of %s has it)\n", name, generation.number, generation.made);
		print_record(ctl, generation.published, agent, false);
	}
	aa_agent_free(agent);
	published_close(generation.published);
	return status;
}

static int run_show(struct ctl *ctl, const struct arguments *arguments)
{
	const char *name = arguments->words[0];
	struct published *published;
	enum ctl_status status = CTL_DONE;
	struct decisions decisions = {0};
	struct aa_agent *agent;

	if (ctl_check_name(ctl, check_agent_name, name) != CTL_DONE)
		return CTL_FAILED;
	if (arguments_have(arguments, "at"))
		return show_at(ctl, name, arguments_value(arguments, "at"));
	published = ctl_published(ctl);
	if (!published)
		return CTL_FAILED;
	agent = published_agent(published, name);
	decisions.suspension = aa_decision_suspension(ctl->paths.statedir, name);
	decisions.cutoff = aa_decision_cutoff(ctl->paths.statedir, name);
	(void)aa_elevations(ctl->paths.statedir, name, ctl->now, &decisions.elevations);
	if (!agent)
		status = show_unread(ctl, published, name);
	else if (ctl->json)
		answer_agent(ctl, published, agent, &decisions);
	else
		print_agent(ctl, published, agent, &decisions);
	aa_agent_free(agent);
	json_decref(decisions.suspension);
	json_decref(decisions.cutoff);
	json_decref(decisions.elevations);
	published_close(published);
	return status;
}

const struct command cmd_show = {
    .name = "show",
    .also = "info get describe",
    .words = "NAME",
    .values = "agents",
    .min_words = 1,
    .max_words = 1,
    .summary = "show all about an agent, as it is published",
    .about = "With --at, the agent is shown as an earlier generation has it, which is one of the last ten; "
	     "agentauthctl generations lists them. Suspensions and revocations are of now, and left out.",
    .options = (const struct option_spec[]){{"at", "GENERATION", "as this generation has it", 0, NULL}, {0}},
    .run = run_show,
};
