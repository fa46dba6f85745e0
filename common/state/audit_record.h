/* SPDX-License-Identifier: Apache-2.0 */
/* audit_record.h: the records of the audit log: an event has the same members, whoever writes it. */
#ifndef AGENTAUTH_STATE_AUDIT_RECORD_H
#define AGENTAUTH_STATE_AUDIT_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "common/state/session_record.h"
#include "common/verify/policy.h"
#include "common/verify/verdict.h"

#define AA_AUDIT_STRING_MAX 1024 /* bytes of one value; what is longer is cut */

/* Sets record[key] to a text that may hold anything: it is shown as text/shown.h has it, and what
 * is too long is cut and ends in an ellipsis (U+2026). NULL sets nothing. Without memory the record is emptied: one that
 * lacks a member is not written, so that nothing is decided on half a record. `event`, or whatever a reader demands, is
 * therefore set first. */
void aa_audit_set(json_t *record, const char *key, const char *text);
/* Sets record[key] to any value, whose reference is stolen. NULL counts as a lack of memory, since the caller has
 * just made the value. */
void aa_audit_put(json_t *record, const char *key, json_t *value);

/* Each builder below makes a record for aa_context_audit() or aa_audit_append(). The caller owns the record; it is
 * empty, or NULL, where memory is out. */

/* The facts of a command of sudo that are known. A member that is NULL, "" or 0 is left out. */
struct aa_audit_command {
	const char *
	    line; /* the resolved path with its arguments, as shown.h has them; NULL: sudo's own arguments stand
			   * for it */
	size_t length; /* of the whole line, where it is longer than the log takes */
	const char *directory, *chroot, *runas, *tty;
	const char *role;      /* whose rule covers it */
	const char *why;       /* sudo's own words on it */
	const char *recording; /* of what it shows */
	pid_t pid;	       /* of the sudo */
	bool within;	       /* a command of sudo's has started it, and sudo saw that */
	bool asked_only;       /* nobody records what sudo does with it */
};

/* A decision: auth, account, sudo-asked, sudo, session-open. */
struct aa_audit_event {
	const char *event, *service; /* the service as PAM has it */
	const char *agent;	     /* NULL: a person's, or not to be told */
	uint32_t uid;		     /* 0: left out */
	const char *rhost;
	enum aa_reason reason;
	const char *role;		  /* the role that the decision is about; "" or NULL: none */
	const struct aa_verdict *verdict; /* either may be NULL */
	const struct aa_session *session;
	const struct aa_audit_command *command; /* of a sudo; NULL: it is about none */
	int64_t micros;
};
json_t *aa_audit_event(const struct aa_audit_event *event);

/* The end of a command. */
struct aa_audit_end {
	int status;	 /* of waitpid(2), where there is no error */
	const char *why; /* the error; NULL: the command ran */
	int64_t micros;	 /* how long it ran */
};
/* Makes the record sudo-exit of the end of the command whose record `ran` is. */
json_t *aa_audit_sudo_exit(const json_t *ran, const struct aa_audit_end *end);

/* Makes the record of the end of an opened session: AA_OK, or why it was ended. `service`: of the program that saw
 * the end. */
json_t *aa_audit_session_close(const struct aa_session *session, const char *service, enum aa_reason reason,
			       int64_t micros);

/* Makes the record of one step of a request for approval: requested, approved, denied, timeout, withdrawn, refused.
 * `answer` NULL: nobody has answered. */
json_t *aa_audit_approval(const json_t *request, const char *service, const char *step, enum aa_reason reason,
			  const json_t *answer);

/* Makes the record of one step of a terminal's recording (cast.h): recorded, unfinished, cut, failed. `about`: what its head
 * says of it. */
json_t *aa_audit_recording(const json_t *about, const char *step, const char *recording, const char *result,
			   enum aa_reason reason);

/* A program that was started in a session, or below one. Members that are not known are NULL, "" or UINT32_MAX. */
struct aa_audit_exec {
	const char *agent, *session, *on_behalf_of, *task;
	uint32_t uid, euid; /* the agent's, and the one that the program runs with */
	pid_t pid, ppid;
	const char *path, *directory;
	char *words;	     /* each with a zero at its end */
	size_t kept, length; /* of them, and of all that there were */
};
json_t *aa_audit_exec(const struct aa_audit_exec *exec);

#endif
