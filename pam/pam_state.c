/* SPDX-License-Identifier: Apache-2.0 */
/* pam_state.c: what a handle remembers from one phase to the next. */
#include "config.h"

#include "pam/pam_state.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/state/session.h"
#include "common/state/session_id.h"
#include "common/state/session_store.h"
#include "pam/core.h"
#include "pam/export.h"

static void free_state(pam_handle_t *pamh, void *data, int status)
{
	const struct aa_pam_state *state = data;

	(void)pamh;
	(void)status;
	if (state && state->looks)
		aa_last_look_forget();
	free(data);
}

struct aa_pam_state *aa_pam_state_get(pam_handle_t *pamh)
{
	const void *data = NULL;

	if (pam_get_data(pamh, AA_PAM_STATE, &data) != PAM_SUCCESS)
		return NULL;
	return (struct aa_pam_state *)(uintptr_t)data;
}

struct aa_pam_state *aa_pam_state_make(pam_handle_t *pamh)
{
	struct aa_pam_state *state = aa_pam_state_get(pamh);

	if (state)
		return state;
	state = calloc(1, sizeof(*state));
	if (state && pam_set_data(pamh, AA_PAM_STATE, state, free_state) != PAM_SUCCESS) {
		free(state);
		state = NULL;
	}
	return state;
}

enum aa_reason aa_pam_state_look_again(struct aa_call *call, const struct aa_session *session)
{
	struct aa_pam_state *state = aa_pam_state_make(call->pamh);

	if (!state || !session ||
	    !aa_last_look_set(&state->look, &call->ctx, session, call->service, NULL, 0) ||
	    !aa_last_look_at_forks(&state->look))
		return AA_INTERNAL;
	state->looks = true;
	return AA_OK;
}

void aa_pam_state_adopt_session(struct aa_call *call, struct aa_pam_state *state)
{
	struct aa_session *session = NULL;
	const char *id;

	if (state->id_read || state->session_id[0])
		return;
	state->id_read = true;
	id = pam_getenv(call->pamh, "AGENTAUTH_SESSION");
	if (!id || !aa_session_id_is_valid(id) ||
	    aa_session_load(call->args.rundir, call->ctx.owner, id, &session) < 0)
		return;
	if (aa_session_is_mine(session, call->user, call->ctx.now))
		memcpy(state->session_id, session->id, AA_SESSION_ID_SIZE);
	aa_session_free(session);
}

void aa_pam_state_give_up(struct aa_call *call)
{
	struct aa_pam_state *state = aa_pam_state_get(call->pamh);

	if (!state || !state->authenticated || state->opened)
		return;
	if (state->session_id[0])
		(void)aa_session_close(call->args.rundir, call->ctx.owner, state->session_id, state->user);
	state->session_id[0] = '\0';
	aa_export_clear_environment(call->pamh);
}

void aa_pam_state_forget(struct aa_call *call)
{
	struct aa_pam_state *state = aa_pam_state_get(call->pamh);

	if (!state || state->opened)
		return;
	aa_pam_state_give_up(call);
	state->authenticated = false;
	state->user[0] = '\0';
}
