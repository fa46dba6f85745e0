/* SPDX-License-Identifier: Apache-2.0 */
/* pending.h finds what the text holds beside a command's change that is not published: a colleague's edit, which may be
 * half done. */
#ifndef AGENTAUTHCTL_PENDING_H
#define AGENTAUTHCTL_PENDING_H

#include "tools/agentauthctl/publish/build_work.h"
#include "tools/agentauthctl/publish/text_change.h"
#include "tools/agentauthctl/publish/workspace.h"

/* pending_find() adds it to `ret`. No change of a command's own is about all of the text, of which nothing is pending. */
void pending_find(struct workspace *ws, const struct text_change *change, const struct build *build,
		  struct changes *ret);

#endif
