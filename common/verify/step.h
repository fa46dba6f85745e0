/* SPDX-License-Identifier: Apache-2.0 */
/* step.h: notes the steps of a decision for a caller that looks on, as `agentauthctl explain` does and PAM does not.
 *
 * Each rule of verify and state notes its outcome where it is applied, so that the explanation is of the decision itself,
 * and there is no second list of rules. Without a trace a step costs a comparison. */
#ifndef AGENTAUTH_VERIFY_STEP_H
#define AGENTAUTH_VERIFY_STEP_H

#include <stdbool.h>
#include <stddef.h>

#include "common/verify/reason.h"

enum aa_step {
	AA_STEP_ACCOUNT,
	AA_STEP_ELEVATION, /* to one role, which is the subject */
	AA_STEP_FAILURES,
	/* a credential: all steps but the two of a person's delegation, nonce, task and scope are a token's too */
	AA_STEP_FORM,
	AA_STEP_ISSUER,
	AA_STEP_KEY,
	AA_STEP_SIGNATURE,
	AA_STEP_TYPE,
	AA_STEP_IDENTITY,
	AA_STEP_SUBJECT,
	AA_STEP_AUDIENCE,
	AA_STEP_TIMES,
	AA_STEP_NONCE,
	AA_STEP_REQUIRE,
	AA_STEP_BINDING,
	AA_STEP_BEHALF,
	AA_STEP_PROOF,
	AA_STEP_TASK,
	AA_STEP_SCOPE,
	/* the agent, and the roles that are left */
	AA_STEP_EXPIRY,
	AA_STEP_ADDRESS,
	AA_STEP_ASKED,
	AA_STEP_ROLE, /* of one role, which is the subject */
	AA_STEP_ROLES,
	AA_STEP_SUSPENSION,
	AA_STEP_UNASKED,
	/* inside a session */
	AA_STEP_SESSION,
	AA_STEP_DEADLINE,
	AA_STEP_REVOCATION,
	AA_STEP_SERVICE,
	AA_STEP_GROUPS,
	AA_STEP_PLUGIN,	  /* of sudo, which asks and counts */
	AA_STEP_BUDGET,	  /* of one role, which is the subject */
	AA_STEP_APPROVAL, /* the subject: the role whose rule has the command wait; NULL: none has */
	/* at last, so that what is refused is not used up */
	AA_STEP_RECORDER,
	AA_STEP_ROOM,
	AA_STEP_REPLAY,
	AA_STEP_LOG,
	AA_STEP_COUNT
};

/* A way to a decision is a bit. */
enum {
	AA_WAY_ASSERTION = 1,
	AA_WAY_TOKEN = 2,
	AA_WAY_SSH_KEY = 4,
	AA_WAY_AWAITED = 8, /* nothing is presented yet */
	AA_WAY_SESSION = 16,
	AA_WAY_STARTED = 32, /* by root or a person of this host */
	AA_WAY_SOME = 64,    /* none of these: what few agents have, is noted where it is there */
};

struct aa_trace {
	/* `subject` says which of several the step is about, a role's name; NULL: there is one only. Borrowed. */
	void (*note)(void *data, enum aa_step step, const char *subject, enum aa_reason reason);
	void *data;
};

/* Notes the outcome of a step, and answers it. */
static inline enum aa_reason aa_step(const struct aa_trace *trace, enum aa_step step, const char *subject,
				     enum aa_reason reason)
{
	if (trace)
		trace->note(trace->data, step, subject, reason);
	return reason;
}

/* Gives the step's name, "audience". */
const char *aa_step_name(enum aa_step step);
/* Returns a sentence without a full stop, which holds where the step is AA_OK. */
const char *aa_step_sentence(enum aa_step step);
/* Says whether a decision on this way takes the step. */
bool aa_step_is_of(enum aa_step step, unsigned way);

#endif
