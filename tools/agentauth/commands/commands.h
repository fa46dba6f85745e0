/* SPDX-License-Identifier: Apache-2.0 */
/* commands.h: the commands of agentauth, one file each. */
#ifndef AGENTAUTH_AGENT_COMMANDS_H
#define AGENTAUTH_AGENT_COMMANDS_H

#include "tools/cli/program.h"

extern const struct command command_answer, command_keygen, command_assert, command_askpass, command_ssh,
    command_run, command_profile, command_token, command_verify, command_whoami;

#endif
