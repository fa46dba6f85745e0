/* SPDX-License-Identifier: Apache-2.0 */
/* advice_agent.c finds what is unwise in an agent's file, see advice.h. */
#include "config.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "common/text/utc.h"
#include "tools/agentauthctl/publish/advice.h"
#include "tools/cli/alloc.h"
#include "tools/cli/guess.h"

#define RSA_BITS 3072		   /* of 128 bits of security */
#define SHORT_RSA_UNTIL 1924991999 /* 2030-12-31: NIST SP 800-57 part 1, table 4 */

struct look {
	const struct model *model;
	const struct aa_agent *agent;
	const struct conf_file *file;
	struct key_memo *memo;
	int64_t now;
	struct problems *ret;
};

/* Roles that are not there have been reported, and the file is then not in order. */
static const struct aa_role *role_of(const struct look *look, size_t i)
{
	return model_role(look->model, look->agent->roles.v[i]);
}

/* ---- who, until when, from where ------------------------------------------- */

static void look_at_owner(const struct look *look)
{
	if (!look->agent->owner || !*look->agent->owner)
		conf_warning_as(
		    look->file, look->ret, "no-owner", "owner",
		    "is not set, so that nobody is known to answer for the agent: agentauthctl set %s "
		    "--owner WHO",
		    look->agent->name);
}

static void look_at_end(const struct look *look)
{
	const struct aa_agent *agent = look->agent;
	char when[AA_UTC_SIZE];

	aa_utc_print(agent->expires, when);
	if (!agent->expires)
		conf_warning_as(
		    look->file, look->ret, "no-end", "expires",
		    "is not set, so that the agent gets in for ever, needed or not: agentauthctl set "
		    "%s --expires 365d",
		    agent->name);
	else if (agent->expires <= look->now)
		conf_warning_as(look->file, look->ret, "ended", "expires",
				"was %s, and the agent gets in nowhere any more: agentauthctl retire %s, or "
				"agentauthctl set %s --expires 365d",
				when, agent->name, agent->name);
	else if (agent->expires <= look->now + ADVICE_SOON)
		conf_warning_as(look->file, look->ret, "ends-soon", "expires",
				"is %s: agentauthctl set %s --expires 365d lets the agent go on", when,
				agent->name);
}

static bool is_for_networks(const struct aa_role *role)
{
	static const char *const local[] = {"sudo", "su", "runuser", "cron", "systemd-user", "agentauth-run"};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(local) / sizeof(*local); i++)
		n += aa_list_has(&role->services, local[i]);
	return role->services.n == 0 || n < role->services.n;
}

static void look_at_sources(const struct look *look)
{
	const struct aa_agent *agent = look->agent;

	if (agent->sources.n || (!agent->keys.n && !agent->bindings.n))
		return;
	for (size_t i = 0; i < agent->roles.n; i++) {
		const struct aa_role *role = role_of(look, i);

		if (!role || role->sources.n || !is_for_networks(role))
			continue;
		conf_warning_as(
		    look->file, look->ret, "no-source", "sources",
		    "are not set, nor are those of its role %s, so that whoever has its key gets in "
		    "from everywhere: agentauthctl set %s --source CIDR",
		    role->name, agent->name);
		return;
	}
}

/* ---- its credentials ------------------------------------------------------- */

static bool is_active(const struct aa_agent_key *key, int64_t at)
{
	return key->state == AA_KEY_ACTIVE && (!key->not_after || key->not_after > at);
}

static size_t count_active(const struct aa_agent *agent, int64_t at)
{
	size_t n = 0;

	for (size_t i = 0; i < agent->keys.n; i++)
		n += is_active(&agent->keys.v[i], at);
	return n;
}

static void look_at_key_ends(const struct look *look)
{
	const struct aa_agent *agent = look->agent;
	bool ended = !count_active(agent, look->now);

	if (!agent->keys.n || count_active(agent, look->now + ADVICE_SOON))
		return;
	conf_warning_as(look->file, look->ret, ended ? "no-good-key" : "keys-end-soon", "keys",
			"%s: agentauthctl rotate %s --key FILE registers a new one",
			ended ? "none of them is good any more" : "the last that is good ends within 14 days",
			agent->name);
}

static void look_at_strength(const struct look *look)
{
	char path[64], why[256];

	for (size_t i = 0; i < look->agent->keys.n; i++) {
		const struct aa_agent_key *key = &look->agent->keys.v[i];
		const struct key_forms *forms;

		if (!key->pem || !is_active(key, look->now) ||
		    (key->not_after && key->not_after <= SHORT_RSA_UNTIL))
			continue;
		forms = key_memo_get(look->memo, key->pem, false, why, sizeof(why));
		snprintf(path, sizeof(path), "keys[%zu].pem", i);
		if (forms && forms->rsa_bits && forms->rsa_bits < RSA_BITS)
			conf_warning_as(
			    look->file, look->ret, "weak-key", path,
			    "is RSA of %d bits, which is held to be strong until the end of 2030: make "
			    "another with agentauth keygen, and agentauthctl rotate %s --key FILE",
			    forms->rsa_bits, look->agent->name);
	}
}

static void look_at_ways_in(const struct look *look)
{
	const struct aa_agent *agent = look->agent;

	if (!agent->roles.n)
		conf_warning_as(
		    look->file, look->ret, "no-role", "roles",
		    "are none, so that the agent gets in nowhere: agentauthctl set %s --role ROLE",
		    agent->name);
	if (!agent->keys.n && !agent->bindings.n && !agent->delegation.local_users.n)
		conf_warning_as(
		    look->file, look->ret, "no-credential", "keys",
		    "are none, nor are bindings, so that nobody can log in as the agent: agentauthctl "
		    "set %s --key FILE",
		    agent->name);
}

/* ---- its bindings ---------------------------------------------------------- */

/* These claims have one value in each token of a binding's. */
static const char *only_value(const struct aa_binding *binding, const struct aa_issuer *issuer,
			      const char *claim)
{
	if (strcmp(claim, "iss") == 0)
		return issuer->issuer;
	if (strcmp(claim, issuer->client_claim) == 0)
		return binding->client;
	return strcmp(claim, "sub") == 0 && !issuer->delegation ? binding->subject : NULL;
}

static void look_at_demands(const struct look *look, size_t i, const struct aa_issuer *issuer,
			    const struct aa_claim_rules *rules, const char *whose)
{
	const struct aa_binding *binding = &look->agent->bindings.v[i];
	char path[64];

	snprintf(path, sizeof(path), "bindings[%zu]", i);
	for (size_t k = 0; k < rules->n; k++) {
		const char *only = only_value(binding, issuer, rules->v[k].claim);

		if (only && strcmp(only, rules->v[k].value) != 0)
			conf_warning_as(
			    look->file, look->ret, "binding-never-fits", path,
			    "no token fits: require of the %s wants %s to be %s, and it is %s in each "
			    "token of this client",
			    whose, quoted(rules->v[k].claim), quoted(rules->v[k].value), quoted(only));
	}
}

static bool grants_a_role(const struct look *look, const struct aa_issuer *issuer)
{
	for (size_t i = 0; i < issuer->scopes.n; i++)
		if (aa_list_has(&look->agent->roles, issuer->scopes.v[i].role))
			return true;
	return issuer->scopes.n == 0;
}

static void look_at_binding(const struct look *look, size_t i, const struct aa_issuer *issuer)
{
	const struct aa_binding *binding = &look->agent->bindings.v[i];
	char path[64];

	snprintf(path, sizeof(path), "bindings[%zu]", i);
	if (strcmp(issuer->client_claim, "sub") == 0 && binding->subject &&
	    strcmp(binding->subject, binding->client) != 0)
		conf_warning_as(
		    look->file, look->ret, "binding-never-fits", path,
		    "no token fits: client and subject are both held against sub (client_claim of the "
		    "issuer %s), and differ",
		    issuer->name);
	look_at_demands(look, i, issuer, &issuer->require, "issuer");
	look_at_demands(look, i, issuer, &binding->require, "binding");
	if (!grants_a_role(look, issuer))
		conf_warning_as(
		    look->file, look->ret, "binding-grants-nothing", path,
		    "scopes of the issuer %s grant none of the agent's roles, so that each of its "
		    "tokens is refused",
		    issuer->name);
}

static void look_at_bindings(const struct look *look, struct advice *advice)
{
	for (size_t i = 0; i < look->agent->bindings.n; i++) {
		const struct aa_issuer *issuer = model_issuer(look->model, look->agent->bindings.v[i].issuer);

		advice->has_issuer[issuer - look->model->issuers.v] = true;
		look_at_binding(look, i, issuer);
	}
}

/* ---- on whose behalf ------------------------------------------------------- */

/* A source of names that does not answer may have the user. */
static bool ask_for_user(const char *name)
{
	struct passwd pw, *found = NULL;
	char room[4096];

	return getpwnam_r(name, &pw, room, sizeof(room), &found) != 0 || found;
}

/* Thousands of agents may name one user, and a directory takes its time. */
static bool is_elsewhere(struct advice *advice, const char *name)
{
	bool is_there;
	size_t i = 0;

	pthread_mutex_lock(&advice->lock);
	while (i < advice->n_asked && strcmp(advice->asked[i].name, name) != 0)
		i++;
	is_there = i < advice->n_asked ? advice->asked[i].is_there : ask_for_user(name);
	if (i == advice->n_asked && i < ADVICE_ASKED)
		advice->asked[advice->n_asked++] = (struct asked_user){xstrdup(name), is_there};
	pthread_mutex_unlock(&advice->lock);
	return is_there;
}

static void look_at_local_users(const struct look *look, struct advice *advice)
{
	const struct local_names *users = &look->model->facts->users;
	const struct aa_list *list = &look->agent->delegation.local_users;
	char path[64];

	for (size_t i = 0; i < list->n; i++) {
		struct guess guess = {.word = list->v[i]};

		if (local_by_name(users, list->v[i]) || is_elsewhere(advice, list->v[i]))
			continue;
		for (size_t k = 0; k < users->n; k++)
			guess_try(&guess, users->by_name[k].name);
		snprintf(path, sizeof(path), "delegation.local_users[%zu]", i);
		conf_warning_as(look->file, look->ret, "no-such-user", path,
				"there is no user %s on this host%s: agentauthctl set %s --no-local-user %s",
				quoted(list->v[i]), guess_asked(&guess, ""), look->agent->name, list->v[i]);
	}
}

static bool has_delegable_role(const struct look *look)
{
	for (size_t i = 0; i < look->agent->roles.n; i++)
		if (role_of(look, i) && role_of(look, i)->delegable)
			return true;
	return false;
}

static bool has_delegating_issuer(const struct look *look)
{
	for (size_t i = 0; i < look->agent->bindings.n; i++)
		if (model_issuer(look->model, look->agent->bindings.v[i].issuer)->delegation)
			return true;
	return false;
}

static void look_at_delegation(const struct look *look)
{
	const struct aa_agent *agent = look->agent;

	if ((agent->delegation.users.n || agent->delegation.local_users.n) && !has_delegable_role(look))
		conf_warning_as(
		    look->file, look->ret, "no-delegable-role", "delegation",
		    "none of its roles is delegable, so that nobody can have the agent act for them: "
		    "agentauthctl role set ROLE --delegable");
	if (agent->delegation.users.n && !has_delegating_issuer(look))
		conf_warning_as(
		    look->file, look->ret, "no-delegating-issuer", "delegation.users",
		    "no issuer that the agent is bound to has delegation allowed, so that no token is "
		    "for them: agentauthctl issuer set ISSUER --delegation");
}

void advice_agent(struct advice *advice, const struct model *model, const struct aa_agent *agent,
		  const struct conf_file *file, struct key_memo *memo, struct problems *ret)
{
	const struct look look = {model, agent, file, memo, advice->now, ret};

	for (size_t i = 0; i < agent->roles.n; i++)
		advice->has_role[role_of(&look, i) - model->roles.v] = true;
	advice_text(&file->text, ret);
	look_at_owner(&look);
	look_at_end(&look);
	look_at_sources(&look);
	look_at_ways_in(&look);
	look_at_key_ends(&look);
	look_at_strength(&look);
	look_at_bindings(&look, advice);
	look_at_local_users(&look, advice);
	look_at_delegation(&look);
}
