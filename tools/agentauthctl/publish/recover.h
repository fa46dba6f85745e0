/* SPDX-License-Identifier: Apache-2.0 */
/* recover.h: ending or undoing what a killed command left behind. A part of publishing, see publish.h. */
#ifndef AGENTAUTHCTL_RECOVER_H
#define AGENTAUTHCTL_RECOVER_H

#include "tools/agentauthctl/publish/publish.h"

/* With the lock held, and before the ids are read. What its generation serves is ended; what never served has used
 * nothing up. The text is not touched: it may hold a change that is not published. -1: reported. */
int recover(struct workspace *ws);

#endif
