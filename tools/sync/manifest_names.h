/* SPDX-License-Identifier: Apache-2.0 */
/* manifest_names.h: finds which files a manifest names, so that they can be fetched and waited for before it. It says what to carry, and
 * nothing else: no signature is looked at. */
#ifndef AGENTAUTH_SYNC_MANIFEST_NAMES_H
#define AGENTAUTH_SYNC_MANIFEST_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/sync/carried.h"

/* Calls `each` for every digest of "files": {PATH: DIGEST} in the payload of a JWS in its general JSON serialization (RFC 7515 section
 * 7.2.1), until it answers false. false: so it did, or the text is no such JWS. */
bool manifest_names(const char *jws, size_t len, bool (*each)(const struct carried *file, void *context),
		    void *context);

#endif
