/* SPDX-License-Identifier: Apache-2.0 */
/* policy_record.h: the records of policy.cdb as structs. What does not fit the schema in policy.h to the letter is damage. */
#ifndef AGENTAUTH_VERIFY_POLICY_RECORD_H
#define AGENTAUTH_VERIFY_POLICY_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "common/text/list.h"

struct aa_claim_rule {
	const char *claim, *value;
};
struct aa_claim_rules {
	size_t n;
	struct aa_claim_rule *v;
};

struct aa_host {
	json_t *json; /* owns the strings, and those of the lists */
	uint32_t generation;
	const char *name, *home, *shell;
	struct aa_list audience, without_credential;
	int64_t clock_skew, max_assertion_ttl, max_token_ttl, max_failures;
	bool nonce_required, audit_deny, audit_sync;
};

struct aa_agent_key {
	const char *kid, *ssh;
	json_t *jwk; /* borrowed */
	int64_t not_after;
	bool active;
};
struct aa_binding {
	const char *issuer, *client, *subject;
	struct aa_claim_rules require;
};
struct aa_agent {
	json_t *json;
	const char *name, *owner, *description;
	uint32_t uid;
	int64_t expires, max_sessions;
	bool mixed_refused, delegation;
	struct aa_list roles, sources, users, local_users;
	size_t n_keys, n_bindings;
	struct aa_agent_key *keys;
	struct aa_binding *bindings;
};
struct aa_role {
	json_t *json;
	const char *name;
	uint32_t gid;
	struct aa_list services, sources, sudo, approval, groups;
	int64_t max_session, max_sessions;
	bool delegable;
	const char *memory_max;
	int64_t tasks_max, cpu_weight;
};
struct aa_scope_rule {
	const char *claim, *value, *role;
};
struct aa_issuer {
	json_t *json;
	const char *name, *issuer, *keys_file, *client_claim, *user_claim;
	const char *jwks_uri, *ca_file, *bearer_file; /* for who fetches the keys; no login does */
	struct aa_list algorithms, audience;
	int64_t jwks_max_age, max_token_ttl;
	bool delegation, without_sub_own, reuse_once, has_scopes;
	struct aa_claim_rules require;
	size_t n_scopes;
	struct aa_scope_rule *scopes;
};

/* A record from its JSON, of which it takes a new reference. NULL: not such a record. */
struct aa_host *aa_host_from_json(json_t *json);
struct aa_agent *aa_agent_from_json(json_t *json);
struct aa_role *aa_role_from_json(json_t *json);
struct aa_issuer *aa_issuer_from_json(json_t *json);
void aa_host_free(struct aa_host *host);
void aa_agent_free(struct aa_agent *agent);
void aa_role_free(struct aa_role *role);
void aa_issuer_free(struct aa_issuer *issuer);

#endif
