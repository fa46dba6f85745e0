/* SPDX-License-Identifier: Apache-2.0 */
/* profiles.h: reads the file of the profiles, ~/.config/agentauth/config. */
#ifndef AGENTAUTH_AGENT_PROFILES_H
#define AGENTAUTH_AGENT_PROFILES_H

#include <stddef.h>

#include "tools/agentauth/local/profile.h"

#define PROFILES_MAX 65536 /* bytes of the file */

struct profiles;

/* Returns the path of the profiles' file, from malloc(): `path`, or $AGENTAUTH_CONFIG, or ~/.config/agentauth/config. NULL
 * comes with the reason said. */
char *profiles_file(const char *path);
/* Reads the file that profiles_file() names. All that is wrong with it is said in one run, with line and column, and NULL
 * returned. */
struct profiles *profiles_load(const char *path);
/* Reads a text as if it were in the file `path`, which may hold no profile at all. */
struct profiles *profiles_parse(const char *text, const char *path);
void profiles_free(struct profiles *profiles);

size_t profiles_count(const struct profiles *profiles);
const struct profile *profiles_at(const struct profiles *profiles, size_t i);
const char *profiles_path(const struct profiles *profiles);

/* Returns the profile of this name, or NULL with the reason said. */
const struct profile *profiles_find(const struct profiles *profiles, const char *name);

#endif
