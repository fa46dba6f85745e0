/* SPDX-License-Identifier: Apache-2.0 */
/* user.h: whose user a name or a uid is, an agent's or a person's. PAM, the approval plugin and the commands that
 * answer requests decide by this alone. caller.h says which ids a sudo's caller brings.
 *
 * Other sources of names may know a person of an agent's name or uid. The person loses nothing by that, and the agent
 * gets nothing: a user that is not plainly an agent is left to the person, or is unclear and refused.
 */
#ifndef AGENTAUTH_STATE_USER_H
#define AGENTAUTH_STATE_USER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/registry/accounts.h"
#include "common/state/context.h"

enum aa_user_kind {
	AA_USER_OTHER,	 /* a person, or nobody: not decided here */
	AA_USER_AGENT,	 /* an agent, active or retired */
	AA_USER_UNCLEAR, /* refused, see enum aa_doubt */
};

/* Why it is unclear. */
enum aa_doubt {
	AA_DOUBT_NONE,
	AA_DOUBT_REGISTRY, /* the registry cannot be read, and the uid does not say that a person has it */
	AA_DOUBT_UNKNOWN,  /* the system does not know the agent's name */
	AA_DOUBT_UID,	   /* to the system the agent's uid has another name */
	AA_DOUBT_NAME,	   /* the agent itself asks, and its name is a person's as well */
};

struct aa_user {
	struct aa_account
	    account; /* the agent's; all zeros where none was found. It points into itself: the struct
				    * is not to be copied */
	bool known;  /* the registry or the system has the name: it may be logged */
	enum aa_doubt doubt;
	int err; /* negative errno, of AA_DOUBT_REGISTRY */
};

/* Decides by a name. Opens the context's registry, which stays open; the caller calls aa_context_close() in every
 * case. */
enum aa_user_kind aa_user_by_name(struct aa_context *ctx, const char *name, struct aa_user *ret);
/* Decides by a uid; 0 is root's alone. Opens the registry where the context has none open. A person of another source
 * who has an agent's uid by another name keeps it, unless this process is in a session of the agent's. */
enum aa_user_kind aa_user_by_uid(struct aa_context *ctx, uint32_t uid, struct aa_user *ret);

/* Gives the context's registry, opened where it is not; NULL: it cannot be read. */
const struct aa_accounts *aa_user_registry(struct aa_context *ctx);

#endif
