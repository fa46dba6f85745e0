/* SPDX-License-Identifier: Apache-2.0 */
/* near_name.h finds the name of an agent or a role that a mistyped word was probably meant to be. */
#ifndef AGENTAUTHCTL_NEAR_NAME_H
#define AGENTAUTHCTL_NEAR_NAME_H

#include <sys/types.h>

#include "tools/agentauthctl/publish/published.h"

/* near_agent() returns " (did you mean NAME?)" for an agent that is published and not retired, or an empty text; near_role() does
 * the same for a role. Both are good until the next call. */
const char *near_agent(const char *statedir, uid_t owner, const char *word);
const char *near_role(struct published *published, const char *word);

#endif
