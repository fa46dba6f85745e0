/* SPDX-License-Identifier: Apache-2.0 */
/* cred.c: pam_sm_setcred adds the groups of the login's roles. Failing means fewer groups, never more. */
#include "config.h"

#include "pam/cred.h"

#include <grp.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "common/registry/local.h"
#include "common/state/admit.h"
#include "common/state/session_store.h"
#include "common/text/list.h"
#include "common/verify/verdict.h"
#include "pam/pam_state.h"

#define ROLE_GROUPS_MAX 1024

/* Joins `more` to the kernel's list, which is never left empty: sudo asks NSS where it is. */
static int add_groups(const gid_t *more, size_t n_more, gid_t fallback)
{
	int n = getgroups(0, NULL);
	gid_t *list = n < 0 ? NULL : calloc((size_t)n + n_more + 1, sizeof(*list));
	size_t len;
	int err;

	if (!list)
		return PAM_CRED_ERR;
	n = n ? getgroups(n, list) : 0;
	len = n < 0 ? 0 : (size_t)n;
	for (size_t i = 0; i < n_more; i++) {
		size_t at = 0;

		while (at < len && list[at] != more[i])
			at++;
		if (at == len)
			list[len++] = more[i];
	}
	if (len == 0)
		list[len++] = fallback;
	err = n < 0 || setgroups(len, list) < 0 ? PAM_CRED_ERR : PAM_SUCCESS;
	free(list);
	return err;
}

/* Leaves out the groups that NSS does not serve: another source's group has the gid as well, and its files are not
 * the role's. The number of those that remain. */
static size_t leave_out_withheld(const struct aa_call *call, gid_t *gids, size_t n)
{
	char file[PATH_MAX];
	size_t kept = 0;

	if (aa_path_join(file, sizeof(file), call->args.statedir, AA_WITHHELD_GROUP) < 0)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (aa_local_has(file, NULL, gids[i]) == 0)
			gids[kept++] = gids[i];
	return kept;
}

static int add_role_groups(struct aa_call *call, const struct aa_list *roles)
{
	gid_t gids[ROLE_GROUPS_MAX];
	size_t n =
	    leave_out_withheld(call, gids, aa_admit_role_groups(&call->ctx, roles, gids, ROLE_GROUPS_MAX));

	return add_groups(gids, n, call->identity.account.uid);
}

/* Adds the groups of the session that this handle has, of a login that auth or open_session decided on, for this user
 * and no other. */
static int groups_of_session(struct aa_call *call, const char *id)
{
	struct aa_session *session = NULL;
	int err = PAM_CRED_ERR;

	if (aa_session_load(call->args.rundir, call->ctx.owner, id, &session) == 0 &&
	    strcmp(session->agent, call->user) == 0)
		err = add_role_groups(call, &session->roles);
	aa_session_free(session);
	return err;
}

int aa_cred_groups_of_record(struct aa_call *call, const struct aa_agent *agent)
{
	struct aa_verdict verdict = {0};
	struct aa_list roles = {0, NULL};
	int err = PAM_CRED_ERR;

	aa_admit_started(&call->ctx, agent, &call->login, NULL, &verdict);
	roles.v = calloc(verdict.roles.n + 1, sizeof(*roles.v));
	if (verdict.reason == AA_OK && roles.v) {
		for (; roles.n < verdict.roles.n; roles.n++)
			roles.v[roles.n] = verdict.roles.v[roles.n]->name;
		err = add_role_groups(call, &roles);
	}
	free(roles.v);
	aa_verdict_clear(&verdict);
	return err;
}

static int establish(struct aa_call *call)
{
	struct aa_pam_state *state = aa_pam_state_make(call->pamh);
	struct aa_agent *agent = NULL;
	int err = PAM_SUCCESS;

	if (!state || aa_context_agent(&call->ctx, &call->identity.account, &agent) != AA_OK)
		return PAM_CRED_ERR;
	aa_pam_state_adopt_session(call, state);
	if (state->session_id[0])
		err = groups_of_session(call, state->session_id);
	else if (aa_list_has(&aa_policy_host(call->ctx.policy)->accounts.without_credential, call->service))
		err = aa_cred_groups_of_record(call, agent);
	/* A public key's session comes with open_session, and sudo's target gets none: nothing is to be added yet. */
	aa_agent_free(agent);
	return err;
}

int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct aa_call call;
	enum aa_user_kind kind = aa_call_begin(&call, pamh, argc, argv);
	int err = PAM_CRED_ERR;

	if (kind == AA_USER_OTHER)
		err = PAM_USER_UNKNOWN;
	else if (kind == AA_USER_UNCLEAR || call.args.bad)
		err = PAM_CRED_UNAVAIL;
	else if ((unsigned)flags & (PAM_DELETE_CRED | PAM_REFRESH_CRED))
		err = PAM_SUCCESS;
	else
		err = establish(&call);
	return aa_call_end(&call, err);
}
