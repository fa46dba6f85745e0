/* SPDX-License-Identifier: Apache-2.0 */
/* verdict.h: the login that is decided on, and the verdict. All of verify and state stands on this file. */
#ifndef AGENTAUTH_VERIFY_VERDICT_H
#define AGENTAUTH_VERIFY_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "common/verify/reason.h"
#include "common/verify/step.h"

struct aa_role;

enum aa_kind {
	AA_KIND_NONE = 0,
	AA_KIND_ASSERTION, /* RFC 7523, signed by a key of the agent's record */
	AA_KIND_TOKEN,	   /* an issuer's access token, the agent for itself */
	AA_KIND_DELEGATED, /* an issuer's access token, on behalf of a user */
	AA_KIND_PUBLICKEY, /* an SSH public key of the agent's */
	AA_KIND_LOCAL,	   /* started by a person of this host */
	AA_KIND_ROOT,	   /* started by root without a credential: su, cron */
	AA_KIND_COUNT
};
const char *aa_kind_name(enum aa_kind kind); /* "assertion", "token", … */
enum aa_kind aa_kind_from_name(const char *name);

/* The login that is being decided. Everything is borrowed. */
struct aa_login {
	const char *agent;
	const char *service;	      /* canonical */
	const char *address;	      /* numeric, or NULL where there is none (su, sudo) */
	const char *nonce;	      /* the prompt's, or NULL */
	const char *ssh_auth_info;    /* sshd's SSH_AUTH_INFO_0, or NULL */
	const char *keysdir;	      /* where fetched key sets lie: STATEDIR/keys */
	uid_t owner;		      /* who must own them, beside uid 0 */
	int64_t now;		      /* seconds since 1970 */
	const struct aa_trace *trace; /* NULL: nobody looks on */
};

/* The roles of a login: those of the agent that admit its service and source, narrowed by the credential. */
struct aa_roles {
	size_t n;
	struct aa_role **v;
};
/* A verdict is the outcome of a decision. On refusal it holds what is known so far, for the log: that is the token's word
 * only. */
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
	struct aa_roles roles;
};
void aa_verdict_clear(struct aa_verdict *verdict);
void aa_verdict_clear_roles(struct aa_roles *roles);
/* Keeps with a refusal that it is about this claim, unless a step before named one; answers `reason`. */
enum aa_reason aa_verdict_about(struct aa_verdict *verdict, const char *claim, enum aa_reason reason);

#endif
