/* SPDX-License-Identifier: Apache-2.0 */
/* profile_setting.h: one setting of a profile, from libconfig's tree into struct profile. */
#ifndef AGENTAUTH_AGENT_PROFILE_SETTING_H
#define AGENTAUTH_AGENT_PROFILE_SETTING_H

#include <stdbool.h>

#include <libconfig.h>

#include "tools/agentauth/local/profile.h"

/* Says what is wrong with a setting of the file at `path`, and is false. */
bool profile_wrong(const char *path, const config_setting_t *setting, const char *what);

/* False with the reason said. Its strings are the tree's, its lists are from malloc(). */
bool profile_setting_read(const char *path, const config_setting_t *setting, struct profile *ret);

/* The grant's name, as in the profile. */
const char *profile_grant_name(enum profile_grant grant);
/* The name of its client_auth, as in the profile. */
const char *profile_auth_name(const struct profile *profile);

#endif
