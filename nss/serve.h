/* SPDX-License-Identifier: Apache-2.0 */
/* serve.h: what glibc asks, for a host that is given: the functions behind the module's exported ones.
 *
 * Arguments and answers are those of glibc's NSS interface. The size of an answer is computed before any of
 * it is written; every pointer in it points into `buf`. What is returned beside a status in *errnop:
 *   NSS_STATUS_TRYAGAIN  ERANGE: buf is too small, nothing was used up; otherwise a shortage of the moment
 *   NSS_STATUS_UNAVAIL   ENOENT: the registry is damaged or unreadable. Not a word of how: a program that
 * asks for a user who does not exist is told nothing else on a host where the registry is in order
 *   NSS_STATUS_SUCCESS, NSS_STATUS_NOTFOUND   *errnop is left alone
 */
#ifndef AGENTAUTH_NSS_SERVE_H
#define AGENTAUTH_NSS_SERVE_H

#include <grp.h>
#include <nss.h>
#include <pwd.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "nss/find.h"

enum nss_status aa_serve_getpwnam(const struct aa_nss *nss, const char *name, struct passwd *ret, char *buf,
				  size_t size, int *errnop);
enum nss_status aa_serve_getpwuid(const struct aa_nss *nss, uid_t uid, struct passwd *ret, char *buf,
				  size_t size, int *errnop);
enum nss_status aa_serve_getgrnam(const struct aa_nss *nss, const char *name, struct group *ret, char *buf,
				  size_t size, int *errnop);
enum nss_status aa_serve_getgrgid(const struct aa_nss *nss, gid_t gid, struct group *ret, char *buf,
				  size_t size, int *errnop);

/* Adds the group of all agents to (*groups)[0..*start), which has room for *room and may be made larger with
 * realloc(), up to `limit` where that is above 0. */
enum nss_status aa_serve_initgroups(const struct aa_nss *nss, const char *user, gid_t group, long *start,
				    long *room, gid_t **groups, long limit, int *errnop);

/* Where an enumeration stands: the generation that it began in, << 32, and the offset of the next record. 0:
 * it has not begun. */
typedef _Atomic uint64_t aa_cursor;

enum nss_status aa_serve_getpwent(const struct aa_nss *nss, aa_cursor *cursor, struct passwd *ret, char *buf,
				  size_t size, int *errnop);
enum nss_status aa_serve_getgrent(const struct aa_nss *nss, aa_cursor *cursor, struct group *ret, char *buf,
				  size_t size, int *errnop);

/* ---- shared by the above ---------------------------------------------------- */

/* An error value of find.h as a status. */
enum nss_status aa_serve_status(int r, int *errnop);
/* Write an answer, or ERANGE: 0 or -ERANGE. */
int aa_serve_passwd(const struct aa_account *account, struct passwd *ret, char *buf, size_t size);
int aa_serve_group(const char *name, gid_t gid, struct group *ret, char *buf, size_t size);

#endif
