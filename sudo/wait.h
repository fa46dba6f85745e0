/* SPDX-License-Identifier: Apache-2.0 */
/* wait.h: waits for the answer to a request, while the agent may interrupt its sudo. */
#ifndef AGENTAUTH_SUDO_WAIT_H
#define AGENTAUTH_SUDO_WAIT_H

#include <jansson.h>

#include "common/state/approval.h"
#include "common/state/context.h"
#include "common/user/guard.h"

/* Waits for the answer, up to AA_APPROVAL_WAIT seconds from ctx->now, with the guard lowered. *ret_answer is a new reference,
 * or NULL. */
enum aa_request_state aa_wait_answer(const char *rundir, struct aa_guard *guard, const struct aa_context *ctx,
				     const char *id, json_t **ret_answer);

#endif
