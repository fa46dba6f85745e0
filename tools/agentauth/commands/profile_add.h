/* SPDX-License-Identifier: Apache-2.0 */
/* profile_add.h: the command that writes a profile, for an agent at a host. */
#ifndef AGENTAUTH_AGENT_PROFILE_ADD_H
#define AGENTAUTH_AGENT_PROFILE_ADD_H

#include "tools/cli/program.h"

/* Each of its options that has a setting, "client_secret.file", writes that setting of the profile. */
extern const struct command command_profile_add;

/* This option is one of every command that reads the profiles. */
#define PROFILE_CONFIG_OPTION \
	{ \
		"config", "FILE", "the profiles; default $AGENTAUTH_CONFIG or ~/.config/agentauth/config", \
		    0, NULL \
	}

#endif
