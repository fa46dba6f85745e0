/* SPDX-License-Identifier: Apache-2.0 */
/* policy.h: the private half of the registry, generations/N/policy.cdb (mode 0600).
 *
 * THE CONTRACT BETWEEN THE WRITER (tools/agentauthctl) AND THE READERS (pam/, sudo/, the tools).
 * Keys and values are UTF-8; every value is one JSON object, written compactly. Times are seconds since 1970. A member
 * that is absent has the default in brackets; an unknown member is damage.
 *
 *   "host"           {"format": 2, "generation": N, "name": FQDN, "audience": [A, …], "clock_skew": s, "max_assertion_ttl": s,
 *                     "max_token_ttl": s, "max_failures": [0: no limit], "nonce": "optional"|"required", "audit_failure": "deny"|"warn",
 *                     "audit_sync": "none"|"always", "without_credential": [SERVICE, …], "home": DIR, "shell": PATH}
 *   "agent:" NAME    {"name", "uid", "owner": [""], "description": [""], "expires": [0: never], "roles": [ROLE, …],
 *                     "keys": [{"kid", "jwk": {public JWK}, "ssh": "TYPE BASE64", "not_after": [0], "state": "active"|"disabled"}],
 *                     "bindings": [{"issuer": NAME, "client", "subject": [absent], "require": [CLAIM…]}],
 *                     "delegation": {"users": […], "local_users": […]} [absent: nobody],
 *                     "sources": [CIDR…] [[]: any], "max_sessions": [0: no limit], "mixed_sessions": "allow"|"refuse"}
 *   "role:" NAME     {"name", "gid", "services": […] [[]: every service], "sources": […], "sudo": [RULE…], "approval": [RULE…],
 *                     "max_session": [0], "max_sessions": [0], "delegable": [false],
 *                     "limits": {"memory_max": "2G", "tasks_max": n, "cpu_weight": n} [absent], "groups": [NAME…]}
 *   "issuer:" NAME   {"name", "issuer": URL, "keys_file": [absent: KEYSDIR/NAME], "discovery": [false], "jwks_uri": [absent],
 *                     "ca_file": [the system's], "bearer_file": [absent: no token is sent],
 *                     "algorithms": […], "jwks_max_age": s, "max_token_ttl": s, "audience": [[]: the host's], "client_claim",
 *                     "user_claim", "delegation": "allowed"|"never", "without_sub": "refuse"|"own" ["refuse"], "reuse": "once"|"until_expiry", "require": [CLAIM…],
 *                     "scopes": [{"claim", "value", "role"}…] [absent: none]}
 *   "iss:" URL       {"issuer": NAME}
 *   CLAIM is         {"claim": NAME or JSON Pointer, "value": string}
 *
 * An agent record exists for every agent that is not retired. What a record refers to (roles, issuers) exists in the
 * same generation: `apply` has seen to it, and a reader that finds otherwise answers registry_unavailable.
 */
#ifndef AGENTAUTH_VERIFY_POLICY_H
#define AGENTAUTH_VERIFY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "common/verify/reason.h"

#define AA_POLICY_FORMAT 2
#define AA_POLICY_VALUE_MAX (1024 * 1024)
#define AA_CLOCK_SKEW_MAX 600 /* seconds that host.clock_skew may be set to */

struct aa_policy;

/* Opens policy.cdb in the generation open as `gen_fd`, and reads "host". AA_OK or AA_REGISTRY_UNAVAILABLE. */
enum aa_reason aa_policy_openat(int gen_fd, uid_t owner, struct aa_policy **ret);
void aa_policy_close(struct aa_policy *policy);

struct aa_strings {
	size_t n;
	const char **v; /* of a record's JSON: live as long as the record */
};

struct aa_claim_rule {
	const char *claim, *value;
};
struct aa_claim_rules {
	size_t n;
	struct aa_claim_rule *v;
};

struct aa_host {
	json_t *json; /* owns the strings */
	uint32_t generation;
	const char *name, *home, *shell;
	struct aa_strings audience, without_credential;
	int64_t clock_skew, max_assertion_ttl, max_token_ttl, max_failures;
	bool nonce_required, audit_deny, audit_sync;
};
const struct aa_host *aa_policy_host(const struct aa_policy *policy); /* borrowed from the policy */

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
	struct aa_strings roles, sources, users, local_users;
	size_t n_keys, n_bindings;
	struct aa_agent_key *keys;
	struct aa_binding *bindings;
};
struct aa_role {
	json_t *json;
	const char *name;
	uint32_t gid;
	struct aa_strings services, sources, sudo, approval, groups;
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
	struct aa_strings algorithms, audience;
	int64_t jwks_max_age, max_token_ttl;
	bool delegation, without_sub_own, reuse_once, has_scopes;
	struct aa_claim_rules require;
	size_t n_scopes;
	struct aa_scope_rule *scopes;
};

/* AA_OK; AA_AGENT_UNKNOWN / AA_UNKNOWN_ISSUER / AA_ROLE_DENIED where there is no such record; AA_REGISTRY_UNAVAILABLE
 * where it cannot be read. The caller frees *ret. */
enum aa_reason aa_policy_agent(const struct aa_policy *policy, const char *name, struct aa_agent **ret);
enum aa_reason aa_policy_role(const struct aa_policy *policy, const char *name, struct aa_role **ret);
enum aa_reason aa_policy_issuer(const struct aa_policy *policy, const char *name, struct aa_issuer **ret);
enum aa_reason aa_policy_issuer_by_url(const struct aa_policy *policy, const char *url,
				       struct aa_issuer **ret);
void aa_agent_free(struct aa_agent *agent);
void aa_role_free(struct aa_role *role);
void aa_issuer_free(struct aa_issuer *issuer);

/* The same from JSON, for the writer's own check and the fuzzer; takes a new reference. NULL: not such a record. */
struct aa_host *aa_host_from_json(json_t *json);
struct aa_agent *aa_agent_from_json(json_t *json);
struct aa_role *aa_role_from_json(json_t *json);
struct aa_issuer *aa_issuer_from_json(json_t *json);
void aa_host_free(struct aa_host *host);

bool aa_strings_have(const struct aa_strings *strings, const char *what);

/* "deploy" of "sudo-i" is sudo, of "su-l" su, of "runuser-l" runuser: the name by which roles list a service. */
const char *aa_service_canonical(const char *service);

#endif
