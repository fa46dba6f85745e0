/* SPDX-License-Identifier: Apache-2.0 */
/* pam_state.h: what a handle remembers from one phase to the next. */
#ifndef AGENTAUTH_PAM_PAM_STATE_H
#define AGENTAUTH_PAM_PAM_STATE_H

#include <stdbool.h>

#include <security/pam_modules.h>

#include "common/state/last_look.h"
#include "common/state/session_record.h"
#include "pam/call.h"

/* The state that pam_set_data() keeps; it does not leave this process. */
struct aa_pam_state {
	char user[256];			     /* that auth decided on */
	bool authenticated;		     /* auth let an agent in */
	bool id_read;			     /* the environment was asked for the id, once */
	char session_id[AA_SESSION_ID_SIZE]; /* "" : none */
	bool opened;			     /* by this handle */
	bool looks;			     /* a sudo was let through, and is looked at again */
	struct aa_last_look look;
};
/* Gives the handle's state; NULL: there is none yet. */
struct aa_pam_state *aa_pam_state_get(pam_handle_t *pamh);
/* Gives the state, and makes it where it is not there. NULL: memory is out. */
struct aa_pam_state *aa_pam_state_make(pam_handle_t *pamh);
/* Reads the session's id that auth left in PAM's environment, in the first setcred or open_session of the handle, and
 * never again: later the agent may have written there. The record must be this process's, or its direct child's. */
void aa_pam_state_adopt_session(struct aa_call *call, struct aa_pam_state *state);

/* Has the sudo that the account phase let through looked at again, in open_session and by the process that becomes
 * its command. */
enum aa_reason aa_pam_state_look_again(struct aa_call *call, const struct aa_session *session);

/* Forgets the outcome of an earlier authentication of this handle, with its pending session and its environment. */
void aa_pam_state_forget(struct aa_call *call);
/* Gives up the session that was decided on, and remembers that there was one: no other decision of this handle may
 * stand in for it. */
void aa_pam_state_give_up(struct aa_call *call);

#endif
