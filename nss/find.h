/* SPDX-License-Identifier: Apache-2.0 */
/* find.h: the accounts and groups that may be served: in the registry, neither name nor id known locally, and not
 * withheld for a person of another source.
 *
 * Every function answers 0, -ENOENT (nothing of ours, or a local file or a list of withheld names has it), or another
 * negative errno (it cannot be told: the registry is damaged, a file unreadable), and leaves errno as it was. *ret
 * counts only where the answer is 0.
 */
#ifndef AGENTAUTH_NSS_FIND_H
#define AGENTAUTH_NSS_FIND_H

#include <stdint.h>
#include <sys/types.h>

#include "common/registry/accounts.h"
#include "nss/cache.h"

/* The host that is served. The module has one of them, and tests have their own. */
struct aa_nss {
	const char *statedir;
	const char *current;	    /* STATEDIR/current/accounts.cdb */
	const char *passwd, *group; /* the local files: /etc/passwd, /etc/group */
	/* STATEDIR/withheld.passwd and withheld.group: the agents' names and ids that are not served, since another
	 * source of names knows them */
	const char *withheld_passwd, *withheld_group;
	uid_t owner; /* of the registry, beside uid 0 */
	/* `now` is in nanoseconds since 1970. `tick` changes every 1 to 10 ms and never goes back, or is negative. */
	int64_t (*now)(void), (*tick)(void);
	struct aa_nss_cache *cache;
};

/* These functions serve passwd. The name and the uid are not in /etc/passwd. Retired accounts are found. */
int aa_find_account_by_name(const struct aa_nss *nss, const char *name, struct aa_registry_record *ret);
int aa_find_account_by_uid(const struct aa_nss *nss, uint32_t uid, struct aa_registry_record *ret);

/* These functions serve group. The name and the gid are not in /etc/group. An agent's own group is found as well. */
int aa_find_group_by_name(const struct aa_nss *nss, const char *name, struct aa_registry_record *ret);
int aa_find_group_by_gid(const struct aa_nss *nss, uint32_t gid, struct aa_registry_record *ret);

/* Reads the gids of the account's roles into ret, whether they are served or not. Their number, or a negative errno. */
int aa_find_role_gids(const struct aa_nss *nss, const char *name, uint32_t ret[AA_ACCOUNT_ROLES_MAX]);

/* Finds the group that all agents are in. */
int aa_find_agents_group(const struct aa_nss *nss, struct aa_registry_record *ret);

/* Finds the next account or group of an enumeration. *pos is as in aa_accounts_next(), moved past what may not be
 * served. */
int aa_find_next(const struct aa_nss *nss, const struct aa_accounts *a, bool groups, uint32_t *pos,
		 struct aa_registry_record *ret);

#endif
