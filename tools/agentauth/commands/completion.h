/* SPDX-License-Identifier: Apache-2.0 */
/* completion.h: what agentauth --complete offers besides commands and options, as tools/cli/complete.h has it. */
#ifndef AGENTAUTH_AGENT_COMPLETION_H
#define AGENTAUTH_AGENT_COMPLETION_H

#include "tools/cli/complete.h"

extern const struct complete_value completion_values[];

/* Offers every name of a kind. Nothing is said of profiles that cannot be read. */
void completion_list(const char *kind);

#endif
