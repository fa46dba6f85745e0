/* SPDX-License-Identifier: Apache-2.0 */
/* id_overlaps.h finds what else gives out ids of the agents' range on this host: subordinate ids of containers,
 * useradd, SSSD's and winbind's mapping, accounts that exist. Two accounts of one uid have each other's files. */
#ifndef AGENTAUTHCTL_ID_OVERLAPS_H
#define AGENTAUTHCTL_ID_OVERLAPS_H

#include <stddef.h>
#include <stdint.h>

#include "tools/agentauthctl/model/host_facts.h"

/* id_range runs over agents' uids from `min` to `max`, and on to the last of roles' gids. */
struct id_range {
	int64_t min, uid_max, gid_max;
};

/* id_overlaps_find() calls `each` with a sentence for every overlap, and returns their number. `sysconfdir` is /etc. */
size_t id_overlaps_find(const struct id_range *range, const struct host_facts *facts, const char *sysconfdir,
			void (*each)(void *data, const char *what), void *data);

/* id_overlaps_cure() returns settings of accounts whose range nothing overlaps; the caller frees. It returns NULL
 * where no range that comes into question is free. */
char *id_overlaps_cure(const struct host_facts *facts, const char *sysconfdir);

#endif
