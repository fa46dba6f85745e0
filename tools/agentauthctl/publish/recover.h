/* SPDX-License-Identifier: Apache-2.0 */
/* recover.h ends or undoes what a killed command left behind, as a part of publishing (publish.h). */
#ifndef AGENTAUTHCTL_RECOVER_H
#define AGENTAUTHCTL_RECOVER_H

#include "tools/agentauthctl/publish/paths.h"
#include "tools/cli/problems.h"

/* recover() is called with the lock held, and before the ids are read. A generation that serves is brought to its
 * end; one that never served has used nothing up. The text of one agent or of agentauth.conf is not touched, and may
 * hold a change that is not published; of several agents at once (journal_texts.h) it is put back. recover() returns 0, or -1 where the failure was reported. */
int recover(const struct paths *paths, int state_fd, struct problems *problems);

#endif
