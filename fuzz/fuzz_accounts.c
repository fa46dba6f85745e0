/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_accounts.c: any bytes as accounts.cdb, through the reader and through all that NSS serves. Holds of what
 * is served: the name or id is the one that was asked for, the id may be served, and strings end within the
 * caller's buffer. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/registry/accounts.h"
#include "fuzz/fuzz.h"
#include "nss/enumerate.h"
#include "nss/group.h"
#include "nss/initgroups.h"
#include "nss/passwd.h"
#include "tests/unit/support/support_accounts.h"

#define BUF 256

static int64_t no_time(void)
{
	return -1;
}

/* A state directory whose `current` is a directory with this one file, and hosts without local accounts. */
static struct aa_nss_cache cache;
static struct aa_nss nss = {.now = no_time, .tick = no_time, .cache = &cache};
static char state[200], current[256], empty[256];

static void make_host(void)
{
	char *dir = support_tmpdir(), path[220];

	snprintf(state, sizeof(state), "%s", dir);
	snprintf(path, sizeof(path), "%s/current", state);
	FUZZ_HOLDS(mkdir(path, 0755) == 0);
	snprintf(current, sizeof(current), "%s/accounts.cdb", path);
	snprintf(empty, sizeof(empty), "%s/empty", state);
	support_write_file(empty, "", 0);
	nss.statedir = state;
	nss.current = current;
	nss.passwd = nss.group = nss.withheld_passwd = nss.withheld_group = empty;
	nss.owner = geteuid();
	free(dir);
}

static bool within(const char *text, const char *buf, size_t size)
{
	return text >= buf && text < buf + size && memchr(text, 0, (size_t)(buf + size - text)) != NULL;
}

static void holds_of(const struct passwd *pw, const char *buf, size_t size)
{
	FUZZ_HOLDS(within(pw->pw_name, buf, size) && within(pw->pw_passwd, buf, size) &&
		   within(pw->pw_dir, buf, size) && within(pw->pw_shell, buf, size) &&
		   within(pw->pw_gecos, buf, size));
	FUZZ_HOLDS(aa_id_is_servable(pw->pw_uid) && aa_agent_name_is_valid(pw->pw_name));
}

static void ask_by_key(size_t size)
{
	char *buf = malloc(size ? size : 1);
	struct passwd pw;
	struct group gr;
	int err = 0;

	if (aa_passwd_by_name(&nss, "builder-7", &pw, buf, size, &err) == NSS_STATUS_SUCCESS) {
		holds_of(&pw, buf, size);
		FUZZ_HOLDS(strcmp(pw.pw_name, "builder-7") == 0);
	}
	if (aa_passwd_by_uid(&nss, 70007, &pw, buf, size, &err) == NSS_STATUS_SUCCESS) {
		holds_of(&pw, buf, size);
		FUZZ_HOLDS(pw.pw_uid == 70007);
	}
	if (aa_grp_by_name(&nss, "agent-deploy", &gr, buf, size, &err) == NSS_STATUS_SUCCESS)
		FUZZ_HOLDS(within(gr.gr_name, buf, size) && aa_id_is_servable(gr.gr_gid));
	if (aa_grp_by_gid(&nss, 99001, &gr, buf, size, &err) == NSS_STATUS_SUCCESS)
		FUZZ_HOLDS(gr.gr_gid == 99001);
	free(buf);
}

static void list_all(void)
{
	aa_cursor cursor = 0;
	struct passwd pw;
	char buf[BUF];
	int err;

	for (unsigned i = 0; i < 64; i++) {
		if (aa_enumerate_passwd(&nss, &cursor, &pw, buf, sizeof(buf), &err) != NSS_STATUS_SUCCESS)
			break;
		holds_of(&pw, buf, sizeof(buf));
	}
}

static void groups_of(void)
{
	long start = 0, room = 1;
	gid_t *groups = malloc(sizeof(*groups));
	int err;

	(void)aa_initgroups(&nss, "builder-7", 70007, &start, &room, &groups, 4, &err);
	FUZZ_HOLDS(start <= room && room <= 4);
	for (long i = 0; i < start; i++)
		FUZZ_HOLDS(aa_id_is_servable(groups[i]));
	free(groups);
}

static void read_ssh_keys(void)
{
	struct aa_accounts accounts;
	char *keys = NULL;

	if (aa_accounts_open(state, geteuid(), &accounts) != 0)
		return;
	if (aa_account_ssh_keys(&accounts, "builder-7", &keys) == 0)
		free(keys);
	aa_accounts_close(&accounts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd;

	if (!nss.statedir)
		make_host();
	fd = open(current, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	FUZZ_HOLDS(fd >= 0 && write(fd, data, size) == (ssize_t)size && close(fd) == 0);
	aa_nss_cache_forget(&cache); /* files are written faster here than their times can tell */
	ask_by_key(BUF);
	ask_by_key(size % 80);
	list_all();
	groups_of();
	read_ssh_keys();
	return 0;
}
