/* SPDX-License-Identifier: Apache-2.0 */
/* policy.c: reads policy.cdb, see policy.h. */
#include "config.h"

#include "common/verify/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "common/registry/cdb_read.h"
#include "common/registry/generation.h"

struct aa_policy {
	int fd;
	struct aa_cdb cdb;
	struct aa_host *host;
};

/* Reads the record of PREFIX NAME. 0 or a negative errno; what is no JSON object is -EBADMSG. */
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
	if (aa_trusted_open(gen_fd, AA_POLICY_FILE, owner, &policy->fd, &size) == 0 &&
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

/* Turns a failed look-up into a reason: there is no such record (`none`), or that cannot be told. */
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
