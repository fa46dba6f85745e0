/* SPDX-License-Identifier: Apache-2.0 */
/* completion.h: what agentauthctl --complete offers besides commands and options, as tools/cli/complete.h has it. */
#ifndef AGENTAUTHCTL_COMPLETION_H
#define AGENTAUTHCTL_COMPLETION_H

#include "tools/cli/complete.h"

extern const struct complete_value completion_values[];

/* Offers every name of a kind that there is on this host: agents, roles, issuers, sessions and so on. */
void completion_list(const char *kind);

#endif
