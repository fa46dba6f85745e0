/* SPDX-License-Identifier: Apache-2.0 */
/* free_uid.h finds uids for new agents: the lowest that nobody had, has, or is about to have. */
#ifndef AGENTAUTHCTL_FREE_UID_H
#define AGENTAUTHCTL_FREE_UID_H

#include "tools/agentauthctl/names/strangers.h"
#include "tools/agentauthctl/publish/workspace.h"

struct free_uids {
	const struct workspace *workspace;
	uint32_t *pending; /* uids in files that were never published, and those reserved */
	size_t n, cap;
	uint32_t next; /* all below are taken */
	struct stranger_ids others;
};

/* free_uids_begin() looks into the files that are new to the ids; free_uids_end() frees. */
void free_uids_begin(struct free_uids *uids, struct workspace *workspace);
void free_uids_end(struct free_uids *uids);
/* free_uids_reserve() keeps a uid from being found. */
void free_uids_reserve(struct free_uids *uids, uint32_t uid);
/* free_uids_next() returns another one with each call, or 0 where none from uid_min to uid_max is free, which it reports. */
uint32_t free_uids_next(struct free_uids *uids);

#endif
