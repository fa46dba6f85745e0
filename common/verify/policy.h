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

#include <sys/types.h>

#include "common/verify/policy_record.h"
#include "common/verify/reason.h"

#define AA_POLICY_FORMAT 2
#define AA_POLICY_VALUE_MAX (1024 * 1024)
#define AA_CLOCK_SKEW_MAX 600 /* seconds that host.clock_skew may be set to */

struct aa_policy;

/* Opens policy.cdb in the generation open as `gen_fd`, and reads "host". AA_OK or AA_REGISTRY_UNAVAILABLE. */
enum aa_reason aa_policy_openat(int gen_fd, uid_t owner, struct aa_policy **ret);
void aa_policy_close(struct aa_policy *policy);

const struct aa_host *aa_policy_host(const struct aa_policy *policy); /* borrowed from the policy */

/* AA_OK; AA_AGENT_UNKNOWN / AA_UNKNOWN_ISSUER / AA_ROLE_DENIED where there is no such record; AA_REGISTRY_UNAVAILABLE
 * where it cannot be read. The caller frees *ret. */
enum aa_reason aa_policy_agent(const struct aa_policy *policy, const char *name, struct aa_agent **ret);
enum aa_reason aa_policy_role(const struct aa_policy *policy, const char *name, struct aa_role **ret);
enum aa_reason aa_policy_issuer(const struct aa_policy *policy, const char *name, struct aa_issuer **ret);
enum aa_reason aa_policy_issuer_by_url(const struct aa_policy *policy, const char *url,
				       struct aa_issuer **ret);

#endif
