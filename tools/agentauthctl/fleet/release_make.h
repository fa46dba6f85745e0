/* SPDX-License-Identifier: Apache-2.0 */
/* release_make.h makes a release of a registry's text, on the machine of whoever signs. */
#ifndef AGENTAUTHCTL_FLEET_RELEASE_MAKE_H
#define AGENTAUTHCTL_FLEET_RELEASE_MAKE_H

#include "tools/agentauthctl/fleet/release.h"
#include "tools/agentauthctl/publish/workspace.h"

/* release_made is a release with the content of its files. */
struct release_made {
	struct release release; /* with `files`; the caller sets the rest */
	struct making_file {
		char *path, *bytes;
		size_t len;
	} * v;
	size_t n, cap;
	struct changes changes; /* from the release before to this one */
};

/* release_before is the release that lies in the directory, or nothing (json NULL). */
struct release_before {
	struct release release;
	int dirfd;
};

/* release_make() reads the workspace's text and CONFDIR/labels/LABEL/agents.d, and finds what differs from the release before. It returns
 * false where something is not in order, which is in the workspace's problems: also where a name or an id was ever
 * somebody else's. release_made_free() in any case. */
bool release_make(struct workspace *ws, const struct release_before *before, int64_t now,
		  struct release_made *ret);
void release_made_free(struct release_made *made);

#endif
