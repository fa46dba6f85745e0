/* SPDX-License-Identifier: Apache-2.0 */
/* passwd.c: getpwnam and getpwuid. */
#include "nss/passwd.h"

#include <errno.h>
#include <string.h>

#include "nss/status.h"

/* Nobody logs in as a retired agent, whatever its record says. */
#define RETIRED_SHELL "/usr/sbin/nologin"

/* Copies a string to *p and moves *p behind it. */
static char *put(char **p, const char *s)
{
	size_t len = strlen(s) + 1;
	char *at = memcpy(*p, s, len);

	*p += len;
	return at;
}

int aa_passwd_write(const struct aa_account *account, struct passwd *ret, char *buf, size_t size)
{
	const char *shell = (account->flags & AA_ACCOUNT_RETIRED) != 0 ? RETIRED_SHELL : account->shell;
	size_t need = strlen(account->name) + strlen("*") + strlen(account->gecos) + strlen(account->home) +
		      strlen(shell) + 5;

	if (size < need)
		return -ERANGE;
	ret->pw_name = put(&buf, account->name);
	ret->pw_passwd = put(&buf, "*");
	ret->pw_uid = account->uid;
	ret->pw_gid = account->uid;
	ret->pw_gecos = put(&buf, account->gecos);
	ret->pw_dir = put(&buf, account->home);
	ret->pw_shell = put(&buf, shell);
	return 0;
}

static enum nss_status answer(int r, const struct aa_registry_record *found, struct passwd *ret, char *buf,
			      size_t size, int *errnop)
{
	if (r == 0)
		r = aa_passwd_write(&found->account, ret, buf, size);
	return aa_nss_status(r, errnop);
}

enum nss_status aa_passwd_by_name(const struct aa_nss *nss, const char *name, struct passwd *ret, char *buf,
				  size_t size, int *errnop)
{
	struct aa_registry_record found;

	return answer(aa_find_account_by_name(nss, name, &found), &found, ret, buf, size, errnop);
}

enum nss_status aa_passwd_by_uid(const struct aa_nss *nss, uid_t uid, struct passwd *ret, char *buf,
				 size_t size, int *errnop)
{
	struct aa_registry_record found;

	return answer(aa_find_account_by_uid(nss, uid, &found), &found, ret, buf, size, errnop);
}
