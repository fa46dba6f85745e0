/* SPDX-License-Identifier: Apache-2.0 */
/* whose.h: which agent's a program is, in which session and on whose behalf, and whether that is recorded. */
#ifndef AGENTAUTHCTL_WHOSE_H
#define AGENTAUTHCTL_WHOSE_H

#include "common/registry/accounts.h"
#include "common/state/session_record.h"
#include "tools/agentauthctl/record/exec_event.h"
#include "tools/agentauthctl/record/exec_source.h"

struct whose_answer {
	bool recorded; /* an agent's, whose sessions are recorded */
	char agent[AA_AGENT_NAME_MAX + 1];
	uint32_t uid;
	const struct aa_session *session; /* NULL: none is known; of the table, until the next question */
};

struct whose; /* remembers what it has found out */

struct whose *whose_new(const char *statedir, const char *rundir, uid_t owner);
void whose_free(struct whose *whose);

/* Gives the range of ids in which agents are. False: the registry cannot be read. */
bool whose_range(const struct whose *whose, struct exec_range *ret);

/* Says whose the program is. A process is the agent's that its real uid names, else the one that its login uid or effective uid
 * names: what sudo runs keeps the login uid. What the registry says is asked anew every second; `now_us` is of the monotonic
 * clock. An agent whose roles cannot be read is recorded. */
void whose_is(struct whose *whose, const struct exec_event *event, int64_t now_us, struct whose_answer *ret);

#endif
