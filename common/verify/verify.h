/* SPDX-License-Identifier: Apache-2.0 */
/* verify.h: from a credential to the roles that it grants.
 *
 * The reader's path, one function each, is in verify.c: parse, find the key, signature, claims, binding, roles. The
 * replay mark comes after, in common/state, so that a credential that is refused is not used up. Nothing here keeps
 * state or asks for the time. Nothing in a token is acted upon before its signature holds, but to choose the key.
 */
#ifndef AGENTAUTH_VERIFY_H
#define AGENTAUTH_VERIFY_H

#include <stdbool.h>
#include <stddef.h>

#include "common/verify/policy.h"
#include "common/verify/verdict.h"

/* Decides on a credential of `len` bytes; verdict->reason is the answer. `verdict` is cleared first. */
void aa_verify(const struct aa_policy *policy, const struct aa_agent *agent, const struct aa_login *login,
	       const char *credential, size_t len, struct aa_verdict *verdict);

/* Decides as far as that is possible before a credential is there: the agent's end, and the roles that are left to a
 * login that asks for `scope` (NULL: all) and acts for `user` (NULL: nobody). AA_OK lets nobody in. */
void aa_verify_awaited(const struct aa_policy *policy, const struct aa_agent *agent,
		       const struct aa_login *login, const char *scope, const char *user,
		       struct aa_verdict *verdict);

/* Takes as long as a failed verification, so that timing does not reveal a retired account (THREATS 29). */
void aa_verify_nobody(const char *credential, size_t len, struct aa_verdict *verdict);

/* Decides on a public-key login: SSH_AUTH_INFO_0 must be one line, "publickey TYPE BLOB", of a key of the agent's. */
void aa_verify_publickey(const struct aa_policy *policy, const struct aa_agent *agent,
			 const struct aa_login *login, struct aa_verdict *verdict);

/* Gives the agent's roles to a login without a credential; `delegable_only` where a person started it. What root starts has no
 * role by elevation. */
void aa_verify_account(const struct aa_policy *policy, const struct aa_agent *agent,
		       const struct aa_login *login, bool delegable_only, struct aa_verdict *verdict);

#endif
