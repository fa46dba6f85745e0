/* SPDX-License-Identifier: Apache-2.0 */
/* test_guard.c: within the guard a process decides whatever its caller does and forbids; behind it, nothing is left of it. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/user/guard.h"
#include "tests/unit/support/test.h"

#define NOBODY 65534

static const __rlimit_resource_t resources[] = {RLIMIT_NOFILE, RLIMIT_FSIZE,   RLIMIT_AS,
						RLIMIT_DATA,   RLIMIT_STACK,   RLIMIT_CPU,
						RLIMIT_NPROC,  RLIMIT_MEMLOCK, RLIMIT_CORE};
#define N (sizeof(resources) / sizeof(resources[0]))

/* Whether we may go over a hard limit: root may not in every container. */
static bool may_raise(void)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct sets[2];

	return syscall(SYS_capget, &head, sets) == 0 && (sets[0].effective & (1U << CAP_SYS_RESOURCE));
}

/* The hard limit too, where the guard can go over it. */
static void set_limit(__rlimit_resource_t resource, rlim_t soft, rlim_t hard)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) < 0)
		_exit(100);
	limit = (struct rlimit){soft, may_raise() ? hard : limit.rlim_max};
	if (setrlimit(resource, &limit) < 0)
		_exit(100);
}

/* The test's body runs in a child, which says 0 where all is well. */
static void in_child(int (*body)(void))
{
	pid_t pid = fork();
	int status = -1;

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(body());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static bool same_limits(const struct rlimit *before)
{
	struct rlimit now;

	for (size_t i = 0; i < N; i++)
		if (getrlimit(resources[i], &now) < 0 || memcmp(&now, &before[i], sizeof(now)) != 0)
			return false;
	return true;
}

static bool same_signals(const sigset_t *before)
{
	sigset_t now;

	(void)sigprocmask(SIG_SETMASK, NULL, &now);
	for (int sig = 1; sig < 32; sig++)
		if (sigismember(before, sig) != sigismember(&now, sig))
			return false;
	return true;
}

static int raise_and_lower(void)
{
	struct aa_guard outer, inner;
	struct rlimit before[N];
	sigset_t mask;
	uid_t r, e, s;

	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	set_limit(RLIMIT_NOFILE, 11, 12);
	set_limit(RLIMIT_FSIZE, 0, 1);
	set_limit(RLIMIT_CPU, 100, 200);
	for (size_t i = 0; i < N; i++)
		(void)getrlimit(resources[i], &before[i]);
	if (geteuid() == 0 && setresuid(NOBODY, 0, 0) < 0)
		return 1;
	aa_guard_raise(&outer);
	aa_guard_raise(&inner);
	if (geteuid() == 0 &&
	    (getuid() != 0 || aa_guard_caller_uid() != NOBODY || outer.starved || inner.starved))
		return 2;
	if (!aa_guard_lower(&inner) || same_signals(&mask) || same_limits(before))
		return 3;
	if (!aa_guard_lower(&outer) || !aa_guard_lower(&outer))
		return 4;
	if (!same_limits(before) || !same_signals(&mask))
		return 5;
	if (geteuid() == 0 &&
	    (getresuid(&r, &e, &s) < 0 || r != NOBODY || e != 0 || s != 0 || aa_guard_caller_uid() != NOBODY))
		return 6;
	return 0;
}

TEST(the_guard_leaves_the_process_as_it_was)
{
	in_child(raise_and_lower);
}

/* Its caller's signals, of which SIGSTOP cannot be blocked. */
static int may_signal(pid_t pid)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(setresuid(NOBODY, NOBODY, NOBODY) == 0 && kill(pid, 0) == 0);
	return waitpid(child, &status, 0) == child ? WEXITSTATUS(status) : -1;
}

static int signalled(void)
{
	struct aa_guard guard;

	if (setresuid(NOBODY, 0, 0) < 0)
		return 1;
	if (may_signal(getpid()) != 1)
		return 2;
	aa_guard_raise(&guard);
	if (may_signal(getpid()) != 0)
		return 3;
	(void)aa_guard_lower(&guard);
	return may_signal(getpid()) == 1 ? 0 : 4;
}

TEST(the_caller_may_not_signal_it_meanwhile)
{
	if (geteuid() != 0)
		skip();
	in_child(signalled);
}

static bool can_open(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int exhausted(void)
{
	struct aa_guard guard;

	while (dup(0) < 200)
		;
	set_limit(RLIMIT_NOFILE, 3, 3);
	if (can_open())
		return 1;
	aa_guard_raise(&guard);
	if (!can_open())
		return 2;
	(void)aa_guard_lower(&guard);
	return can_open() ? 3 : 0;
}

TEST(there_are_descriptors_where_the_caller_left_none)
{
	in_child(exhausted);
}

static bool can_write(int fd)
{
	return pwrite(fd, "x", 1, 4096) == 1;
}

static int fd_of_temporary(void)
{
	char name[] = "/tmp/test_guard.XXXXXX";
	int fd = mkstemp(name);

	(void)unlink(name);
	return fd;
}

static int no_file_size(void)
{
	int fd = fd_of_temporary();
	struct aa_guard guard;

	set_limit(RLIMIT_FSIZE, 0, 0);
	aa_guard_raise(&guard);
	if (guard.starved || !can_write(fd))
		return 1;
	(void)aa_guard_lower(&guard);
	(void)signal(SIGXFSZ, SIG_IGN);
	return can_write(fd) ? 2 : 0;
}

TEST(files_grow_whatever_the_caller_allows)
{
	in_child(no_file_size);
}

/* As in a container without CAP_SYS_RESOURCE: what cannot be raised is said, and its signal ends nobody. */
static int not_to_be_raised(void)
{
	int fd = fd_of_temporary();
	struct aa_guard guard;

	if (geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) < 0)
		return 1;
	aa_guard_raise(&guard);
	(void)aa_guard_lower(&guard);
	if (guard.starved)
		return 2; /* the control */
	if (setrlimit(RLIMIT_FSIZE, &(struct rlimit){0, 0}) < 0)
		return 3;
	aa_guard_raise(&guard);
	if (!guard.starved || can_write(fd) || errno != EFBIG)
		return 4;
	(void)aa_guard_lower(&guard);
	return 0;
}

TEST(what_cannot_be_raised_is_said_and_ends_nobody)
{
	in_child(not_to_be_raised);
}
