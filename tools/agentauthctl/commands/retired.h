/* SPDX-License-Identifier: Apache-2.0 */
/* retired.h says of a retired agent until when it can be restored. */
#ifndef AGENTAUTHCTL_RETIRED_H
#define AGENTAUTHCTL_RETIRED_H

#include "tools/agentauthctl/commands/ctl.h"

/* retired_until() returns the time after which the agent cannot be restored any more. */
int64_t retired_until(const struct given_id *e);

/* retired_cure() says what is left to do about the agent, as a sentence's rest: to restore it, or after that time to
 * register another. It is good until the next call. */
const char *retired_cure(const struct given_id *e, int64_t now);

/* retired_list() returns the agents that can be restored, those first that were retired last; the caller frees.
 * retired_ids() reads STATEDIR/ids, and returns 0 or -1; ids_free() follows in any case. */
struct given_id *retired_list(const struct ids *ids, int64_t now, size_t *ret_n);
int retired_ids(const char *statedir, uid_t owner, struct ids *ret);

/* retired_read() gives what STATEDIR/ids says of the agent. It returns false where that has no such agent, or cannot be
 * read, or the agent is not retired. */
bool retired_read(const struct ctl *ctl, const char *name, struct given_id *ret);

#endif
