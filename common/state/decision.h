/* SPDX-License-Identifier: Apache-2.0 */
/* decision.h: what was decided beside the text: STATEDIR/state/, suspended agents and revoked credentials.
 *
 * Wins over the text, survives apply and rollback. Every decision is one file, so that it is made and read atomically:
 *   state/suspended/NAME              JSON {"by", "at", "why"}
 *   state/revoked/jti/SHA256HEX       of ISSUER NUL JTI       (issuer: its configured name, "" for assertions, "*" for all)
 *                                     JSON {"issuer", "jti", "by", "at", "why"}
 *   state/revoked/kid/SHA256HEX       of KID                  JSON {"kid", "by", "at", "why"}
 *   state/revoked/before/NAME         JSON {"before": seconds, "by", "at", "why"}: the agent's credentials issued
 *                                     earlier are refused
 * The directories are 0700. One that cannot be read denies.
 */
#ifndef AGENTAUTH_STATE_DECISION_H
#define AGENTAUTH_STATE_DECISION_H

#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "common/verify/reason.h"

/* AA_OK, AA_AGENT_SUSPENDED, or AA_REGISTRY_UNAVAILABLE where it cannot be told. */
enum aa_reason aa_decision_agent(const char *statedir, const char *agent);
/* AA_OK, AA_REVOKED, or AA_REGISTRY_UNAVAILABLE. jti, kid may be NULL; iat 0: unknown. jti is looked up both under the
 * issuer and under "*" (revoked without naming one). *ret_claim (or NULL) is what was revoked: iat, jti or kid. */
enum aa_reason aa_decision_credential(const char *statedir, const char *agent, const char *issuer,
				      const char *jti, const char *kid, int64_t iat, const char **ret_claim);

/* Writers; 0 or a negative errno. -EEXIST / -ENOENT: it was so already. */
int aa_decision_suspend(const char *statedir, const char *agent, const char *by, const char *why,
			int64_t now);
int aa_decision_resume(const char *statedir, const char *agent);
int aa_decision_revoke_jti(const char *statedir, const char *issuer, const char *jti, const char *by,
			   const char *why, int64_t now);
int aa_decision_revoke_kid(const char *statedir, const char *kid, const char *by, const char *why,
			   int64_t now);
/* -EEXIST also where an earlier decision cuts off as much or more. */
int aa_decision_revoke_before(const char *statedir, const char *agent, int64_t before, const char *by,
			      const char *why, int64_t now);
int aa_decision_unrevoke_jti(const char *statedir, const char *issuer, const char *jti);
int aa_decision_unrevoke_kid(const char *statedir, const char *kid);
int aa_decision_unrevoke_before(const char *statedir, const char *agent);
/* All that is revoked: an array of what the files hold, each with "kind" (jti, kid, before), "file" (below state/)
 * and, of a date, "agent"; of a file that cannot be understood, which revokes all the same, these alone. A new
 * reference. 0 or a negative errno. */
int aa_decision_revocations(const char *statedir, json_t **ret);
/* What state/suspended/NAME holds; NULL: not suspended or unreadable. A new reference. */
json_t *aa_decision_suspension(const char *statedir, const char *agent);
/* What state/revoked/before/NAME holds, in the same way. */
json_t *aa_decision_cutoff(const char *statedir, const char *agent);
/* Makes state/ and what is below it. */
int aa_decision_init(const char *statedir);

#endif
