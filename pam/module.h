/* SPDX-License-Identifier: Apache-2.0 */
/* module.h: what the phases of pam_agentauth.so share: arguments, whose user it is, what the handle remembers. */
#ifndef AGENTAUTH_PAM_MODULE_H
#define AGENTAUTH_PAM_MODULE_H

#include <stdbool.h>
#include <stdint.h>

#include <security/pam_modules.h>

#include "common/state/context.h"
#include "common/state/audit_record.h"
#include "common/state/guard.h"
#include "common/state/last_look.h"
#include "common/state/monotonic.h"
#include "common/state/whose.h"

struct aa_args {
	const char *statedir, *rundir, *logdir;
	const char *session_services; /* comma-separated */
	bool use_first_pass, try_first_pass, debug, bad;
};

#define AA_ORIGIN_UNKNOWN "unknown" /* lies in no network */

/* One call of one phase. */
struct aa_call {
	pam_handle_t *pamh;
	struct aa_args args;
	const char *user;    /* PAM_USER */
	const char *service; /* canonical */
	/* agentauth run: an agent on behalf of a person of this host; a role's "sudo" admits it */
	bool starts;
	char address[256]; /* PAM's; "" where there is none */
	char origin[256];  /* of an agent who asks without an address: its session's, or AA_ORIGIN_UNKNOWN */
	struct aa_user identity;	    /* whose PAM_USER is, or the caller that the call was turned to */
	char caller[AA_AGENT_NAME_MAX + 1]; /* the agent whose sudo it is, where PAM_USER is somebody else */
	char role[AA_ROLE_NAME_MAX + 1];    /* whose group the caller has without being an agent; "" : none */
	struct aa_context ctx;
	struct aa_login login;
	struct aa_guard guard; /* from begin to end, but not while a question is put to the user */
	int64_t started_us;    /* of the decision: an answer's coming is not counted */
};

/* Raises the guard, reads arguments, items and the clock, and finds out whose user this is. aa_call_end() in every case:
 * it gives the phase's answer, an error where the process cannot be made what it was. */
enum aa_whose aa_call_begin(struct aa_call *call, pam_handle_t *pamh, int argc, const char **argv);
int aa_call_end(struct aa_call *call, int answer);
/* Around what waits for the user, who may interrupt that and stop it. */
void aa_call_pause(struct aa_call *call);
void aa_call_resume(struct aa_call *call);
/* Makes the call the agent's whose uid this is, where sudo was told to ask PAM about somebody else (rootpw,
 * targetpw, runaspw). AA_NOT_OURS: it has no agent's, and nothing was changed. */
enum aa_whose aa_call_turn_to_caller(struct aa_call *call, uid_t uid);

/* What the handle remembers from one phase to the next, by pam_set_data: it does not leave this process. */
struct aa_memory {
	char user[256];			     /* whom auth decided on */
	bool authenticated;		     /* auth said yes to an agent */
	bool id_read;			     /* the environment was asked for the id, once */
	char session_id[AA_SESSION_ID_SIZE]; /* "" : none */
	bool opened;			     /* by this handle */
	bool looks;			     /* a sudo was let through, and is looked at again */
	struct aa_last_look look;
};
/* NULL: nothing yet. */
struct aa_memory *aa_memory_get(pam_handle_t *pamh);
/* Makes it where it is not there. NULL: memory is out. */
struct aa_memory *aa_memory_make(pam_handle_t *pamh);
/* Reads the session's id that auth left in PAM's environment, in the first setcred or open_session of the handle, and
 * never again: later the agent may have written there. The record must be this process's, or its direct child's. */
void aa_memory_adopt_session(struct aa_call *call, struct aa_memory *memory);

/* Has the sudo that account says yes to looked at again, in open_session and by the process that becomes its command. */
enum aa_reason aa_memory_look_again(struct aa_call *call, const struct aa_session *session);

/* Forgets what an earlier authentication of this handle decided, its pending session and its environment with it. */
void aa_memory_forget(struct aa_call *call);
/* Gives up the session that was decided on, and keeps that it was: nothing else of this handle's may stand in for it. */
void aa_memory_give_up(struct aa_call *call);

bool aa_is_session_service(const struct aa_call *call);

/* ---- prompt.c ------------------------------------------------------------------- */

struct aa_answer {
	char *text; /* wiped and freed by aa_answer_clear() */
	size_t len;
	enum aa_reason reason; /* AA_OK, or why there is no whole answer */
	size_t last_part;      /* bytes of the last part, with which a cut can be told */
	char nonce[32];
};
/* Asks for the credential, in parts (prompt version 1). */
void aa_prompt(struct aa_call *call, const char *audience, struct aa_answer *ret);
/* Takes PAM_AUTHTOK, where an argument says that an earlier module has asked. False: nothing was taken, ask. */
bool aa_take_first_pass(struct aa_call *call, struct aa_answer *ret);
void aa_answer_clear(struct aa_answer *answer);
/* Whether a credential that did not hold was cut by a client: its last part has one of the lengths that clients cut at. */
bool aa_answer_looks_cut(const struct aa_answer *answer);

/* ---- report.c --------------------------------------------------------------------- */

/* One audit record of this call. Any of verdict, session, agent may be NULL. AA_OK, or AA_AUDIT_UNAVAILABLE where the
 * host's policy is to deny. */
enum aa_reason aa_report(struct aa_call *call, const char *event, enum aa_reason reason,
			 const struct aa_verdict *verdict, const struct aa_session *session);
/* The record of a session that this handle closes. */
void aa_report_close(struct aa_call *call, const struct aa_session *session);

/* Tells an agent why its sudo was refused: it has logged in, and a reason helps it more than another try. */
void aa_tell(struct aa_call *call, const char *why);
/* The same to a person who would start an agent. */
void aa_tell_starter(struct aa_call *call, enum aa_reason reason);

/* ---- export.c ------------------------------------------------------------------------ */

/* AGENTAUTH_… for the session's processes: information, never proof. 0 or a PAM code. */
int aa_export_environment(pam_handle_t *pamh, const struct aa_session *session);
void aa_clear_environment(pam_handle_t *pamh);
/* What pam_systemd reads in its open_session: runtime_max_sec and the strictest limits of the session's roles. */
int aa_export_limits(struct aa_call *call, const struct aa_session *session);

#endif
