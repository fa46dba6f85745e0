/* SPDX-License-Identifier: Apache-2.0 */
/* mirror_internal.h: the mirror's text in the daemon's folder: the base, the manifest that was written last, the cookie, and of
 * each entry its file and its entryUUID. */
#ifndef AGENTAUTH_SYNC_MIRROR_INTERNAL_H
#define AGENTAUTH_SYNC_MIRROR_INTERNAL_H

#include "tools/sync/mirror.h"

/* 0 or a negative errno. */
int mirror_state_save(const struct mirror *mirror);

#endif
