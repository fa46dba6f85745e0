/* SPDX-License-Identifier: Apache-2.0 */
/* policy.h: the private half of the registry, generations/N/policy.cdb (mode 0600).
 *
 * THE CONTRACT BETWEEN THE WRITER (tools/agentauthctl) AND THE READERS (pam/, sudo/, the tools).
 * Keys and values are UTF-8; every value is one JSON object, written compactly. Times are seconds since 1970. An
 * unknown member is damage.
 *
 *   "host"           the members of host and, of accounts_policy, what a login needs
 *   "accounts"       the rest of accounts_policy; no login reads it
 *   "agent:" NAME    the members of agent
 *   "role:" NAME     the members of role
 *   "issuer:" NAME   the members of issuer; without keys_file the keys are in KEYSDIR/NAME
 *   "iss:" URL       {"issuer": NAME}
 *
 * The members of each, in their order, and how each stands there are in settings.def: a TEXT is a string, NUMBER, ID and TIME are
 * integers, a FLAG is true, a WORD one of its words as a string, a LIST an array of strings, RULES and ITEMS an array of objects, a
 * PART an object. What is left out is 0, false, empty, nothing or the first of the words. Of an agent's keys, jwk is the public JWK
 * and ssh "TYPE BASE64".
 *
 * An agent record exists for every agent that is not retired. What a record refers to (roles, issuers) exists in the
 * same generation: `apply` has seen to it, and a reader that finds otherwise answers registry_unavailable.
 */
#ifndef AGENTAUTH_VERIFY_POLICY_H
#define AGENTAUTH_VERIFY_POLICY_H

#include <sys/types.h>

#include "common/verify/policy_record.h"
#include "common/verify/reason.h"

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
