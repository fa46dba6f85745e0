/* SPDX-License-Identifier: Apache-2.0 */
/* pam_service.c says whether this host has the PAM stack that a service is named after, see pam_service.h. */
#include "config.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/agentauthctl/model/pam_service.h"
#include "tools/cli/alloc.h"
#include "tools/cli/guess.h"
#include "tools/cli/problems.h"

static bool is_in(const char *dir, const char *service)
{
	char *path = xasprintf("%s/%s", dir, service);
	bool is = access(path, F_OK) == 0;

	free(path);
	return is;
}

static void guess_service(struct guess *guess, char kept[GUESS_KEPT_SIZE], const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *entry;

	while (d && (entry = readdir(d)))
		guess_try_kept(guess, entry->d_name, kept);
	if (d)
		closedir(d);
}

char *pam_service_missing(const char *sysconfdir, const char *service)
{
	char *dir = xasprintf("%s/pam.d", sysconfdir), *missing = NULL, kept[GUESS_KEPT_SIZE];
	struct guess guess = {.word = service};

	if (!is_in(dir, service) && !is_in("/usr/lib/pam.d", service) && !is_in("/usr/etc/pam.d", service)) {
		guess_service(&guess, kept, dir);
		missing = xasprintf("this host has no service %s: there is no %s/%s%s", quoted(service), dir,
				    service, guess_asked(&guess, ""));
	}
	free(dir);
	return missing;
}
