/* SPDX-License-Identifier: Apache-2.0 */
/* initgroups.c: the supplementary groups of an agent: the group of all agents, and those of its roles where the host has
 * NSS serve them. Elsewhere PAM grants a login the groups of its roles, since it knows the credential. The program that asks
 * adds the agent's own group. */
#include "nss/initgroups.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "nss/status.h"

static bool has(const gid_t *groups, long n, gid_t gid)
{
	for (long i = 0; i < n; i++) {
		if (groups[i] == gid)
			return true;
	}
	return false;
}

/* Makes room for one more group. 1: there is room, 0: the limit is reached. */
static int make_room(long start, long *room, gid_t **groups, long limit)
{
	int saved = errno;
	gid_t *larger;
	long want;

	if (start < *room)
		return 1;
	if (limit > 0 && *room >= limit)
		return 0;
	want = *room < 8 ? 16 : *room * 2;
	if (limit > 0 && want > limit)
		want = limit;
	larger = realloc(*groups, (size_t)want * sizeof(**groups));
	if (larger == NULL) {
		errno = saved;
		return -ENOMEM;
	}
	*groups = larger;
	*room = want;
	return 1;
}

static int add(gid_t gid, long *start, long *room, gid_t **groups, long limit)
{
	int r;

	if (has(*groups, *start, gid) || (limit > 0 && *start >= limit))
		return 0;
	r = make_room(*start, room, groups, limit);
	if (r == 1)
		(*groups)[(*start)++] = gid;
	return r < 0 ? r : 0;
}

/* A caller has the group from the account that it is about to become. Another group is that of a person of the same
 * name, whom another source knows. nscd asks on behalf of others, and gives -1. */
static bool is_group_of(const struct aa_account *account, gid_t group)
{
	return group == account->uid || group == (gid_t)-1;
}

/* Adds the groups of the roles. A group that NSS does not serve, since another source has its name or its gid, is left out. */
static int add_roles(const struct aa_nss *nss, const char *user, long *start, long *room, gid_t **groups,
		     long limit)
{
	uint32_t gids[AA_ACCOUNT_ROLES_MAX];
	int n = aa_find_role_gids(nss, user, gids), r = n < 0 ? n : 0;

	for (int i = 0; i < n && r == 0; i++) {
		struct aa_registry_record group;

		r = aa_find_group_by_gid(nss, gids[i], &group);
		if (r == 0)
			r = add(gids[i], start, room, groups, limit);
		else if (r == -ENOENT)
			r = 0;
	}
	return r;
}

enum nss_status aa_initgroups(const struct aa_nss *nss, const char *user, gid_t group, long *start,
			      long *room, gid_t **groups, long limit, int *errnop)
{
	struct aa_registry_record account, agents;
	int r;

	r = aa_find_account_by_name(nss, user, &account);
	if (r == 0)
		r = aa_find_agents_group(nss, &agents);
	if (r == 0 && agents.group.gid != group)
		r = is_group_of(&account.account, group) ? add(agents.group.gid, start, room, groups, limit)
							 : -ENOENT;
	if (r == 0 && (account.account.flags & AA_ACCOUNT_ROLES))
		r = add_roles(nss, user, start, room, groups, limit);
	return aa_nss_status(r, errnop);
}
