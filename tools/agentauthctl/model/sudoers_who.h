/* SPDX-License-Identifier: Apache-2.0 */
/* sudoers_who.h: finds the names in this host's sudoers: users, groups, and those whose commands others may run.
 *
 * The files are read as text, with all that they include, so that the answer holds for every sudo there is, and takes in
 * too much rather than too little. Of a rule these are all words before its "=" (its hosts too), the members of aliases of
 * users, the names that Defaults are for, and the words in (…). Rules that come from a directory service are not seen. */
#ifndef AGENTAUTHCTL_SUDOERS_WHO_H
#define AGENTAUTHCTL_SUDOERS_WHO_H

#include <stdbool.h>
#include <stddef.h>

struct sudoers_who {
	char **v; /* "alice", "%sudo", "%#27", "#1000"; sorted */
	size_t n, cap;
};

/* Adds the names in `file` and in the files that it includes. A file that is absent or may not be read has none. */
void sudoers_who_read(struct sudoers_who *who, const char *file);
void sudoers_who_free(struct sudoers_who *who);
/* Tells whether `name` is among them, with `prefix` ('%', or 0) before it. */
bool sudoers_who_has(const struct sudoers_who *who, char prefix, const char *name);

#endif
