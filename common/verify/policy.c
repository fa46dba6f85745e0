/* SPDX-License-Identifier: Apache-2.0 */
/* policy.c: the records of policy.cdb as structs. What does not fit the schema in policy.h to the letter is damage. */
#include "config.h"

#include "common/verify/policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/registry/accounts.h"
#include "common/registry/cdb_read.h"
#include "common/file/trusted.h"
#include "common/registry/generation.h"

/* ---- reading members by a table ------------------------------------------- */

enum kind {
	STRING,	     /* const char * */
	INTEGER,     /* int64_t, 0 to NUMBER_MAX */
	ID,	     /* uint32_t */
	BOOLEAN,     /* bool */
	STRINGS,     /* struct aa_strings */
	CLAIM_RULES, /* struct aa_claim_rules */
	OBJECT,	     /* json_t *, borrowed */
	OTHER,	     /* known, and read by the record's own function */
};

struct member {
	const char *name;
	enum kind kind;
	bool required;
	size_t offset;
};

#define MEMBER(type, field, kind, required) \
	{ \
#field, kind, required, offsetof(struct type, field) \
	}
#define NUMBER_MAX (INT64_C(1) << 53) /* what JSON carries exactly; sums of a few do not overflow */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool read_strings(const json_t *json, struct aa_strings *ret)
{
	size_t i;
	json_t *item;

	if (!json_is_array(json))
		return false;
	ret->v = calloc(json_array_size(json) + 1, sizeof(*ret->v));
	if (!ret->v)
		return false;
	json_array_foreach(json, i, item)
	{
		if (!json_is_string(item))
			return false;
		ret->v[ret->n++] = json_string_value(item);
	}
	return true;
}

static bool read_members(json_t *json, const struct member *members, size_t n, void *record);

static const struct member claim_members[] = {
    MEMBER(aa_claim_rule, claim, STRING, true),
    MEMBER(aa_claim_rule, value, STRING, true),
};

static bool read_claim_rules(const json_t *json, struct aa_claim_rules *ret)
{
	size_t i;
	json_t *item;

	if (!json_is_array(json))
		return false;
	ret->v = calloc(json_array_size(json) + 1, sizeof(*ret->v));
	if (!ret->v)
		return false;
	json_array_foreach(json, i, item)
	{
		if (!read_members(item, claim_members, COUNT(claim_members), &ret->v[ret->n++]))
			return false;
	}
	return true;
}

static bool read_member(json_t *json, enum kind kind, void *field)
{
	switch (kind) {
	case STRING:
		*(const char **)field = json_string_value(json);
		return json_is_string(json);
	case INTEGER:
		*(int64_t *)field = json_integer_value(json);
		return json_is_integer(json) && json_integer_value(json) >= 0 &&
		       json_integer_value(json) <= NUMBER_MAX;
	case ID:
		*(uint32_t *)field = (uint32_t)json_integer_value(json);
		return json_is_integer(json) && json_integer_value(json) > 0 &&
		       json_integer_value(json) < INT32_MAX;
	case BOOLEAN:
		*(bool *)field = json_is_true(json);
		return json_is_boolean(json);
	case STRINGS:
		return read_strings(json, field);
	case CLAIM_RULES:
		return read_claim_rules(json, field);
	case OBJECT:
		*(json_t **)field = json;
		return json_is_object(json);
	case OTHER:
		return true;
	}
	return false;
}

/* Fills the record from the object: every required member, no unknown one. */
static bool read_members(json_t *json, const struct member *members, size_t n, void *record)
{
	size_t seen = 0;

	if (!json_is_object(json))
		return false;
	for (size_t i = 0; i < n; i++) {
		json_t *value = json_object_get(json, members[i].name);

		if (!value && members[i].required)
			return false;
		if (!value)
			continue;
		if (!read_member(value, members[i].kind, (char *)record + members[i].offset))
			return false;
		seen++;
	}
	return seen == json_object_size(json);
}

/* "WORD_A" or "WORD_B" of a member that stands in the JSON; `ret` tells whether it is the second. */
static bool read_choice(const json_t *json, const char *name, const char *no, const char *yes, bool *ret)
{
	const char *value = json_string_value(json_object_get(json, name));

	if (!value || (strcmp(value, no) != 0 && strcmp(value, yes) != 0))
		return false;
	*ret = strcmp(value, yes) == 0;
	return true;
}

bool aa_strings_have(const struct aa_strings *strings, const char *what)
{
	for (size_t i = 0; i < strings->n; i++)
		if (strcmp(strings->v[i], what) == 0)
			return true;
	return false;
}

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
	static const struct member members[] = {
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
	ok = read_members(json, members, COUNT(members), &extra) && extra.format == AA_POLICY_FORMAT &&
	     extra.generation <= UINT32_MAX &&
	     read_choice(json, "nonce", "optional", "required", &extra.host.nonce_required) &&
	     read_choice(json, "audit_failure", "warn", "deny", &extra.host.audit_deny) &&
	     read_choice(json, "audit_sync", "none", "always", &extra.host.audit_sync);
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
	static const struct member members[] = {
	    MEMBER(aa_agent_key, kid, STRING, true),
	    MEMBER(aa_agent_key, jwk, OBJECT, true),
	    MEMBER(aa_agent_key, ssh, STRING, true),
	    MEMBER(aa_agent_key, not_after, INTEGER, false),
	    {"state", OTHER, true, 0},
	};

	return read_members(json, members, COUNT(members), ret) &&
	       read_choice(json, "state", "disabled", "active", &ret->active);
}

static bool read_binding(json_t *json, struct aa_binding *ret)
{
	static const struct member members[] = {
	    MEMBER(aa_binding, issuer, STRING, true),
	    MEMBER(aa_binding, client, STRING, true),
	    MEMBER(aa_binding, subject, STRING, false),
	    MEMBER(aa_binding, require, CLAIM_RULES, false),
	};

	return read_members(json, members, COUNT(members), ret);
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
	static const struct member members[] = {
	    MEMBER(aa_agent, users, STRINGS, false),
	    MEMBER(aa_agent, local_users, STRINGS, false),
	};

	agent->delegation = json != NULL;
	return !json || read_members(json, members, COUNT(members), agent);
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
	static const struct member members[] = {
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
	if (read_members(json, members, COUNT(members), agent) &&
	    read_keys(json_object_get(json, "keys"), agent) &&
	    read_bindings(json_object_get(json, "bindings"), agent) &&
	    read_delegation(json_object_get(json, "delegation"), agent) &&
	    read_choice(json, "mixed_sessions", "allow", "refuse", &agent->mixed_refused))
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
	static const struct member members[] = {
	    MEMBER(aa_role, memory_max, STRING, false),
	    MEMBER(aa_role, tasks_max, INTEGER, false),
	    MEMBER(aa_role, cpu_weight, INTEGER, false),
	};

	return !json || read_members(json, members, COUNT(members), role);
}

struct aa_role *aa_role_from_json(json_t *json)
{
	static const struct member members[] = {
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
	if (read_members(json, members, COUNT(members), role) &&
	    read_limits(json_object_get(json, "limits"), role))
		return role;
	aa_role_free(role);
	return NULL;
}

/* ---- issuer --------------------------------------------------------------- */

static bool read_scopes(const json_t *json, struct aa_issuer *issuer)
{
	static const struct member members[] = {
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
		if (!read_members(item, members, COUNT(members), &issuer->scopes[issuer->n_scopes++]))
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
	       read_choice(json, "without_sub", "refuse", "own", &issuer->without_sub_own);
}

struct aa_issuer *aa_issuer_from_json(json_t *json)
{
	static const struct member members[] = {
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
	if (read_members(json, members, COUNT(members), issuer) &&
	    read_scopes(json_object_get(json, "scopes"), issuer) &&
	    read_choice(json, "delegation", "never", "allowed", &issuer->delegation) &&
	    read_without_sub(json, issuer) &&
	    read_choice(json, "reuse", "until_expiry", "once", &issuer->reuse_once))
		return issuer;
	aa_issuer_free(issuer);
	return NULL;
}

/* ---- the file ------------------------------------------------------------- */

struct aa_policy {
	int fd;
	struct aa_cdb cdb;
	struct aa_host *host;
};

/* The record of PREFIX NAME. 0 or a negative errno; what is no JSON object is -EBADMSG. */
static int get_record(const struct aa_policy *policy, const char *prefix, const char *name, json_t **ret)
{
	size_t len, prefix_len = strlen(prefix), name_len = strlen(name);
	char key[2048], *text;
	json_t *json;
	int err;

	if (prefix_len + name_len > sizeof(key))
		return -ENOENT;
	memcpy(key, prefix, prefix_len);
	memcpy(key + prefix_len, name, name_len);
	err = aa_cdb_get_alloc(&policy->cdb, key, prefix_len + name_len, AA_POLICY_VALUE_MAX, &text, &len);
	if (err < 0)
		return err;
	json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	free(text);
	if (!json_is_object(json)) {
		json_decref(json);
		return -EBADMSG;
	}
	*ret = json;
	return 0;
}

enum aa_reason aa_policy_openat(int gen_fd, uid_t owner, struct aa_policy **ret)
{
	struct aa_policy *policy = calloc(1, sizeof(*policy));
	json_t *json = NULL;
	size_t size;

	if (!policy)
		return AA_INTERNAL;
	policy->fd = -1;
	if (aa_open_trusted(gen_fd, AA_POLICY_FILE, owner, &policy->fd, &size) == 0 &&
	    aa_cdb_init(&policy->cdb, policy->fd, size) == 0 && get_record(policy, "", "host", &json) == 0)
		policy->host = aa_host_from_json(json);
	json_decref(json);
	if (policy->host) {
		*ret = policy;
		return AA_OK;
	}
	aa_policy_close(policy);
	return AA_REGISTRY_UNAVAILABLE;
}

void aa_policy_close(struct aa_policy *policy)
{
	if (!policy)
		return;
	if (policy->fd >= 0)
		close(policy->fd);
	aa_host_free(policy->host);
	free(policy);
}

const struct aa_host *aa_policy_host(const struct aa_policy *policy)
{
	return policy->host;
}

/* What a failed look-up means: there is none (`none`), or it cannot be told. */
static enum aa_reason lookup_failed(int err, enum aa_reason none)
{
	return err == -ENOENT ? none : AA_REGISTRY_UNAVAILABLE;
}

enum aa_reason aa_policy_agent(const struct aa_policy *policy, const char *name, struct aa_agent **ret)
{
	json_t *json;
	struct aa_agent *agent;
	int err = get_record(policy, "agent:", name, &json);

	if (err < 0)
		return lookup_failed(err, AA_AGENT_UNKNOWN);
	agent = aa_agent_from_json(json);
	json_decref(json);
	if (!agent || strcmp(agent->name, name) != 0) {
		aa_agent_free(agent);
		return AA_REGISTRY_UNAVAILABLE;
	}
	*ret = agent;
	return AA_OK;
}

enum aa_reason aa_policy_role(const struct aa_policy *policy, const char *name, struct aa_role **ret)
{
	json_t *json;
	struct aa_role *role;
	int err = get_record(policy, "role:", name, &json);

	if (err < 0)
		return lookup_failed(err, AA_ROLE_DENIED);
	role = aa_role_from_json(json);
	json_decref(json);
	if (!role || strcmp(role->name, name) != 0) {
		aa_role_free(role);
		return AA_REGISTRY_UNAVAILABLE;
	}
	*ret = role;
	return AA_OK;
}

enum aa_reason aa_policy_issuer(const struct aa_policy *policy, const char *name, struct aa_issuer **ret)
{
	json_t *json;
	struct aa_issuer *issuer;
	int err = get_record(policy, "issuer:", name, &json);

	if (err < 0)
		return lookup_failed(err, AA_UNKNOWN_ISSUER);
	issuer = aa_issuer_from_json(json);
	json_decref(json);
	if (!issuer || strcmp(issuer->name, name) != 0) {
		aa_issuer_free(issuer);
		return AA_REGISTRY_UNAVAILABLE;
	}
	*ret = issuer;
	return AA_OK;
}

enum aa_reason aa_policy_issuer_by_url(const struct aa_policy *policy, const char *url,
				       struct aa_issuer **ret)
{
	json_t *json;
	const char *name;
	enum aa_reason reason = AA_REGISTRY_UNAVAILABLE;
	struct aa_issuer *issuer = NULL;
	int err = get_record(policy, "iss:", url, &json);

	if (err < 0)
		return lookup_failed(err, AA_UNKNOWN_ISSUER);
	name = json_string_value(json_object_get(json, "issuer"));
	if (name)
		reason = aa_policy_issuer(policy, name, &issuer);
	json_decref(json);
	if (reason == AA_UNKNOWN_ISSUER || (issuer && strcmp(issuer->issuer, url) != 0))
		reason = AA_REGISTRY_UNAVAILABLE;
	if (reason == AA_OK)
		*ret = issuer;
	else
		aa_issuer_free(issuer);
	return reason;
}

/* ---- names of services ------------------------------------------------------ */

const char *aa_service_canonical(const char *service)
{
	static const char *const aliases[][2] = {
	    {"sudo-i", "sudo"}, {"su-l", "su"}, {"runuser-l", "runuser"}, {"agentauth-run", "sudo"}};

	for (size_t i = 0; i < COUNT(aliases); i++)
		if (strcmp(service, aliases[i][0]) == 0)
			return aliases[i][1];
	return service;
}
