/* SPDX-License-Identifier: Apache-2.0 */
/* user.c: whether a name or a uid is an agent's, in a decision's own view of the host. */
#include "config.h"

#include "common/state/user.h"

#include "common/registry/local.h"
#include "common/user/guard.h"
#include "common/state/session_find.h"

/* Says whether this process is in a session of the account's. */
static bool is_in_session(const struct aa_context *ctx, const struct aa_account *account)
{
	struct aa_session *session = NULL;
	bool live = aa_session_find(ctx->rundir, ctx->owner, account->uid, &session) != AA_NO_SESSION;

	aa_session_free(session);
	return live;
}

enum aa_user_kind aa_user_by_name(struct aa_context *ctx, const char *name, struct aa_user *ret)
{
	*ret = (struct aa_user){.doubt = AA_DOUBT_NONE};
	if (aa_user_is_local(name))
		return AA_USER_OTHER;
	return aa_user_of_name(&ctx->accounts, aa_context_open(ctx), name, aa_guard_caller_uid(), ret);
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
	enum aa_user_kind kind;

	*ret = (struct aa_user){.doubt = AA_DOUBT_NONE};
	if (uid == 0 || uid == UINT32_MAX)
		return AA_USER_OTHER;
	kind = aa_user_find_uid(&ctx->accounts, open_registry(ctx), uid, ret);

	if (kind != AA_USER_AGENT)
		return kind;
	if (aa_user_is_anothers(&ret->account) && !is_in_session(ctx, &ret->account))
		return AA_USER_OTHER;
	if (aa_user_is_local(ret->account.name) && aa_local_has("/etc/passwd", NULL, uid) == 1)
		return AA_USER_OTHER;
	return aa_user_confirm(ret, true);
}
