/* SPDX-License-Identifier: Apache-2.0 */
/* kind.c: whether a name or a uid is an agent's. */
#include "config.h"

#include "common/user/kind.h"

#include <errno.h>
#include <pwd.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/registry/local.h"

/* ---- what the system says ------------------------------------------------------------- */

/* Asks the system's sources of names for a name's uid, or for a uid's name. */
struct question {
	const char *name; /* NULL: ask for the uid */
	uint32_t uid;
};

static int ask_system(const struct question *q, struct passwd *pw, char *buf, size_t size,
		      struct passwd **ret)
{
	return q->name ? getpwnam_r(q->name, pw, buf, size, ret) : getpwuid_r(q->uid, pw, buf, size, ret);
}

/* Asks, and gives the uid, and whether its name is `expected` (NULL: not asked). 0, else ENOENT. */
static int ask_sources(const struct question *q, uint32_t *ret_uid, const char *expected, bool *ret_same)
{
	char stack[4096], *buf = stack;
	struct passwd pw, *found = NULL;
	size_t size = sizeof(stack);
	int err;

	while ((err = ask_system(q, &pw, buf, size, &found)) == ERANGE && size < 1024 * 1024) {
		size *= 4;
		if (buf != stack)
			free(buf);
		buf = malloc(size);
		if (!buf)
			return ENOMEM;
	}
	if (err == 0 && found) {
		*ret_uid = found->pw_uid;
		*ret_same = expected && strcmp(found->pw_name, expected) == 0;
	}
	if (buf != stack)
		free(buf);
	return err == 0 && found ? 0 : ENOENT;
}

/* Gives the uid that the system has for the name. 0, else ENOENT. */
static int system_uid(const char *name, uint32_t *ret)
{
	const struct question q = {.name = name};
	bool unused;

	return ask_sources(&q, ret, NULL, &unused);
}

/* Says whether the system, too, has this name for the uid. A person of another source may have the same uid, and an
 * agent that was let in would be that person for the kernel. */
static bool system_has_name(uint32_t uid, const char *name)
{
	const struct question q = {.uid = uid};
	uint32_t found;
	bool same = false;

	return ask_sources(&q, &found, name, &same) == 0 && same;
}

bool aa_user_is_anothers(const struct aa_account *account)
{
	const struct question q = {.uid = account->uid};
	uint32_t found;
	bool same = true;

	return ask_sources(&q, &found, account->name, &same) == 0 && !same;
}

/* ---- where the registry cannot be read --------------------------------------------------- */

/* The built-in range decides, and the one that the registry's header names, where that can be read. */
static bool is_in_range(const struct aa_accounts *accounts, uint32_t uid)
{
	return aa_uid_is_built_in(uid) ||
	       (accounts->fd >= 0 && uid >= accounts->header.uid_min && uid <= accounts->header.uid_max);
}

static enum aa_user_kind doubt(struct aa_user *user, enum aa_doubt why, int err)
{
	user->doubt = why;
	user->err = err;
	return AA_USER_UNCLEAR;
}

/* A name that the system does not know either may be an agent's, since we are one of the system's sources. */
static enum aa_user_kind name_unread(const struct aa_accounts *accounts, const char *name, int err,
				     struct aa_user *ret)
{
	uint32_t uid;

	ret->known = system_uid(name, &uid) == 0;
	if (ret->known && !is_in_range(accounts, uid))
		return AA_USER_OTHER;
	return doubt(ret, AA_DOUBT_REGISTRY, err);
}

/* ---- agent or person ------------------------------------------------------------------------ */

/* Decides on an account of the registry: the system must mean it by its name. A source of names that comes before
 * ours may have a person of that name, who is left alone. Where the agent itself asks (`asks`), the program took the
 * name from the agent's uid, and the case is unclear. */
enum aa_user_kind aa_user_confirm(struct aa_user *user, bool asks)
{
	uint32_t uid = 0, id = user->account.uid;

	user->known = true;
	if (system_uid(user->account.name, &uid) != 0)
		return doubt(user, AA_DOUBT_UNKNOWN, 0);
	if (uid == id)
		return system_has_name(id, user->account.name) ? AA_USER_AGENT : doubt(user, AA_DOUBT_UID, 0);
	return asks ? doubt(user, AA_DOUBT_NAME, 0) : AA_USER_OTHER;
}

bool aa_user_is_local(const char *name)
{
	return !name || strcmp(name, "root") == 0 || !aa_agent_name_is_valid(name) ||
	       aa_local_has("/etc/passwd", name, UINT32_MAX) == 1;
}

enum aa_user_kind aa_user_of_name(const struct aa_accounts *accounts, int err, const char *name, uid_t asking,
				  struct aa_user *ret)
{
	*ret = (struct aa_user){.doubt = AA_DOUBT_NONE};
	if (err == 0)
		err = aa_account_by_name(accounts, name, &ret->account);
	if (err == -ENOENT)
		return AA_USER_OTHER;
	if (err < 0)
		return name_unread(accounts, name, err, ret);
	return aa_user_confirm(ret, asking == ret->account.uid);
}

enum aa_user_kind aa_user_find_uid(const struct aa_accounts *accounts, int err, uint32_t uid,
				   struct aa_user *ret)
{
	*ret = (struct aa_user){.doubt = AA_DOUBT_NONE};
	if (uid == 0 || uid == UINT32_MAX)
		return AA_USER_OTHER;
	if (err == 0)
		err = aa_account_by_uid(accounts, uid, &ret->account);
	if (err == 0)
		return AA_USER_AGENT;
	if (err == -ENOENT || !is_in_range(accounts, uid))
		return AA_USER_OTHER;
	return doubt(ret, AA_DOUBT_REGISTRY, err);
}
