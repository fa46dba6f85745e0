/* SPDX-License-Identifier: Apache-2.0 */
/* ask.h: the decision of the approval plugin on one sudo. */
#ifndef AGENTAUTH_SUDO_ASK_H
#define AGENTAUTH_SUDO_ASK_H

#include "common/verify/reason.h"
#include "sudo/described.h"

/* Decides on a sudo. AA_OK: no approval is needed, or it was given. Any other reason is a refusal; *ret_why is a
 * sentence, static or in a buffer that the next call overwrites. This is the second lock, whatever PAM was told to
 * skip: an agent has sudo in a live session only, and a user that is no agent has none with an agents' group. Both
 * refusals are logged, and so is an agent's sudo that was let through, where the PAM module has not logged it. Other
 * people are let through at once, also where the registry cannot be read for them. */
enum aa_reason aa_ask(const struct aa_sudo *sudo, const char **ret_why);

#endif
