/* SPDX-License-Identifier: Apache-2.0 */
/* profile_add.h: agentauth profile add: writing a first profile. */
#ifndef AGENTAUTH_AGENT_PROFILE_ADD_H
#define AGENTAUTH_AGENT_PROFILE_ADD_H

#include <stdbool.h>

/* The options of agentauth profile; those before N_TEXTS say what stands in the profile. */
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
	N_TEXTS,
	OPT_CONFIG = N_TEXTS,
	OPT_DRY_RUN,
	OPT_JSON
};

struct profile_request {
	const char *action, *operand, *config;
	const char *texts[N_TEXTS];
	bool dry_run, json;
};

/* The exit status. */
int profile_add(const struct profile_request *request);

#endif
