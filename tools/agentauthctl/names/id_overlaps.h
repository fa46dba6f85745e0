/* SPDX-License-Identifier: Apache-2.0 */
/* id_overlaps.h: what else gives out ids of the agents' range on this host: subordinate ids of containers, useradd, SSSD's
 * and winbind's mapping, accounts that are there. Whoever has an agent's uid has its files, and an agent theirs.
 */
#ifndef AGENTAUTHCTL_ID_OVERLAPS_H
#define AGENTAUTHCTL_ID_OVERLAPS_H

#include <stddef.h>
#include <stdint.h>

#include "tools/agentauthctl/model/host_facts.h"

/* Agents' uids from `min` on, the last of them, and the last of roles' gids. */
struct id_range {
	int64_t min, uid_max, gid_max;
};

/* Calls `each` with a sentence for every overlap, and answers how many there are. `sysconfdir` is /etc. */
size_t id_overlaps_find(const struct id_range *range, const struct host_facts *facts, const char *sysconfdir,
			void (*each)(void *data, const char *what), void *data);

/* Settings of accounts whose range nothing overlaps, from malloc(). NULL: none of those that come into question. */
char *id_overlaps_cure(const struct host_facts *facts, const char *sysconfdir);

#endif
