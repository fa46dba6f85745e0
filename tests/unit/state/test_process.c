/* SPDX-License-Identifier: Apache-2.0 */
/* test_process.c: processes are told apart by pid and start time together. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/file/proc.h"
#include "common/state/process.h"
#include "tests/unit/support/test.h"

TEST(the_reader_reads_this_process)
{
	struct aa_process self, parent;

	assert_int_equal(aa_process_read(getpid(), &self), 0);
	assert_int_equal(self.pid, getpid());
	assert_int_equal(self.ppid, getppid());
	assert_true(self.start > 0);
	assert_true(aa_process_alive(&self));
	assert_int_equal(aa_process_read(self.ppid, &parent), 0);
	assert_true(parent.start <= self.start);
}

TEST(another_start_is_another_process)
{
	struct aa_process self;

	assert_int_equal(aa_process_read(getpid(), &self), 0);
	assert_true(aa_process_alive(&self));
	self.start++;
	assert_false(aa_process_alive(&self));
}

TEST(nobody_is_not_alive)
{
	static const struct aa_process none = {0, 0, 0}, negative = {-1, 0, 0}, far = {4194304 + 1, 1, 1};
	struct aa_process p = {7, 7, 7};

	assert_false(aa_process_alive(&none));
	assert_false(aa_process_alive(&negative));
	assert_false(aa_process_alive(&far));
	assert_int_equal(aa_process_read(far.pid, &p), -ESRCH);
	assert_int_equal(p.pid, 7);
}

TEST(a_zombie_is_not_alive)
{
	struct aa_process child;
	siginfo_t info;
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	assert_int_equal(aa_process_read(pid, &child), 0);
	assert_true(aa_process_alive(&child));
	kill(pid, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_false(aa_process_alive(&child));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_false(aa_process_alive(&child));
}

static void *wait_for_ever(void *unused)
{
	pause();
	return unused;
}

/* Ends its first thread, so that /proc shows a zombie whose other thread runs. */
static _Noreturn void lose_first_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, wait_for_ever, NULL) != 0)
		_exit(1);
	pthread_exit(NULL);
}

static char state_of(pid_t pid)
{
	char path[32], text[512], *end;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	assert_true(aa_proc_text(AT_FDCWD, path, text, sizeof(text)) > 0);
	end = strrchr(text, ')');
	assert_non_null(end);
	return end[2];
}

TEST(a_process_whose_first_thread_ended_is_alive)
{
	struct aa_process child;
	pid_t pid = fork();

	if (pid == 0)
		lose_first_thread();
	assert_int_equal(aa_process_read(pid, &child), 0);
	for (int i = 0; i < 500 && state_of(pid) != 'Z'; i++)
		(void)usleep(10000);
	assert_int_equal(state_of(pid), 'Z');
	assert_true(aa_process_alive(&child));
	kill(pid, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)pid, &(siginfo_t){0}, WEXITED | WNOWAIT), 0);
	assert_int_equal(state_of(pid), 'Z');
	assert_false(aa_process_alive(&child));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* A command may hold brackets, spaces and digits, so that its line looks like another's. */
TEST(a_hostile_name_changes_nothing)
{
	static const char *const names[] = {") S 1 1 1", "a) Z 0 0", "((((",
					    ")))) R 1",	 " ",	     "1 2 3 4 5 6 7 8"};
	struct aa_process before, after;
	char was[16];

	assert_int_equal(prctl(PR_GET_NAME, was), 0);
	assert_int_equal(aa_process_read(getpid(), &before), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(prctl(PR_SET_NAME, names[i]), 0);
		assert_int_equal(aa_process_read(getpid(), &after), 0);
		assert_memory_equal(&before, &after, sizeof(before));
		assert_true(aa_process_alive(&before));
	}
	assert_int_equal(prctl(PR_SET_NAME, was), 0);
}

TEST(the_boot_has_an_id_and_a_time)
{
	char id[AA_BOOT_ID_SIZE], again[AA_BOOT_ID_SIZE];
	int64_t began = 0, later = 0;

	assert_int_equal(aa_boot_id(id), 0);
	assert_int_equal(strlen(id), 36);
	assert_int_equal(aa_boot_id(again), 0);
	assert_string_equal(id, again);
	assert_int_equal(aa_boot_time(&began), 0);
	assert_true(began > 0 && began <= time(NULL));
	assert_int_equal(aa_boot_time(&later), 0);
	assert_true(later - began <= 1);
}
