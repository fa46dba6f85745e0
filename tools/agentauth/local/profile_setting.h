/* SPDX-License-Identifier: Apache-2.0 */
/* profile_setting.h: the one table of the settings that a profile can have.
 *
 * The table says of each setting how it is read and into which member of struct profile, and what it has to do with other
 * settings. `agentauth profile add` writes settings by it, and agentauth(1) describes each of them. */
#ifndef AGENTAUTH_AGENT_PROFILE_SETTING_H
#define AGENTAUTH_AGENT_PROFILE_SETTING_H

#include <stdbool.h>

#include "tools/agentauth/local/profile.h"
#include "tools/conf/conf_read.h"

enum {
	SETTING_PATH = 1, /* is a path, which may be relative to the file's folder */
	SETTING_TOKEN =
	    2, /* decides which token is got, so that another value needs another place in the cache */
	SETTING_ASKS = 4,  /* says how an identity provider is asked for a token */
	SETTING_SIGNS = 8, /* says what an assertion for a host contains or who signs it */
};

struct profile_setting {
	struct conf_setting conf;
	unsigned flags;
};

/* The table ends with a setting without a name. */
extern const struct profile_setting profile_settings[];
/* A profile has these settings before its text is read. */
extern const struct profile profile_defaults;

/* Returns the table in the form that conf_read() takes, for a text of many profiles. */
const struct conf_setting *profile_settings_of_file(void);

/* Tells whether the profile has the setting. A number or a word that is the default does not count. */
bool profile_setting_is_set(const struct profile *profile, const struct profile_setting *setting);
/* Returns the name of the first setting with one of the flags that the profile has, or NULL. */
const char *profile_setting_among(const struct profile *profile, unsigned flags);

/* Returns the names of a grant and of a client_auth, as profiles write them. */
const char *profile_grant_name(enum profile_grant grant);
const char *profile_auth_name(enum profile_auth auth);

#endif
