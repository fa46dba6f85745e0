/* SPDX-License-Identifier: Apache-2.0 */
/* test_audit_file.c: what the file of the log may be, and the lock. */
#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/capability.h>

#include "common/state/audit.h"
#include "tests/unit/state/audit_steps.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

#define WRITERS 16
#define LINES 200

/* ---- what the file may be ----------------------------------------------------------------- */

TEST(a_link_a_fifo_and_a_second_name_are_not_written_to, log)
{
	struct fixture *f = *state;
	char aside[300], *text;
	const char *const files[] = {f->log, f->head, f->lock};
	size_t len;

	snprintf(aside, sizeof(aside), "%s/precious", f->dir);
	support_write_file(aside, "precious", 8);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(append(f, "auth"), AA_OK);
		assert_int_equal(unlink(files[i]), 0);
		assert_int_equal(symlink(aside, files[i]), 0);
		assert_int_equal(append(f, "auth"), AA_AUDIT_UNAVAILABLE);
		assert_int_equal(unlink(files[i]), 0);
		assert_int_equal(mkfifo(files[i], 0600), 0);
		assert_int_equal(append(f, "auth"), AA_AUDIT_UNAVAILABLE); /* and at once */
		assert_int_equal(unlink(files[i]), 0);
		assert_int_equal(link(aside, files[i]), 0);
		assert_int_equal(append(f, "auth"), AA_AUDIT_UNAVAILABLE);
		assert_int_equal(unlink(files[i]), 0);
		assert_int_equal(mkdir(files[i], 0700), 0);
		assert_int_equal(append(f, "auth"), AA_AUDIT_UNAVAILABLE);
		assert_int_equal(rmdir(files[i]), 0);
	}
	assert_int_equal(append(f, "auth"), AA_OK);
	text = support_read_file(aside, &len);
	assert_string_equal(text, "precious");
	free(text);
}

TEST(a_log_that_others_may_write_is_not_written_to, log)
{
	struct fixture *f = *state;

	assert_int_equal(append(f, "auth"), AA_OK);
	assert_int_equal(chmod(f->log, 0620), 0);
	assert_int_equal(append(f, "auth"), AA_AUDIT_UNAVAILABLE);
	assert_int_equal(chmod(f->log, 0640), 0);
	assert_int_equal(append(f, "auth"), AA_OK);
	assert_int_equal(chmod(f->dir, 0770), 0);
	assert_int_equal(append(f, "auth"), AA_AUDIT_UNAVAILABLE);
	assert_int_equal(chmod(f->dir, 0755), 0);
	assert_int_equal(append(f, "auth"), AA_OK);
	f->audit.logdir = "/nonexistent/log";
	assert_int_equal(append(f, "auth"), AA_AUDIT_UNAVAILABLE);
}

/* Read-only says nothing to root: a child that is nobody asks, of a log that is its own. */
TEST(a_directory_that_cannot_be_written_denies, log)
{
	struct fixture *f = *state;
	int status;

	assert_int_equal(append(f, "auth"), AA_OK);
	assert_int_equal(unlink(f->lock), 0);
	assert_int_equal(chmod(f->dir, 0555), 0);
	if (fork() == 0) {
		if (getuid() == 0 && setuid(65534) < 0)
			_exit(98);
		_exit((int)append(f, "auth"));
	}
	assert_true(wait(&status) > 0 && WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), AA_AUDIT_UNAVAILABLE);
	assert_int_equal(chmod(f->dir, 0755), 0);
}

/* From now on this process may not raise a hard limit, as root may. */
static void give_up_resources(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		_exit(97);
	data[0].effective &= ~(1u << CAP_SYS_RESOURCE);
	data[0].permitted &= ~(1u << CAP_SYS_RESOURCE);
	if (syscall(SYS_capset, &header, data) < 0)
		_exit(97);
}

/* `ulimit -f 0; su AGENT` would be an attempt that nobody hears of. */
TEST(a_limit_of_the_callers_hides_no_line, log)
{
	const struct rlimit none = {0, RLIM_INFINITY};
	struct fixture *f = *state;
	int status;

	if (fork() == 0) {
		struct rlimit after;

		if (setrlimit(RLIMIT_FSIZE, &none) < 0 || append(f, "auth") != AA_OK)
			_exit(1);
		_exit(getrlimit(RLIMIT_FSIZE, &after) < 0 || after.rlim_cur != 0);
	}
	assert_true(wait(&status) > 0);
	assert_int_equal(status, 0);
	assert_int_equal(verify(f).lines, 1);
}

/* A file that may not grow: the line is taken back, and the next one follows the last whole one. */
TEST(a_full_disk_denies_and_leaves_the_chain_whole, log)
{
	struct fixture *f = *state;
	struct stat st;
	int status;

	assert_int_equal(append(f, "auth"), AA_OK);
	assert_int_equal(stat(f->log, &st), 0);
	for (rlim_t more = 0; more < 120; more += 40) {
		const struct rlimit limit = {(rlim_t)st.st_size + more, (rlim_t)st.st_size + more};

		if (fork() == 0) {
			signal(SIGXFSZ, SIG_IGN);
			give_up_resources();
			_exit(setrlimit(RLIMIT_FSIZE, &limit) < 0 ? 98 : (int)append(f, "auth"));
		}
		assert_true(wait(&status) > 0 && WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), AA_AUDIT_UNAVAILABLE);
	}
	assert_int_equal(append(f, "auth"), AA_OK);
	assert_int_equal(verify(f).n_faults, 0);
	assert_int_equal(verify(f).lines, 2);
}

/* ---- the lock ------------------------------------------------------------------------------- */

static int64_t ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

TEST(a_lock_that_is_held_is_waited_for_so_long_and_no_longer, log)
{
	struct fixture *f = *state;
	int64_t began;
	int fd;

	assert_int_equal(append(f, "auth"), AA_OK);
	fd = open(f->lock, O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	began = ms();
	assert_int_equal(append(f, "auth"), AA_AUDIT_UNAVAILABLE);
	assert_true(ms() - began >= AA_AUDIT_WAIT_MS && ms() - began < AA_AUDIT_WAIT_MS + 2000);
	/* administrative commands go round it, and say so */
	f->audit.go_round = true;
	assert_int_equal(append(f, "admin"), AA_OK);
	began = ms(); /* who has waited in vain tells the next, for a while */
	assert_int_equal(append(f, "admin"), AA_OK);
	assert_true(ms() - began < AA_AUDIT_WAIT_MS / 2);
	close(fd);
	f->audit.go_round = false;
	assert_int_equal(append(f, "auth"), AA_OK);
	assert_int_equal(verify(f).n_faults, 0);
	assert_int_equal(verify(f).unchained, 2);
	assert_int_equal(verify(f).last.seq, 2);
}

TEST(a_lock_that_is_given_back_in_time_is_taken, log)
{
	struct fixture *f = *state;
	const struct timespec wait_a_bit = {0, 300000000};
	int status, gate[2];
	char c;

	assert_int_equal(append(f, "auth"), AA_OK);
	assert_int_equal(pipe(gate), 0);
	if (fork() == 0) {
		int fd = open(f->lock, O_RDWR | O_CLOEXEC);

		if (flock(fd, LOCK_EX) < 0 || write(gate[1], "x", 1) != 1)
			_exit(1);
		nanosleep(&wait_a_bit, NULL);
		_exit(0);
	}
	assert_int_equal(read(gate[0], &c, 1), 1);
	assert_int_equal(append(f, "auth"), AA_OK);
	assert_true(wait(&status) > 0);
	close(gate[0]);
	close(gate[1]);
	assert_int_equal(verify(f).lines, 2);
}

TEST(sixteen_writers_make_one_chain, log)
{
	struct fixture *f = *state;
	int status;

	for (int i = 0; i < WRITERS; i++) {
		if (fork() != 0)
			continue;
		for (int k = 0; k < LINES; k++)
			if (append(f, k % 2 ? "auth"
					    : "a somewhat longer event, so that lines differ in length") !=
			    AA_OK)
				_exit(1);
		_exit(0);
	}
	for (int i = 0; i < WRITERS; i++) {
		assert_true(wait(&status) > 0);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	assert_int_equal(verify(f).n_faults, 0);
	assert_int_equal(verify(f).lines, WRITERS * LINES);
	assert_int_equal(verify(f).last.seq, WRITERS * LINES);
}

/* Writers that are killed at any moment leave whole lines, or one that the next writer closes. */
TEST(killed_writers_leave_the_chain_whole, log)
{
	struct fixture *f = *state;
	const struct timespec step = {0, 3000000};

	for (int round = 0; round < 40; round++) {
		int begun[2];
		char byte;
		pid_t pid;

		assert_int_equal(pipe(begun), 0);
		pid = fork();
		if (pid == 0)
			for (bool first = true;; first = false) {
				(void)append(f, "auth");
				if (first && write(begun[1], "x", 1) != 1)
					_exit(1);
			}
		/* However slow the machine is, each has written a line when its time begins. */
		assert_int_equal(read(begun[0], &byte, 1), 1);
		close(begun[0]);
		close(begun[1]);
		nanosleep(&step, NULL);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	}
	assert_int_equal(append(f, "auth"), AA_OK);
	assert_int_equal(verify(f).n_faults, 0);
	assert_true(verify(f).lines > 40);
}

/* The signal mask, the uids and the descriptors are as they were. */
TEST(the_log_leaves_the_process_as_it_was, log)
{
	struct fixture *f = *state;
	sigset_t before, after;
	uid_t r, e, s;
	int fd = dup(0), now;

	close(fd);
	assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &before), 0);
	for (int i = 0; i < 10; i++)
		assert_int_equal(append(f, "auth"), AA_OK);
	f->audit.logdir = "/nonexistent";
	assert_int_equal(append(f, "auth"), AA_AUDIT_UNAVAILABLE);
	assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &after), 0);
	for (int sig = 1; sig < 32; sig++)
		assert_int_equal(sigismember(&before, sig), sigismember(&after, sig));
	assert_int_equal(getresuid(&r, &e, &s), 0);
	assert_true(r == getuid() && e == geteuid() && s == e);
	now = dup(0);
	close(now);
	assert_int_equal(fd, now);
}

/* As sudo runs: real uid the agent's, effective uid 0. Meanwhile the agent may not signal us; afterwards all is as before. */
TEST(the_log_takes_the_lock_as_root_where_it_may, log)
{
	struct fixture *f = *state;
	int status;

	if (getuid() != 0)
		skip();
	if (fork() == 0) {
		uid_t r, e, s;

		if (setresuid(65534, 0, 0) < 0 || append(f, "sudo") != AA_OK || getresuid(&r, &e, &s) < 0)
			_exit(1);
		_exit(r == 65534 && e == 0 && s == 0 ? 0 : 2);
	}
	assert_true(wait(&status) > 0 && WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(verify(f).lines, 1);
}

TEST(sync_writes_the_same_lines, log)
{
	struct fixture *f = *state;

	f->audit.sync = true;
	assert_int_equal(append(f, "auth"), AA_OK);
	assert_int_equal(append(f, "auth"), AA_OK);
	assert_int_equal(verify(f).last.seq, 2);
}
