/* SPDX-License-Identifier: Apache-2.0 */
/* support_users.c: the system's users for tests, as NSS would make them. */
#include <config.h>

#include "tests/unit/support/support_users.h"

#include <errno.h>
#include <pwd.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static uint32_t bent_uid;
static const char *bent_name;

void support_users_uid(uint32_t uid)
{
	bent_uid = uid;
}

void support_users_name(const char *name)
{
	bent_name = name;
}

static const struct {
	const char *name;
	uint32_t uid;
} users[] = {{"builder-7", 70007}, {"other-1", 70008}, {"retired-1", 70099}, {"alice", 1000}, {"root", 0}};

static int fill(const char *name, uint32_t uid, struct passwd *pwd, char *buf, size_t buflen,
		struct passwd **result)
{
	if (buflen < 64)
		return ERANGE;
	memset(pwd, 0, sizeof(*pwd));
	snprintf(buf, buflen, "%s", name);
	pwd->pw_name = buf;
	pwd->pw_passwd = pwd->pw_gecos = pwd->pw_dir = pwd->pw_shell = buf + strlen(buf);
	pwd->pw_uid = uid;
	pwd->pw_gid = uid;
	*result = pwd;
	return 0;
}

/* In place of libc's, for this program and what it loads: the system as NSS would make it. */
int getpwnam_r(const char *name, struct passwd *pwd, char *buf, size_t buflen, struct passwd **result)
{
	*result = NULL;
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++)
		if (strcmp(users[i].name, name) == 0)
			return fill(name, bent_uid ? bent_uid : users[i].uid, pwd, buf, buflen, result);
	return 0;
}

int getpwuid_r(uid_t uid, struct passwd *pwd, char *buf, size_t buflen, struct passwd **result)
{
	*result = NULL;
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++)
		if (users[i].uid == uid)
			return fill(bent_name ? bent_name : users[i].name, uid, pwd, buf, buflen, result);
	return 0;
}
