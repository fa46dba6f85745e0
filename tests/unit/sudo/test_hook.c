/* SPDX-License-Identifier: Apache-2.0 */
/* test_hook.c: the hook of a request runs as root's own, whatever the agent's sudo was started with. */
#include <config.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sudo/hook.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

static char hook[128], fifo[128];
static int told = -1;

/* A hook that says on a pipe what it finds; the pipe is held open, so that a hook which does not come blocks nothing. */
static void write_hook(const char *script)
{
	char text[512];

	(void)snprintf(hook, sizeof(hook), "%s/hook", test_dir);
	(void)snprintf(fifo, sizeof(fifo), "%s/told", test_dir);
	(void)snprintf(text, sizeof(text), "#!/bin/sh\n(%s) >%s\n", script, fifo);
	support_write_file(hook, text, strlen(text));
	assert_int_equal(chmod(hook, 0700), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	told = open(fifo, O_RDONLY | O_NONBLOCK);
	assert_true(told >= 0);
}

static int hook_setup(void **state)
{
	if (test_dir_setup(state) != 0 || chmod(test_dir, 0700) != 0)
		return -1;
	return 0;
}

static int hook_teardown(void **state)
{
	(void)close(told);
	return test_dir_teardown(state);
}
FIXTURE(hook, hook_setup, hook_teardown);

/* What a hook says in a moment; "" where none runs. */
static const char *answer(int milliseconds)
{
	static char text[1024];
	struct pollfd wait = {told, POLLIN, 0};
	size_t n = 0;
	ssize_t part;

	while (poll(&wait, 1, milliseconds) > 0 && (wait.revents & POLLIN)) {
		part = read(told, text + n, sizeof(text) - 1 - n);
		assert_true(part >= 0);
		n += (size_t)part;
	}
	text[n] = '\0';
	return text;
}

static void run(const char *path)
{
	json_t *request = json_pack("{s:s, s:s}", "agent", "builder-7", "command", "true \xc3\xa4");

	aa_hook_run(path, request);
	json_decref(request);
}

TEST(the_hook_gets_the_request_on_standard_input, hook)
{
	if (geteuid() != 0)
		skip();
	write_hook("cat; echo .");
	run(hook);
	assert_string_equal(answer(10000), "{\"agent\":\"builder-7\",\"command\":\"true \\u00E4\"}.\n");
}

/* In a child: what it does to itself is not undone. */
static int run_hampered(void)
{
	struct rlimit few;
	sigset_t all;

	(void)signal(SIGALRM, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, NULL);
	(void)getrlimit(RLIMIT_NOFILE, &few);
	few.rlim_cur = 64; /* in a container root may not raise the other */
	(void)setrlimit(RLIMIT_NOFILE, &few);
	(void)setpriority(PRIO_PROCESS, 0, 7);
	(void)umask(0777);
	(void)setenv("LD_PRELOAD_OF_THE_AGENT", "1", 1);
	(void)!chdir("/tmp");
	(void)dup2(1, 40);
	run(hook);
	return 0;
}

TEST(the_hook_has_roots_own_limits_signals_and_environment, hook)
{
	if (geteuid() != 0)
		skip();
	write_hook("id -u; pwd; umask; nice; ulimit -Sn; [ -e /proc/self/fd/40 ] && echo open; "
		   "echo \"$PATH ${LD_PRELOAD_OF_THE_AGENT-none}\"; sed -n "
		   "'s/^Sig.*\\([BI].*:\\).*\\(.......\\)$/\\1 \\2/p' /proc/self/status; "
		   "cat /proc/self/oom_score_adj; [ -t 2 ] || ps -o tty= -p $$ 2>/dev/null | tr -d ' '");
	assert_int_equal(IN_CHILD(run_hampered()), 0);
	assert_string_equal(answer(10000), "0\n/\n0022\n0\n1024\n/usr/sbin:/usr/bin:/sbin:/bin none\n"
					   "Blk: 0000000\nIgn: 0000000\n0\n?\n");
}

/* The last case is the control. */
TEST(nothing_is_run_that_others_than_root_can_write, hook)
{
	static const struct {
		mode_t mode;
		uid_t owner;
		bool runs;
	} cases[] = {{0720, 0, false}, {0702, 0, false}, {0600, 0, false}, {0700, 1, false}, {0755, 0, true}};

	if (geteuid() != 0)
		skip();
	write_hook("echo ran");
	run(test_dir); /* no file */
	run("/nonexistent/hook");
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(chown(hook, cases[i].owner, 0), 0);
		assert_int_equal(chmod(hook, cases[i].mode), 0);
		run(hook);
		assert_string_equal(answer(cases[i].runs ? 10000 : 100), cases[i].runs ? "ran\n" : "");
	}
}
