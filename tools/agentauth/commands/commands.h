/* SPDX-License-Identifier: Apache-2.0 */
/* commands.h: the commands of agentauth, one file each. */
#ifndef AGENTAUTH_AGENT_COMMANDS_H
#define AGENTAUTH_AGENT_COMMANDS_H

#include "tools/cli/program.h"

#define COMMAND(name) extern const struct command command_##name;
#include "tools/agentauth/commands/commands.def"
#undef COMMAND

#endif
