/* SPDX-License-Identifier: Apache-2.0 */
/* decision.h: the audit record of a decision: the same members, whoever decided. */
#ifndef AGENTAUTH_STATE_DECISION_H
#define AGENTAUTH_STATE_DECISION_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "common/verify/verify.h"
#include "common/state/session.h"

struct aa_decision {
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

/* The record, for aa_context_audit(). With the event "sudo" it has the command. The caller owns it; it is empty, or NULL, where memory is out. */
json_t *aa_decision_record(const struct aa_decision *decision);

/* Of the monotonic clock, for `micros`. */
int64_t aa_now_us(void);

#endif
