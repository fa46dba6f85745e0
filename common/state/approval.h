/* SPDX-License-Identifier: Apache-2.0 */
/* approval.h: requests that wait for a person: RUNDIR/approvals/.
 *
 *   NUMBER.json     the request, made once: agent, user, command, folder, end
 *   NUMBER.answer   the answer, {"answer": "approve"|"deny", "by", "at", "why"}: the first of two approvers' stands
 *   AGENT.slot.N    locked (flock) by the sudo that has the agent's slot N for a request, or the number of one that lasts
 *
 * The sudo that asked holds its request by its pid and start time, and removes it when it ends. The request of a sudo
 * that was killed is removed by the next reader, `session reap` at the latest. An answer is good for that one sudo:
 * nothing is remembered beyond it. A request for a role ("elevate") may outlast its sudo ("lasting"); the command that
 * approves of it makes the elevation.
 */
#ifndef AGENTAUTH_STATE_APPROVAL_H
#define AGENTAUTH_STATE_APPROVAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "common/verify/policy.h"
#include "common/verify/reason.h"

#define AA_APPROVAL_ID_SIZE 7  /* six digits and a zero */
#define AA_APPROVAL_WAIT 120   /* seconds */
#define AA_APPROVAL_LASTS 3600 /* seconds that a request for a role is open, where its sudo does not wait */
#define AA_APPROVAL_SLOTS 3    /* open requests of one agent */

/* Takes one of the agent's slots for an open request. The descriptor holds the slot until it is closed, so the kernel
 * gives the slot back however this process ends. Nothing is waited for. -EBUSY: all slots are taken; or another
 * negative errno. */
int aa_approval_slot(const char *rundir, const char *agent);
/* Keeps the slot for as long as the request is there. */
bool aa_approval_keep(int slot, const char *id);
/* Writes the request and adds id, pid and until to it; the reference is stolen. 0 or -errno. */
int aa_approval_request(const char *rundir, json_t *request, int64_t now, char ret_id[AA_APPROVAL_ID_SIZE]);
/* Gives each open request, as a new reference, to `each`: its sudo runs and its time is not over. The files of other
 * requests are removed; those whose sudo left without a word are shown to `gone` (may be NULL). 0 or -errno. */
typedef void aa_approval_each_fn(void *data, json_t *request);
int aa_approval_each(const char *rundir, uid_t owner, int64_t now, aa_approval_each_fn *each,
		     aa_approval_each_fn *gone, void *data);
/* Gives an open request as a new reference; NULL: there is no such request, or it is over. */
json_t *aa_approval_get(const char *rundir, uid_t owner, const char *id, int64_t now);

/* Answers an open request. 0; -EEXIST: somebody answered before; -ENOENT: there is no such open request. */
int aa_approval_answer(const char *rundir, uid_t owner, const char *id, bool approve, const char *by,
		       const char *why, int64_t now);
/* A request is in one of these states. */
enum aa_request_state {
	AA_REQUEST_OPEN, /* nobody has answered yet */
	AA_REQUEST_APPROVED,
	AA_REQUEST_DENIED,
	AA_REQUEST_TIMED_OUT,
	AA_REQUEST_WITHDRAWN, /* by the sudo that asked: it was interrupted */
};
/* Asks for the state of a request. AA_REQUEST_WITHDRAWN is never the answer: only the sudo itself knows of it.
 * *ret_answer is a new reference, or NULL. */
enum aa_request_state aa_approval_poll(const char *rundir, uid_t owner, const char *id, int64_t until,
				       int64_t now, json_t **ret_answer);
void aa_approval_withdraw(const char *rundir, const char *id);

#endif
