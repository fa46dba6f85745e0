/* SPDX-License-Identifier: Apache-2.0 */
/* shared_list.h: the caller's own list of what is shared: ~/.config/agentauth/projects, an agent and a folder on each line. */
#ifndef AGENTAUTH_PROJECT_SHARED_LIST_H
#define AGENTAUTH_PROJECT_SHARED_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct shared {
	char *agent, *path;
};
struct shared_list {
	struct shared *v;
	size_t n, cap;
};

/* Reads the list; where there is none it is empty. Returns 0, or -1 with the reason said. */
int shared_list_read(struct shared_list *ret);
void shared_list_free(struct shared_list *list);
/* Has the list say that the folder is shared with the agent, or is not. Returns 0, or -1 with the reason said. */
int shared_list_put(const char *agent, const char *path, bool is_shared);

#endif
