/* SPDX-License-Identifier: Apache-2.0 */
/* audit_record.h: the records of the audit log: an event has the same members, whoever writes it. */
#ifndef AGENTAUTH_STATE_AUDIT_RECORD_H
#define AGENTAUTH_STATE_AUDIT_RECORD_H

#include <stdbool.h>
#include <stdint.h>

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
/* The same with any value, whose reference is stolen; NULL, since it was made on the way here, is a lack of memory. */
void aa_audit_put(json_t *record, const char *key, json_t *value);

/* Each record below is for aa_context_audit() or aa_audit_append(). The caller owns it; it is empty, or NULL, where memory is
 * out. */

/* What was decided: auth, account, sudo, session-open. */
struct aa_audit_event {
	const char *event, *service; /* the service as PAM has it */
	const char *agent;	     /* NULL: not an agent's, or not to be told */
	uint32_t uid;		     /* 0: left out */
	const char *rhost;
	enum aa_reason reason;
	const char *role;		  /* that it is about, where it is about one; "" or NULL: none */
	const struct aa_verdict *verdict; /* NULL: none, and so is a session */
	const struct aa_session *session;
	const char *command; /* of a sudo; NULL: what sudo was asked for, its own arguments */
	int64_t micros;
};
/* With the event "sudo" it has the command. */
json_t *aa_audit_event(const struct aa_audit_event *event);

/* The end of an opened session: AA_OK, or why it was ended. `service`: of the program that saw it. */
json_t *aa_audit_session_close(const struct aa_session *session, const char *service, enum aa_reason reason,
			       int64_t micros);

/* One step of a request for approval: requested, approved, denied, timeout, withdrawn, refused. `answer` NULL: nobody has
 * answered. */
json_t *aa_audit_approval(const json_t *request, const char *service, const char *step, enum aa_reason reason,
			  const json_t *answer);

#endif
