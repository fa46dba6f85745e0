/* SPDX-License-Identifier: Apache-2.0 */
/* policy_record.c: the records of policy.cdb as structs, see policy_record.h. */
#include "config.h"

#include "common/verify/policy_record.h"

#include <stdlib.h>

#include "common/verify/policy.h"
#include "common/verify/record_read.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- host ----------------------------------------------------------------- */

struct host_extra {
	struct aa_host host;
	int64_t format, generation;
};

void aa_host_free(struct aa_host *host)
{
	if (!host)
		return;
	free(host->audience.v);
	free(host->without_credential.v);
	json_decref(host->json);
	free(host);
}

struct aa_host *aa_host_from_json(json_t *json)
{
	static const struct aa_record_member members[] = {
	    {"format", INTEGER, true, offsetof(struct host_extra, format)},
	    {"generation", INTEGER, true, offsetof(struct host_extra, generation)},
	    MEMBER(aa_host, name, STRING, true),
	    MEMBER(aa_host, home, STRING, true),
	    MEMBER(aa_host, shell, STRING, true),
	    MEMBER(aa_host, audience, STRINGS, true),
	    MEMBER(aa_host, without_credential, STRINGS, true),
	    MEMBER(aa_host, clock_skew, INTEGER, true),
	    MEMBER(aa_host, max_assertion_ttl, INTEGER, true),
	    MEMBER(aa_host, max_token_ttl, INTEGER, true),
	    MEMBER(aa_host, max_failures, INTEGER, false),
	    {"nonce", OTHER, true, 0},
	    {"audit_failure", OTHER, true, 0},
	    {"audit_sync", OTHER, true, 0},
	};
	struct host_extra extra = {{0}, 0, 0};
	struct aa_host *host = calloc(1, sizeof(*host));
	bool ok;

	if (!host)
		return NULL;
	ok = aa_record_read(json, members, COUNT(members), &extra) && extra.format == AA_POLICY_FORMAT &&
	     extra.generation <= UINT32_MAX &&
	     aa_record_choice(json, "nonce", "optional", "required", &extra.host.nonce_required) &&
	     aa_record_choice(json, "audit_failure", "warn", "deny", &extra.host.audit_deny) &&
	     aa_record_choice(json, "audit_sync", "none", "always", &extra.host.audit_sync);
	*host = extra.host;
	host->generation = (uint32_t)extra.generation;
	host->json = json_incref(json);
	if (ok && host->audience.n > 0)
		return host;
	aa_host_free(host);
	return NULL;
}

/* ---- agent ---------------------------------------------------------------- */

static bool read_key(json_t *json, struct aa_agent_key *ret)
{
	static const struct aa_record_member members[] = {
	    MEMBER(aa_agent_key, kid, STRING, true),
	    MEMBER(aa_agent_key, jwk, OBJECT, true),
	    MEMBER(aa_agent_key, ssh, STRING, true),
	    MEMBER(aa_agent_key, not_after, INTEGER, false),
	    {"state", OTHER, true, 0},
	};

	return aa_record_read(json, members, COUNT(members), ret) &&
	       aa_record_choice(json, "state", "disabled", "active", &ret->active);
}

static bool read_binding(json_t *json, struct aa_binding *ret)
{
	static const struct aa_record_member members[] = {
	    MEMBER(aa_binding, issuer, STRING, true),
	    MEMBER(aa_binding, client, STRING, true),
	    MEMBER(aa_binding, subject, STRING, false),
	    MEMBER(aa_binding, require, CLAIM_RULES, false),
	};

	return aa_record_read(json, members, COUNT(members), ret);
}

static bool read_keys(const json_t *json, struct aa_agent *agent)
{
	size_t i;
	json_t *item;

	agent->keys = calloc(json_array_size(json) + 1, sizeof(*agent->keys));
	if (!agent->keys || !json_is_array(json))
		return false;
	json_array_foreach(json, i, item)
	{
		if (!read_key(item, &agent->keys[agent->n_keys++]))
			return false;
	}
	return true;
}

static bool read_bindings(const json_t *json, struct aa_agent *agent)
{
	size_t i;
	json_t *item;

	agent->bindings = calloc(json_array_size(json) + 1, sizeof(*agent->bindings));
	if (!agent->bindings || !json_is_array(json))
		return false;
	json_array_foreach(json, i, item)
	{
		if (!read_binding(item, &agent->bindings[agent->n_bindings++]))
			return false;
	}
	return true;
}

static bool read_delegation(json_t *json, struct aa_agent *agent)
{
	static const struct aa_record_member members[] = {
	    MEMBER(aa_agent, users, STRINGS, false),
	    MEMBER(aa_agent, local_users, STRINGS, false),
	};

	agent->delegation = json != NULL;
	return !json || aa_record_read(json, members, COUNT(members), agent);
}

void aa_agent_free(struct aa_agent *agent)
{
	if (!agent)
		return;
	for (size_t i = 0; i < agent->n_bindings; i++)
		free(agent->bindings[i].require.v);
	free(agent->bindings);
	free(agent->keys);
	free(agent->roles.v);
	free(agent->sources.v);
	free(agent->users.v);
	free(agent->local_users.v);
	json_decref(agent->json);
	free(agent);
}

struct aa_agent *aa_agent_from_json(json_t *json)
{
	static const struct aa_record_member members[] = {
	    MEMBER(aa_agent, name, STRING, true),
	    MEMBER(aa_agent, uid, ID, true),
	    MEMBER(aa_agent, owner, STRING, false),
	    MEMBER(aa_agent, description, STRING, false),
	    MEMBER(aa_agent, expires, INTEGER, false),
	    MEMBER(aa_agent, roles, STRINGS, true),
	    MEMBER(aa_agent, sources, STRINGS, false),
	    MEMBER(aa_agent, max_sessions, INTEGER, false),
	    {"keys", OTHER, true, 0},
	    {"bindings", OTHER, true, 0},
	    {"delegation", OTHER, false, 0},
	    {"mixed_sessions", OTHER, true, 0},
	};
	struct aa_agent *agent = calloc(1, sizeof(*agent));

	if (!agent)
		return NULL;
	agent->owner = agent->description = "";
	agent->json = json_incref(json);
	if (aa_record_read(json, members, COUNT(members), agent) &&
	    read_keys(json_object_get(json, "keys"), agent) &&
	    read_bindings(json_object_get(json, "bindings"), agent) &&
	    read_delegation(json_object_get(json, "delegation"), agent) &&
	    aa_record_choice(json, "mixed_sessions", "allow", "refuse", &agent->mixed_refused))
		return agent;
	aa_agent_free(agent);
	return NULL;
}

/* ---- role ----------------------------------------------------------------- */

void aa_role_free(struct aa_role *role)
{
	if (!role)
		return;
	free(role->services.v);
	free(role->sources.v);
	free(role->sudo.v);
	free(role->approval.v);
	free(role->groups.v);
	json_decref(role->json);
	free(role);
}

static bool read_limits(json_t *json, struct aa_role *role)
{
	static const struct aa_record_member members[] = {
	    MEMBER(aa_role, memory_max, STRING, false),
	    MEMBER(aa_role, tasks_max, INTEGER, false),
	    MEMBER(aa_role, cpu_weight, INTEGER, false),
	};

	return !json || aa_record_read(json, members, COUNT(members), role);
}

struct aa_role *aa_role_from_json(json_t *json)
{
	static const struct aa_record_member members[] = {
	    MEMBER(aa_role, name, STRING, true),
	    MEMBER(aa_role, gid, ID, true),
	    MEMBER(aa_role, services, STRINGS, false),
	    MEMBER(aa_role, sources, STRINGS, false),
	    MEMBER(aa_role, sudo, STRINGS, false),
	    MEMBER(aa_role, approval, STRINGS, false),
	    MEMBER(aa_role, groups, STRINGS, false),
	    MEMBER(aa_role, max_session, INTEGER, false),
	    MEMBER(aa_role, max_sessions, INTEGER, false),
	    MEMBER(aa_role, delegable, BOOLEAN, false),
	    {"limits", OTHER, false, 0},
	};
	struct aa_role *role = calloc(1, sizeof(*role));

	if (!role)
		return NULL;
	role->json = json_incref(json);
	if (aa_record_read(json, members, COUNT(members), role) &&
	    read_limits(json_object_get(json, "limits"), role))
		return role;
	aa_role_free(role);
	return NULL;
}

/* ---- issuer --------------------------------------------------------------- */

static bool read_scopes(const json_t *json, struct aa_issuer *issuer)
{
	static const struct aa_record_member members[] = {
	    MEMBER(aa_scope_rule, claim, STRING, true),
	    MEMBER(aa_scope_rule, value, STRING, true),
	    MEMBER(aa_scope_rule, role, STRING, true),
	};
	size_t i;
	json_t *item;

	issuer->has_scopes = json != NULL;
	if (!json)
		return true;
	issuer->scopes = calloc(json_array_size(json) + 1, sizeof(*issuer->scopes));
	if (!issuer->scopes || !json_is_array(json))
		return false;
	json_array_foreach(json, i, item)
	{
		if (!aa_record_read(item, members, COUNT(members), &issuer->scopes[issuer->n_scopes++]))
			return false;
	}
	return true;
}

void aa_issuer_free(struct aa_issuer *issuer)
{
	if (!issuer)
		return;
	free(issuer->algorithms.v);
	free(issuer->audience.v);
	free(issuer->require.v);
	free(issuer->scopes);
	json_decref(issuer->json);
	free(issuer);
}

/* Left out: refused. */
static bool read_without_sub(const json_t *json, struct aa_issuer *issuer)
{
	return !json_object_get(json, "without_sub") ||
	       aa_record_choice(json, "without_sub", "refuse", "own", &issuer->without_sub_own);
}

struct aa_issuer *aa_issuer_from_json(json_t *json)
{
	static const struct aa_record_member members[] = {
	    MEMBER(aa_issuer, name, STRING, true),
	    MEMBER(aa_issuer, issuer, STRING, true),
	    MEMBER(aa_issuer, keys_file, STRING, false),
	    MEMBER(aa_issuer, jwks_uri, STRING, false),
	    MEMBER(aa_issuer, ca_file, STRING, false),
	    MEMBER(aa_issuer, bearer_file, STRING, false),
	    {"discovery", OTHER, false, 0},
	    MEMBER(aa_issuer, algorithms, STRINGS, true),
	    MEMBER(aa_issuer, jwks_max_age, INTEGER, true),
	    MEMBER(aa_issuer, max_token_ttl, INTEGER, true),
	    MEMBER(aa_issuer, audience, STRINGS, false),
	    MEMBER(aa_issuer, client_claim, STRING, true),
	    MEMBER(aa_issuer, user_claim, STRING, true),
	    {"delegation", OTHER, true, 0},
	    {"without_sub", OTHER, false, 0},
	    {"reuse", OTHER, true, 0},
	    MEMBER(aa_issuer, require, CLAIM_RULES, false),
	    {"scopes", OTHER, false, 0},
	};
	struct aa_issuer *issuer = calloc(1, sizeof(*issuer));

	if (!issuer)
		return NULL;
	issuer->json = json_incref(json);
	if (aa_record_read(json, members, COUNT(members), issuer) &&
	    read_scopes(json_object_get(json, "scopes"), issuer) &&
	    aa_record_choice(json, "delegation", "never", "allowed", &issuer->delegation) &&
	    read_without_sub(json, issuer) &&
	    aa_record_choice(json, "reuse", "until_expiry", "once", &issuer->reuse_once))
		return issuer;
	aa_issuer_free(issuer);
	return NULL;
}
