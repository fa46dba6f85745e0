/* SPDX-License-Identifier: Apache-2.0 */
/* passwd.h: getpwnam and getpwuid. */
#ifndef AGENTAUTH_NSS_PASSWD_H
#define AGENTAUTH_NSS_PASSWD_H

#include <nss.h>
#include <pwd.h>
#include <stddef.h>

#include "nss/find.h"

enum nss_status aa_passwd_by_name(const struct aa_nss *nss, const char *name, struct passwd *ret, char *buf,
				  size_t size, int *errnop);
enum nss_status aa_passwd_by_uid(const struct aa_nss *nss, uid_t uid, struct passwd *ret, char *buf,
				 size_t size, int *errnop);
/* Writes an account into buf. 0 or -ERANGE. */
int aa_passwd_write(const struct aa_account *account, struct passwd *ret, char *buf, size_t size);

#endif
