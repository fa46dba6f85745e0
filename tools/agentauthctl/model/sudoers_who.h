/* SPDX-License-Identifier: Apache-2.0 */
/* sudoers_who.h: whom this host's sudoers name: users, groups, and those that others may run commands as.
 *
 * Read as text, with what it includes, so that it holds for every sudo there is, and takes in too much rather than too
 * little: of a rule, all that stands before its "=" (its hosts too), the members of aliases of users, whom
 * Defaults are for, and what stands in (…). Rules that come from a directory are not seen.
 */
#ifndef AGENTAUTHCTL_SUDOERS_WHO_H
#define AGENTAUTHCTL_SUDOERS_WHO_H

#include <stdbool.h>
#include <stddef.h>

struct sudoers_who {
	char **v; /* "alice", "%sudo", "%#27", "#1000"; sorted */
	size_t n, cap;
};

/* Adds those that `file` and what it includes name. A file that is absent or may not be read has none. */
void sudoers_who_read(struct sudoers_who *who, const char *file);
void sudoers_who_free(struct sudoers_who *who);
/* Whether `name` is among them, with `prefix` ('%', or 0) before it. */
bool sudoers_who_has(const struct sudoers_who *who, char prefix, const char *name);

#endif
