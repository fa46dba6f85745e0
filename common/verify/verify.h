/* SPDX-License-Identifier: Apache-2.0 */
/* verify.h: from what was presented to what it grants.
 *
 * The reader's path, one function each, in verify.c: parse, find the key, signature, claims, binding, roles. The replay
 * mark comes after, in common/state, so that a credential that is refused is not used up. Nothing here keeps state or
 * asks for the time; nothing a token says is acted upon before its signature holds, but to choose the key.
 */
#ifndef AGENTAUTH_VERIFY_H
#define AGENTAUTH_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "common/verify/policy.h"
#include "common/verify/reason.h"

enum aa_kind {
	AA_KIND_NONE = 0,
	AA_KIND_ASSERTION, /* RFC 7523, signed by a key of the agent's entry */
	AA_KIND_TOKEN,	   /* an issuer's access token, the agent for itself */
	AA_KIND_DELEGATED, /* an issuer's access token, on behalf of a user */
	AA_KIND_PUBLICKEY, /* an SSH public key of the entry */
	AA_KIND_LOCAL,	   /* started by a person of this host */
	AA_KIND_ENTRY,	   /* started by root without a credential: su, cron */
	AA_KIND_COUNT
};
const char *aa_kind_name(enum aa_kind kind); /* "assertion", "token", … */
enum aa_kind aa_kind_from_name(const char *name);

/* The login that is being decided. Everything is borrowed. */
struct aa_login {
	const char *agent;
	const char *service;	   /* canonical */
	const char *address;	   /* numeric, or NULL where there is none (su, sudo) */
	const char *nonce;	   /* the prompt's, or NULL */
	const char *ssh_auth_info; /* sshd's SSH_AUTH_INFO_0, or NULL */
	const char *keysdir;	   /* where fetched key sets lie: STATEDIR/keys */
	uid_t owner;		   /* who must own them, beside uid 0 */
	int64_t now;		   /* seconds since 1970 */
};

/* The roles of a login: those of the agent that admit its service and source, narrowed by what was presented. */
struct aa_grant {
	size_t n;
	struct aa_role **roles;
};
void aa_grant_clear(struct aa_grant *grant);
bool aa_grant_has(const struct aa_grant *grant, const char *role);
/* The strictest of the roles, 0: none of them limits. */
int64_t aa_grant_max_session(const struct aa_grant *grant);
int64_t aa_grant_max_sessions(const struct aa_grant *grant, const struct aa_agent *agent);

/* What was found. On refusal what is known so far is filled in, for the log: it is the token's word only. */
struct aa_verdict {
	enum aa_reason reason;
	enum aa_kind kind;
	char *issuer; /* configured name; NULL for assertions */
	char *kid, *jti, *scope, *task, *on_behalf_of;
	const char *alg;
	char *claim;	      /* what a refusal is about, where its reason alone does not say */
	json_t *actors;	      /* array of strings, the outermost first; NULL: none */
	char *replay_space;   /* "agent:NAME" or the issuer's URL: jti are told apart within it */
	bool once;	      /* to be marked in the replay store */
	int64_t iat, expires; /* 0: it has none */
	struct aa_grant grant;
};
void aa_verdict_clear(struct aa_verdict *verdict);
/* Keeps with a refusal that it is about this claim, unless a step before said which; answers `reason`. */
enum aa_reason aa_verdict_about(struct aa_verdict *verdict, const char *claim, enum aa_reason reason);

/* Decides on a credential of `len` bytes; verdict->reason is the answer. `verdict` is cleared first. */
void aa_verify(const struct aa_policy *policy, const struct aa_agent *agent, const struct aa_login *login,
	       const char *credential, size_t len, struct aa_verdict *verdict);

/* The time of a verification that fails, for an account that has no entry any more (THREATS 29). */
void aa_verify_nobody(const char *credential, size_t len, struct aa_verdict *verdict);

/* Decides on a public-key login: SSH_AUTH_INFO_0 must be one line, "publickey TYPE BLOB", of a key of the entry. */
void aa_verify_publickey(const struct aa_policy *policy, const struct aa_agent *agent,
			 const struct aa_login *login, struct aa_verdict *verdict);

/* The entry's own roles, for what is started without a credential; `delegable_only` where a person started it. */
void aa_verify_entry(const struct aa_policy *policy, const struct aa_agent *agent,
		     const struct aa_login *login, bool delegable_only, struct aa_verdict *verdict);

#endif
