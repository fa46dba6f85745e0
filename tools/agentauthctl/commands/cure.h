/* SPDX-License-Identifier: Apache-2.0 */
/* cure.h: what lets an agent in again, by the reason of its refusal: the one table, for show and explain. */
#ifndef AGENTAUTHCTL_CURE_H
#define AGENTAUTHCTL_CURE_H

#include "common/verify/reason.h"

/* These facts are known of a refusal; NULL where one is not. */
struct cure_facts {
	const char *agent, *from, *service;
	const char *role;   /* that alone is to change */
	const char *issuer; /* of a token */
	const char *claim, *user, *local_user;
};

/* A command, or what is to be done elsewhere; the caller frees. NULL: that depends. */
char *cure_text(enum aa_reason reason, const struct cure_facts *facts);

#endif
