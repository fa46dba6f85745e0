/* SPDX-License-Identifier: Apache-2.0 */
/* profile_add.h: agentauth profile add: writing a first profile. */
#ifndef AGENTAUTH_AGENT_PROFILE_ADD_H
#define AGENTAUTH_AGENT_PROFILE_ADD_H

#include <stdbool.h>

/* The options of agentauth profile add that say what stands in the profile. */
enum {
	OPT_AGENT,
	OPT_NAME,
	OPT_AUDIENCE,
	OPT_KEY,
	OPT_PASS_FILE,
	OPT_ISSUER,
	OPT_CLIENT_ID,
	OPT_SECRET_FILE,
	OPT_TOKEN_FILE,
	OPT_TOKEN_ENV,
	OPT_SCOPE,
	N_TEXTS
};

struct profile_request {
	const char *operand, *config;
	const char *texts[N_TEXTS];
	bool dry_run;
};

/* The exit status. */
int profile_add(const struct profile_request *request);

#endif
