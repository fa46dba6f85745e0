/* SPDX-License-Identifier: Apache-2.0 */
/* push.h: writes a release from a folder into a directory: what the manifest names first, then stops, then the manifest, and at the
 * end what no manifest names any more goes. Whoever reads in between has the old release or the new one whole. */
#ifndef AGENTAUTH_SYNC_PUSH_H
#define AGENTAUTH_SYNC_PUSH_H

#include <stdbool.h>
#include <stddef.h>

#include <ldap.h>

struct push_done {
	size_t files, stops, removed; /* that were added, that were taken away */
	bool manifest;		      /* it is another one than before */
};

/* `folder` holds manifest.jws, files/ and perhaps stops/. With `dry_run` nothing is written. 0, or -1: said. */
int push_release(LDAP *ld, const char *base, const char *folder, bool dry_run, struct push_done *ret);

#endif
