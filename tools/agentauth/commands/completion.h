/* SPDX-License-Identifier: Apache-2.0 */
/* completion.h: agentauth --complete, for the shells. */
#ifndef AGENTAUTH_AGENT_COMPLETION_H
#define AGENTAUTH_AGENT_COMPLETION_H

#include <stddef.h>

#include "tools/cli/cmdline.h"

/* Prints what the last of the words may become, as tools/cli/complete.h has it. Nothing is said of profiles that cannot be
 * read. */
void completion(const struct command *const *commands, size_t n_commands, int n, char **words);

#endif
