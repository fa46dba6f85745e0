/* SPDX-License-Identifier: Apache-2.0 */
/* metrics_state.h: what outlasts a run of `agentauthctl metrics`: LOGDIR/metrics.state, with the counters and the place in the
 * log up to which they count. Where the file is lost, both begin anew with the log that is there. */
#ifndef AGENTAUTHCTL_METRICS_STATE_H
#define AGENTAUTHCTL_METRICS_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tools/agentauthctl/audit/log_follow.h"
#include "tools/agentauthctl/metrics/log_count.h"

#define METRICS_STATE "metrics.state" /* in LOGDIR */

struct metrics_state {
	struct log_place place;
	struct log_count count;
	int64_t fault_at; /* when the chain was last found broken; 0: never */
};

/* Reads the state; a file that is damaged or of another version counts as lost (-EBADMSG, -ENOENT, with an empty state), any
 * other failure is a negative errno. metrics_state_free() in any case. */
int metrics_state_read(int dirfd, uid_t owner, struct metrics_state *ret);
int metrics_state_write(int dirfd, const struct metrics_state *state);
void metrics_state_free(struct metrics_state *state);

/* Reads what is new of the log, and counts it. False: reported. `walk` of `follow` then says what was found. */
bool metrics_state_go_on(struct metrics_state *state, struct log_follow *follow, int64_t now);

#endif
