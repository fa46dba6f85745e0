/* SPDX-License-Identifier: Apache-2.0 */
/* test_nss_caller.c: the process that asks: its descriptors, threads and forks. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nss/enumerate.h"
#include "nss/group.h"
#include "nss/passwd.h"
#include "tests/unit/nss/nss_steps.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

/* ---- the process that asks ----------------------------------------------------------------- */

static int count_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 64; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

TEST(nss_leaves_no_descriptor_behind, nss)
{
	int before = count_fds();

	ask_everything();
	settle();
	ask_everything();
	write_text(passwd_file, LOCAL_PASSWD "alpha:x:1002:1002::/:/bin/sh\n");
	ask_everything();
	assert_int_equal(count_fds(), before);
}

/* In a child of its own; cmocka's report needs the descriptors. */
static int in_child(int (*what)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(60);
		_exit(what());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int ask_without_descriptors(void)
{
	for (int fd = 0; fd < 64; fd++)
		close(fd);
	for (int i = 0; i < 3; i++) {
		if (pwnam("alpha")->status != NSS_STATUS_SUCCESS ||
		    grgid(UID(1))->status != NSS_STATUS_SUCCESS)
			return 1;
		clock_offset = 60 * SECOND;
	}
	return count_fds() == 0 ? 0 : 2;
}

TEST(nss_works_with_every_descriptor_closed, nss)
{
	assert_int_equal(in_child(ask_without_descriptors), 0);
}

/* The caller takes whatever number is free for a file of its own: it is not touched. */
static int reuse_descriptors(void)
{
	char buf[4];
	int fd;

	served(pwnam("alpha"));
	for (fd = 3; fd < 64; fd++)
		close(fd);
	fd = open(passwd_file, O_RDWR);
	for (int i = 0; i < 5; i++) {
		served(pwnam("alpha"));
		served(grnam("agent-deploy"));
		settle();
	}
	if (read(fd, buf, 4) != 4 || memcmp(buf, "root", 4) != 0)
		return 1;
	return close(fd) == 0 && count_fds() == 3 ? 0 : 2;
}

TEST(nss_does_not_touch_descriptors_that_the_caller_reuses, nss)
{
	assert_int_equal(in_child(reuse_descriptors), 0);
}

static int ask_without_free_descriptors(void)
{
	struct answer *a;

	while (open("/dev/null", O_RDONLY) >= 0)
		;
	a = pwnam("alpha");
	return a->status == NSS_STATUS_TRYAGAIN && a->err == EMFILE ? 0 : 1;
}

TEST(nss_says_try_again_where_descriptors_have_run_out, nss)
{
	assert_int_equal(in_child(ask_without_free_descriptors), 0);
}

/* ---- threads and forks ------------------------------------------------------------------------ */

#define N_THREADS 32
#define N_ROUNDS 150

static _Atomic int n_wrong;
static _Atomic bool publishing;
static aa_cursor shared_cursor;

/* Everything on the stack: `new_answer` is for one thread. */
static void ask_from_thread(unsigned i)
{
	char buf[1024];
	struct passwd pw;
	struct group gr;
	enum nss_status status;
	int err;

	status = aa_passwd_by_name(&host, "alpha", &pw, buf, sizeof(buf), &err);
	if (status != NSS_STATUS_SUCCESS || pw.pw_uid != UID(1) || strcmp(pw.pw_name, "alpha") != 0)
		n_wrong++;
	status = aa_passwd_by_uid(&host, UID(i % 2 ? 7 : 3), &pw, buf, sizeof(buf), &err);
	if (status != NSS_STATUS_SUCCESS || strcmp(pw.pw_name, i % 2 ? "builder-7" : "old") != 0)
		n_wrong++;
	status = aa_grp_by_gid(&host, GID_AGENTS, &gr, buf, sizeof(buf), &err);
	if (status != NSS_STATUS_SUCCESS || strcmp(gr.gr_name, "agents") != 0)
		n_wrong++;
	status = aa_passwd_by_uid(&host, i % 4 ? UID(100 + i) : 200000 + i, &pw, buf, sizeof(buf), &err);
	if (status != NSS_STATUS_NOTFOUND)
		n_wrong++;
	status = aa_grp_by_name(&host, i % 2 ? "nobody-here" : "none", &gr, buf, sizeof(buf), &err);
	if (status != NSS_STATUS_NOTFOUND)
		n_wrong++;
	status = aa_enumerate_passwd(&host, &shared_cursor, &pw, buf, sizeof(buf), &err);
	if (status == NSS_STATUS_NOTFOUND)
		atomic_store(&shared_cursor, 0);
	else if (status != NSS_STATUS_SUCCESS)
		n_wrong++;
}

static void *thread_main(void *arg)
{
	unsigned n = *(unsigned *)arg;
	int status;
	pid_t pid;

	for (unsigned i = 0; i < N_ROUNDS; i++) {
		ask_from_thread(i + n);
		if ((i + n * 7) % 50 != 0)
			continue;
		pid = fork();
		if (pid == 0) {
			alarm(300); /* a lock that a thread left behind would be waited for for ever */
			for (unsigned k = 0; k < 3; k++)
				ask_from_thread(k);
			_exit(n_wrong == 0 ? 0 : 1);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
		    WEXITSTATUS(status) != 0)
			n_wrong++;
	}
	return NULL;
}

static _Atomic int64_t shared_tick;

static int64_t moving_tick(void)
{
	return shared_tick++ / 8;
}

static void *publisher_main(void *arg)
{
	(void)arg;
	for (uint32_t number = 2; publishing; number++)
		support_publish(statedir, number, &sample);
	return NULL;
}

TEST(nss_answers_threads_and_forks_while_it_is_published, nss)
{
	pthread_t threads[N_THREADS], publisher;
	unsigned numbers[N_THREADS];

	settle();
	n_wrong = 0;
	publishing = true;
	host.tick = moving_tick;
	assert_int_equal(pthread_create(&publisher, NULL, publisher_main, NULL), 0);
	for (unsigned i = 0; i < N_THREADS; i++) {
		numbers[i] = i;
		assert_int_equal(pthread_create(&threads[i], NULL, thread_main, &numbers[i]), 0);
	}
	for (unsigned i = 0; i < N_THREADS; i++)
		pthread_join(threads[i], NULL);
	publishing = false;
	pthread_join(publisher, NULL);
	host.tick = test_tick;
	assert_int_equal(n_wrong, 0);
}

/* Between them, threads that share an enumeration get every entry once. */
static _Atomic int n_entries;

static void *enumerate_main(void *arg)
{
	char buf[1024];
	struct group gr;
	int err;

	(void)arg;
	while (aa_enumerate_group(&host, &shared_cursor, &gr, buf, sizeof(buf), &err) == NSS_STATUS_SUCCESS)
		n_entries++;
	return NULL;
}

TEST(nss_gives_each_entry_to_one_thread, nss)
{
	pthread_t threads[8];

	for (int round = 0; round < 20; round++) {
		atomic_store(&shared_cursor, 0);
		n_entries = 0;
		for (size_t i = 0; i < 8; i++)
			assert_int_equal(pthread_create(&threads[i], NULL, enumerate_main, NULL), 0);
		for (size_t i = 0; i < 8; i++)
			pthread_join(threads[i], NULL);
		/* A thread that comes when all others are done would begin anew; the cursor stays at the end.
		 */
		assert_int_equal(n_entries, 5);
	}
}
