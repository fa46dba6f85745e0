/* SPDX-License-Identifier: Apache-2.0 */
/* caller.c: the ids of this process, and which of them are not the caller's own. It uses libc and the registry alone,
 * since every sudo of a person runs it. */
#include "config.h"

#include "common/user/caller.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/registry/local.h"

#define OWN_GROUPS_MAX 65536 /* as many as a process of Linux can have */

int aa_caller_read(uid_t uid, struct aa_caller *ret)
{
	struct aa_caller caller = {.uid = uid};
	gid_t rgid, egid, sgid;
	int n = getgroups(0, NULL);

	if (n < 0 || getresgid(&rgid, &egid, &sgid) < 0)
		return -errno;
	caller.gids = calloc((size_t)n + 3, sizeof(*caller.gids));
	if (!caller.gids)
		return -ENOMEM;
	if (n && (n = getgroups(n, caller.gids)) < 0) {
		free(caller.gids);
		return -errno;
	}
	caller.n = (size_t)n;
	caller.gids[caller.n++] = rgid;
	caller.gids[caller.n++] = egid;
	caller.gids[caller.n++] = sgid;
	*ret = caller;
	return 0;
}

void aa_caller_clear(struct aa_caller *caller)
{
	free(caller->gids);
	*caller = (struct aa_caller){0};
}

/* ---- which groups are agents' ------------------------------------------------------- */

static bool is_built_in(gid_t gid)
{
	return aa_uid_is_built_in(gid) || (gid > AA_UID_MAX_DEFAULT && gid <= AA_GID_AGENTS_DEFAULT);
}

/* Where no record has the gid, its number decides, unless this host has a group of that number. Roles that were
 * removed had their gids from that range, and files keep a group for longer than the registry does. */
static bool is_by_number(const struct aa_accounts *accounts, gid_t gid)
{
	if (!is_built_in(gid) &&
	    (!accounts || gid < accounts->header.uid_min || gid > accounts->header.uid_max))
		return false;
	return aa_local_has("/etc/group", NULL, gid) != 1;
}

int aa_caller_gid(const struct aa_accounts *accounts, gid_t gid, char ret_role[AA_ROLE_NAME_MAX + 1])
{
	static const size_t prefix = sizeof(AA_ROLE_GROUP_PREFIX) - 1;
	struct aa_group group;
	int err = accounts ? aa_group_by_gid(accounts, gid, &group) : -ENOENT;

	ret_role[0] = '\0';
	if (err == 0 && strncmp(group.name, AA_ROLE_GROUP_PREFIX, prefix) == 0)
		(void)snprintf(ret_role, AA_ROLE_NAME_MAX + 1, "%s", group.name + prefix);
	if (err == -ENOENT)
		return is_by_number(accounts, gid);
	return err < 0 ? err : 1;
}

/* ---- which groups are the caller's own ---------------------------------------------- */

/* Lists the groups that the system's databases give the uid. NULL: they cannot be told, or there is no such user. */
static gid_t *own_groups(uid_t uid, int *ret_n)
{
	char buf[4096];
	struct passwd pw, *found = NULL;
	gid_t *groups = NULL, *more;
	int cap, n = 0;

	if (getpwuid_r(uid, &pw, buf, sizeof(buf), &found) != 0 || !found)
		return NULL;
	for (cap = 64; cap <= OWN_GROUPS_MAX; cap *= 4) {
		more = reallocarray(groups, (size_t)cap, sizeof(*groups));
		if (!more)
			break;
		groups = more;
		n = cap;
		if (getgrouplist(pw.pw_name, pw.pw_gid, groups, &n) >= 0) {
			*ret_n = n;
			return groups;
		}
	}
	free(groups);
	return NULL;
}

/* A person whom a directory put into a group of this number later loses nothing: nobody but root can write there. */
static bool is_own(uid_t uid, gid_t gid)
{
	int n = 0;
	gid_t *groups = own_groups(uid, &n);
	bool own = false;

	for (int i = 0; groups && i < n && !own; i++)
		own = groups[i] == gid;
	free(groups);
	return own;
}

/* To a person a damaged registry is the same as no registry. */
static bool is_an_agents(const struct aa_accounts *accounts, gid_t gid, char ret_role[AA_ROLE_NAME_MAX + 1])
{
	int agents = aa_caller_gid(accounts, gid, ret_role);

	return agents < 0 ? is_by_number(accounts, gid) : agents == 1;
}

bool aa_caller_has_agents_group(const struct aa_caller *caller, const struct aa_accounts *accounts,
				char ret_role[AA_ROLE_NAME_MAX + 1])
{
	ret_role[0] = '\0';
	if (caller->uid == 0)
		return false;
	for (size_t i = 0; i < caller->n; i++)
		if (is_an_agents(accounts, caller->gids[i], ret_role) &&
		    !is_own(caller->uid, caller->gids[i]))
			return true;
	ret_role[0] = '\0';
	return false;
}
