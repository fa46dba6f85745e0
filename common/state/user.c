/* SPDX-License-Identifier: Apache-2.0 */
/* user.c: whether a name or a uid is an agent's. Every sudo of a person runs this. */
#include "config.h"

#include "common/state/user.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "common/registry/local.h"
#include "common/state/guard.h"
#include "common/state/session_find.h"

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

/* Says whether a person of another source of names has the agent's uid and asks: the system has another name for the
 * uid, and this process is in no session of the agent. */
static bool is_anothers(const struct aa_context *ctx, const struct aa_account *account)
{
	const struct question q = {.uid = account->uid};
	struct aa_session *session = NULL;
	uint32_t found;
	bool same = true, live;

	if (ask_sources(&q, &found, account->name, &same) != 0 || same)
		return false;
	live = aa_session_find(ctx->rundir, ctx->owner, account->uid, &session) != AA_NO_SESSION;
	aa_session_free(session);
	return !live;
}

/* ---- where the registry cannot be read --------------------------------------------------- */

/* The built-in range decides, and the one that the registry's header names, where that can be read. */
static bool is_in_range(const struct aa_context *ctx, uint32_t uid)
{
	const struct aa_accounts *accounts = &ctx->accounts;

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
static enum aa_user_kind name_unread(const struct aa_context *ctx, const char *name, int err,
				     struct aa_user *ret)
{
	uint32_t uid;

	ret->known = system_uid(name, &uid) == 0;
	if (ret->known && !is_in_range(ctx, uid))
		return AA_USER_OTHER;
	return doubt(ret, AA_DOUBT_REGISTRY, err);
}

static enum aa_user_kind uid_unread(const struct aa_context *ctx, uint32_t uid, int err, struct aa_user *ret)
{
	return is_in_range(ctx, uid) ? doubt(ret, AA_DOUBT_REGISTRY, err) : AA_USER_OTHER;
}

/* ---- agent or person ------------------------------------------------------------------------ */

/* Decides on an account of the registry: the system must mean it by its name. A source of names that comes before
 * ours may have a person of that name, who is left alone. Where the agent itself asks (`asks`), the program took the
 * name from the agent's uid, and the case is unclear. */
static enum aa_user_kind kind_of_account(struct aa_user *user, bool asks)
{
	uint32_t uid = 0, id = user->account.uid;

	user->known = true;
	if (system_uid(user->account.name, &uid) != 0)
		return doubt(user, AA_DOUBT_UNKNOWN, 0);
	if (uid == id)
		return system_has_name(id, user->account.name) ? AA_USER_AGENT : doubt(user, AA_DOUBT_UID, 0);
	return asks ? doubt(user, AA_DOUBT_NAME, 0) : AA_USER_OTHER;
}

/* Says whether the host's own file has a line for `name`, or with `uid`. */
static bool is_local(const char *name, uint32_t uid)
{
	return aa_local_has("/etc/passwd", name, uid) == 1;
}

enum aa_user_kind aa_user_by_name(struct aa_context *ctx, const char *name, struct aa_user *ret)
{
	int err;

	*ret = (struct aa_user){.doubt = AA_DOUBT_NONE};
	if (!name || strcmp(name, "root") == 0 || !aa_agent_name_is_valid(name) || is_local(name, UINT32_MAX))
		return AA_USER_OTHER;
	err = aa_context_find(ctx, name, &ret->account);
	if (err == -ENOENT)
		return AA_USER_OTHER;
	if (err < 0)
		return name_unread(ctx, name, err, ret);
	return kind_of_account(ret, aa_guard_caller_uid() == ret->account.uid);
}

static int open_registry(struct aa_context *ctx)
{
	if (ctx->accounts.fd >= 0)
		return 0;
	aa_context_close(ctx);
	return aa_context_open(ctx);
}

const struct aa_accounts *aa_user_registry(struct aa_context *ctx)
{
	return open_registry(ctx) == 0 ? &ctx->accounts : NULL;
}

enum aa_user_kind aa_user_by_uid(struct aa_context *ctx, uint32_t uid, struct aa_user *ret)
{
	int err;

	*ret = (struct aa_user){.doubt = AA_DOUBT_NONE};
	if (uid == 0 || uid == UINT32_MAX)
		return AA_USER_OTHER;
	err = open_registry(ctx);
	if (err == 0)
		err = aa_account_by_uid(&ctx->accounts, uid, &ret->account);
	if (err == -ENOENT)
		return AA_USER_OTHER;
	if (err < 0)
		return uid_unread(ctx, uid, err, ret);
	if (is_anothers(ctx, &ret->account))
		return AA_USER_OTHER;
	if (is_local(ret->account.name, UINT32_MAX) && is_local(NULL, uid))
		return AA_USER_OTHER;
	return kind_of_account(ret, true);
}
