/* SPDX-License-Identifier: Apache-2.0 */
/* build.h checks all of the text and makes a generation's records of it, as a part of publishing (publish.h). */
#ifndef AGENTAUTHCTL_BUILD_H
#define AGENTAUTHCTL_BUILD_H

#include "tools/agentauthctl/publish/build_work.h"
#include "tools/agentauthctl/publish/publish_options.h"
#include "tools/agentauthctl/publish/workspace.h"

/* build_generation() reads and checks everything, and writes the records into the directory open as `gen_fd` (-1:
 * nowhere). The names in `ws` already are those that the change leaves. It returns 0, or -1 where the failure was
 * reported. */
int build_generation(struct workspace *ws, const struct publish_options *options, int gen_fd, uint32_t number,
		     struct build *ret);
void build_free(struct build *build);

/* build_check_agents() looks at the agents' files by themselves, where agentauth.conf could not be read. */
void build_check_agents(struct workspace *ws);

/* build_main_changes() and build_agent_changes() compare what was read with what is published: agentauth.conf, which
 * is in order, and one agent's file, which exists. A file that is not in order counts as changed. */
void build_main_changes(struct workspace *ws, struct changes *ret);
void build_agent_changes(struct workspace *ws, const char *name, struct changes *ret);

#endif
