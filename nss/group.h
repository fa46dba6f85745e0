/* SPDX-License-Identifier: Apache-2.0 */
/* group.h: getgrnam and getgrgid. */
#ifndef AGENTAUTH_NSS_GROUP_H
#define AGENTAUTH_NSS_GROUP_H

#include <grp.h>
#include <nss.h>
#include <stddef.h>

#include "nss/find.h"

enum nss_status aa_grp_by_name(const struct aa_nss *nss, const char *name, struct group *ret, char *buf,
			       size_t size, int *errnop);
enum nss_status aa_grp_by_gid(const struct aa_nss *nss, gid_t gid, struct group *ret, char *buf, size_t size,
			      int *errnop);
/* Writes a group without members into buf. 0 or -ERANGE. */
int aa_grp_write(const char *name, gid_t gid, struct group *ret, char *buf, size_t size);

#endif
