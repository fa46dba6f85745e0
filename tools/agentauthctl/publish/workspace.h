/* SPDX-License-Identifier: Apache-2.0 */
/* workspace.h holds what one command works on: the text as it is open, the state, its lock, and the host's facts.
 *
 * STATEDIR/lock is held from before the text is read, so that two commands at once follow each other and both take
 * effect. */
#ifndef AGENTAUTHCTL_WORKSPACE_H
#define AGENTAUTHCTL_WORKSPACE_H

#include <stdbool.h>
#include <sys/types.h>

#include "tools/agentauthctl/model/host_facts.h"
#include "tools/agentauthctl/model/model.h"
#include "tools/agentauthctl/publish/agent_names.h"
#include "tools/agentauthctl/publish/changes.h"
#include "tools/agentauthctl/publish/ids.h"
#include "tools/agentauthctl/publish/paths.h"
#include "tools/cli/problems.h"

#define WORKSPACE_LOCK "lock" /* in STATEDIR */

struct workspace {
	const struct paths *paths;
	int conf_fd, agents_fd, state_fd, lock_fd; /* -1: not open */
	char *agents_dir;
	struct host_facts facts;
	struct model model;
	struct ids ids;
	struct agent_names names;
	/* what agentauth.conf held that is not published, before text_change_reread() */
	struct changes main_pending;
	struct problems *problems;
};

/* workspace_open() opens the directories, takes the lock (where `lock`; a wait is told on standard error) and reads
 * agentauth.conf, the names in agents.d, the ids and the host's facts. A state directory that does not exist is an
 * error with `lock`; without, nothing was published yet. It returns 0, or -1 where the failure was reported;
 * workspace_close() follows in any case. */
int workspace_open(struct workspace *ws, const struct paths *paths, bool lock, struct problems *problems);

/* workspace_open_state() opens the state directory, its lock and the ids alone, so that a text that is not in order is
 * in nobody's way. */
int workspace_open_state(struct workspace *ws, const struct paths *paths, struct problems *problems);

void workspace_close(struct workspace *ws);

#endif
