/* SPDX-License-Identifier: Apache-2.0 */
/* withheld.h keeps names and ids of ours from NSS, where another source of names came to know one of them after it
 * was published: if our module is asked first, an agent would take a person's place.
 *
 * The lists are STATEDIR/withheld.passwd and withheld.group (registry/accounts.h). NSS itself asks no other source. A
 * name leaves the lists when no other source knows it or its id any more. */
#ifndef AGENTAUTHCTL_WITHHELD_H
#define AGENTAUTHCTL_WITHHELD_H

#include <stdbool.h>

#include "tools/agentauthctl/publish/workspace.h"

/* A withheld_fn is told of what changed. `known` is what another source has, as a sentence's rest, or NULL where the name
 * is served again; `retired` says that it is a retired agent's or role's, which NSS serves as the owner of files alone. */
typedef void withheld_fn(void *data, const char *name, const char *known, bool retired);

/* withheld_update() asks the other sources about what is withheld, and about the agent `only`; with NULL about as
 * many agents and roles as may be asked about in a moment, and the next time about those that follow. It writes the
 * lists, and returns 0, or -1 where the failure was reported. */
int withheld_update(const struct paths *paths, const char *only, withheld_fn *tell, void *data,
		    struct problems *problems);

/* withheld_has() returns whether the list has the agent. */
bool withheld_has(const struct paths *paths, const char *name);

#endif
