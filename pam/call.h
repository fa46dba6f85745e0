/* SPDX-License-Identifier: Apache-2.0 */
/* call.h: one call of one phase: its user, and the host that it is decided by. */
#ifndef AGENTAUTH_PAM_CALL_H
#define AGENTAUTH_PAM_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include <security/pam_modules.h>

#include "common/state/context.h"
#include "common/user/guard.h"
#include "common/state/user.h"
#include "pam/args.h"

#define AA_ORIGIN_UNKNOWN "unknown" /* lies in no network */

/* A call is of one phase. */
struct aa_call {
	pam_handle_t *pamh;
	struct aa_args args;
	const char *user;    /* PAM_USER */
	const char *service; /* canonical */
	/* agentauth run: an agent on behalf of a person of this host; a role's "sudo" admits it */
	bool starts;
	char address[256]; /* PAM's; "" where there is none */
	char origin[256];  /* of an agent that asks without an address: its session's, or AA_ORIGIN_UNKNOWN */
	struct aa_user identity;	    /* that PAM_USER is, or the caller that the call was turned to */
	char caller[AA_AGENT_NAME_MAX + 1]; /* the agent that calls sudo, where PAM_USER is somebody else */
	char role[AA_ROLE_NAME_MAX +
		  1]; /* of the group that the caller has without being an agent; "": none */
	struct aa_context ctx;
	struct aa_login login;
	struct aa_guard guard; /* from begin to end, but not while a question is put to the user */
	int64_t started_us;    /* of the decision, without the wait for an answer */
};

/* Raises the guard, reads arguments, items and the clock, and finds out whether the user is an agent. The phase calls
 * aa_call_end() in every case: it gives the phase's answer, an error where the process's ids could not be restored. */
enum aa_user_kind aa_call_begin(struct aa_call *call, pam_handle_t *pamh, int argc, const char **argv);
int aa_call_end(struct aa_call *call, int answer);
/* These two enclose a wait for the user, who may interrupt and stop it. */
void aa_call_pause(struct aa_call *call);
void aa_call_resume(struct aa_call *call);
/* Turns the call to the agent of this uid, where sudo was told to ask PAM about somebody else (rootpw, targetpw,
 * runaspw). AA_USER_OTHER: the uid is no agent's, and nothing was changed. */
enum aa_user_kind aa_call_turn_to_caller(struct aa_call *call, uid_t uid);

/* Gives the source of the login. Without an address it is a user of this host, and stands in buf. */
#define AA_CALL_SOURCE_MAX 32
const char *aa_call_source(const struct aa_call *call, char buf[AA_CALL_SOURCE_MAX]);
/* Says whether a live session decides on the call's service. */
bool aa_call_is_session_service(const struct aa_call *call);

#endif
