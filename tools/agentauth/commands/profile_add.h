/* SPDX-License-Identifier: Apache-2.0 */
/* profile_add.h: agentauth profile add: writing a first profile. */
#ifndef AGENTAUTH_AGENT_PROFILE_ADD_H
#define AGENTAUTH_AGENT_PROFILE_ADD_H

#include "tools/cli/program.h"

/* How an option that has a setting writes its argument. */
enum profile_add_how {
	WRITE_TEXT,
	WRITE_KEY,  /* a file's name, or what else names a key */
	WRITE_FILE, /* the place of a secret: { file = … } */
	WRITE_ENV,
};

extern const struct command command_profile_add;

#define PROFILE_CONFIG_OPTION \
	{ \
		"config", "FILE", "the profiles; default $AGENTAUTH_CONFIG or ~/.config/agentauth/config", \
		    0, NULL \
	}

#endif
