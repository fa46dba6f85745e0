/* SPDX-License-Identifier: Apache-2.0 */
/* user.h: whose user a name or a uid is, in a decision's own view of the host. PAM, the approval plugin and the commands
 * that answer requests decide by this alone; common/user/kind.h has what is decided by the registry.
 */
#ifndef AGENTAUTH_STATE_USER_H
#define AGENTAUTH_STATE_USER_H

#include <stdint.h>

#include "common/state/context.h"
#include "common/user/kind.h"

/* Decides by a name. Opens the context's registry, which stays open; the caller calls aa_context_close() in every
 * case. */
enum aa_user_kind aa_user_by_name(struct aa_context *ctx, const char *name, struct aa_user *ret);
/* Decides by a uid; 0 is root's alone. Opens the registry where the context has none open. A person of another source
 * who has an agent's uid by another name keeps it, unless this process is in a session of the agent's. */
enum aa_user_kind aa_user_by_uid(struct aa_context *ctx, uint32_t uid, struct aa_user *ret);

/* Gives the context's registry, opened where it is not; NULL: it cannot be read. */
const struct aa_accounts *aa_user_registry(struct aa_context *ctx);

#endif
