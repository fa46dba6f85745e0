/* SPDX-License-Identifier: Apache-2.0 */
/* kind.h: whose user a name or a uid is, an agent's or a person's, as the registry and the system's own sources of
 * names tell it. It uses libc and the registry alone, since each login and each sudo of a person runs it;
 * common/state/user.h adds what the agent's sessions tell.
 *
 * Other sources of names may know a person of an agent's name or uid. The person loses nothing by that, and the agent
 * gets nothing: a user that is not plainly an agent is left to the person, or is unclear and refused.
 */
#ifndef AGENTAUTH_USER_KIND_H
#define AGENTAUTH_USER_KIND_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/registry/accounts.h"

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
	/* the agent's; all zeros where none was found. It points into itself: the struct is not to be copied */
	struct aa_account account;
	bool known; /* the registry or the system has the name: it may be logged */
	enum aa_doubt doubt;
	int err; /* negative errno, of AA_DOUBT_REGISTRY */
};

/* Says whether the name is no agent's, whatever the registry has: root's, one that no agent may have, or one of
 * /etc/passwd. NULL is nobody's. */
bool aa_user_is_local(const char *name);

/* Decides by a name for which aa_user_is_local() is false. `err` is what opening the registry gave: 0, or a negative
 * errno but -ENOENT, after which only the header of `accounts` is looked at, where its descriptor is open. `asking` is the real uid of the
 * process's caller. */
enum aa_user_kind aa_user_of_name(const struct aa_accounts *accounts, int err, const char *name, uid_t asking,
				  struct aa_user *ret);

/* Finds the account of a uid; 0 is root's alone. AA_USER_AGENT: the registry has it, in ret->account, and
 * aa_user_confirm() decides. */
enum aa_user_kind aa_user_find_uid(const struct aa_accounts *accounts, int err, uint32_t uid,
				   struct aa_user *ret);
/* Says whether a person of another source has the account's uid by another name. */
bool aa_user_is_anothers(const struct aa_account *account);
/* Decides on an account that the registry has: the system must mean it by its name and by its uid. `asks`: the agent
 * itself asks, so that a person of that name is no answer. */
enum aa_user_kind aa_user_confirm(struct aa_user *user, bool asks);

#endif
