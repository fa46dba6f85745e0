/* SPDX-License-Identifier: Apache-2.0 */
/* budget.h: how many commands of sudo an agent ran by a role lately, for the role's max_sudo: STATEDIR/state/budget/AGENT.ROLE.
 *
 * The file holds the times of the last commands, as many as max_sudo allows, so that it is small and nothing else is read.
 * A sudo that counts holds its lock (flock), and waits for it for a moment. What cannot be counted counts as used up; a file
 * that is damaged is filled up, and is in order again when its stretch of time is over. A time that lies ahead, of a clock that
 * was set back since, becomes now.
 */
#ifndef AGENTAUTH_STATE_BUDGET_H
#define AGENTAUTH_STATE_BUDGET_H

#include "common/state/context.h"
#include "common/verify/command.h"

/* Finds a role whose budget the command exceeds; role "" where there is none. Of the record's roles those count that have a
 * sudo rule for the command, whatever the login asked for. Unless ctx->dry the command is counted for each. AA_OK, or the
 * reason why that cannot be told. */
enum aa_reason aa_budget_waits(const struct aa_context *ctx, const struct aa_agent *agent,
			       const struct aa_command *command, struct aa_command_rule *ret);

#endif
