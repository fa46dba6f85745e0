/* SPDX-License-Identifier: Apache-2.0 */
/* test_leftovers.c: what a killed writer left goes, and nothing that somebody still writes or reads. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/support/support_tools.h"
#include "tests/unit/support/test.h"
#include "tools/agentauthctl/names/leftovers.h"

static pid_t gone; /* a process that has ended */

static void make_dirs(const struct house *h)
{
	static const char *const dirs[] = {"state/keys",
					   "state/state",
					   "state/state/suspended",
					   "state/state/revoked",
					   "state/state/revoked/kid",
					   "run",
					   "run/replay",
					   "run/approvals",
					   "run/sessions",
					   "run/sessions/by-pid"};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		char *path = xasprintf("%s/%s", h->root, dirs[i]);

		assert_int_equal(mkdir(path, 0700), 0);
		free(path);
	}
	gone = fork();
	if (gone == 0)
		_exit(0);
	assert_int_equal(waitpid(gone, NULL, 0), gone);
}

static void write_of(const struct house *h, const char *dir, const char *name, pid_t pid)
{
	char *path = pid ? xasprintf("%s/.%s.%ld", dir, name, (long)pid) : xasprintf("%s/%s", dir, name);

	house_write(h, path, "{}");
	free(path);
}

static long clean(const struct house *h, int64_t later)
{
	char *run = xasprintf("%s/run", h->root);
	long n = leftovers_remove(h->state, run, (int64_t)time(NULL) + later);

	free(run);
	return n;
}

static const char *const with_pid[] = {
    "state",	  "state/keys",	   "state/state/suspended", "state/state/revoked/kid",
    "run/replay", "run/approvals", "run/sessions"};
#define N_WITH_PID ((long)(sizeof(with_pid) / sizeof(*with_pid)))

TEST(what_a_killed_writer_left_goes_after_a_while, house)
{
	const struct house *h = *state;

	make_dirs(h);
	for (long i = 0; i < N_WITH_PID; i++)
		write_of(h, with_pid[i], "builder-7", gone);
	write_of(h, "run/sessions/by-pid", ".0123456789abcdef", 0);
	assert_int_equal(clean(h, 30), 0);
	assert_int_equal(clean(h, 100), N_WITH_PID + 1);
	assert_int_equal(clean(h, 100), 0);
}

TEST(what_is_being_written_and_what_is_whole_stays, house)
{
	const struct house *h = *state;

	make_dirs(h);
	for (long i = 0; i < N_WITH_PID; i++) {
		write_of(h, with_pid[i], "builder-7", getpid());
		write_of(h, with_pid[i], "builder-7", 0);
		write_of(h, with_pid[i], ".hidden", 0);
		write_of(h, with_pid[i], ".hidden.txt", 0);
	}
	write_of(h, "run/sessions", "0123456789abcdef.json", 0);
	assert_int_equal(clean(h, 1000), 0);
}
