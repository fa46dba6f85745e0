/* SPDX-License-Identifier: Apache-2.0 */
/* enumerate.h: getpwent and getgrent. */
#ifndef AGENTAUTH_NSS_ENUMERATE_H
#define AGENTAUTH_NSS_ENUMERATE_H

#include <grp.h>
#include <nss.h>
#include <pwd.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "nss/find.h"

/* The position of an enumeration is the generation that it began in, << 32, and the offset of the next record. 0: it has
 * not begun. */
typedef _Atomic uint64_t aa_cursor;

enum nss_status aa_enumerate_passwd(const struct aa_nss *nss, aa_cursor *cursor, struct passwd *ret,
				    char *buf, size_t size, int *errnop);
enum nss_status aa_enumerate_group(const struct aa_nss *nss, aa_cursor *cursor, struct group *ret, char *buf,
				   size_t size, int *errnop);

#endif
