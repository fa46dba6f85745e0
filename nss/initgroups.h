/* SPDX-License-Identifier: Apache-2.0 */
/* initgroups.h: the supplementary groups of an agent. */
#ifndef AGENTAUTH_NSS_INITGROUPS_H
#define AGENTAUTH_NSS_INITGROUPS_H

#include <nss.h>
#include <sys/types.h>

#include "nss/find.h"

/* Adds the group of all agents, and those of the roles where NSS serves them, to (*groups)[0..*start), which has room for *room and may be made larger with
 * realloc(), up to `limit` where that is above 0. */
enum nss_status aa_initgroups(const struct aa_nss *nss, const char *user, gid_t group, long *start,
			      long *room, gid_t **groups, long limit, int *errnop);

#endif
