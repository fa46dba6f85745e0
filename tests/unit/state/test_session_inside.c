/* SPDX-License-Identifier: Apache-2.0 */
/* test_session_inside.c: which processes are inside a session. */
#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/state/session.h"
#include "common/state/session_find.h"
#include "tests/unit/state/session_steps.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/test.h"

/* ---- inside ----------------------------------------------------------------------------- */

TEST(descendants_are_inside, session)
{
	struct fixture *f = *state;
	struct aa_session *s = created(f), *found = NULL;

	assert_int_equal(find_as(f, SITE_UID), AA_NO_SESSION); /* pending is not live */
	assert_int_equal(aa_session_open(f->site->rundir, s, f->now), 0);
	assert_int_equal(aa_session_find(f->site->rundir, geteuid(), SITE_UID, &found), AA_OK);
	assert_string_equal(found->id, s->id);
	assert_int_equal(found->opener.pid, getpid());
	assert_int_equal(IN_CHILD(find_as(f, SITE_UID)), AA_OK);
	assert_int_equal(IN_CHILD(find_in_grandchild(f)), AA_OK);
	assert_int_equal(find_as(f, SITE_UID + 1), AA_NO_SESSION);
	aa_session_close(f->site->rundir, geteuid(), s->id, s->agent);
	assert_int_equal(find_as(f, SITE_UID), AA_NO_SESSION);
	aa_session_free(found);
	aa_session_free(s);
}

TEST(another_process_is_not_inside, session)
{
	struct fixture *f = *state;
	struct aa_session *s = NULL;
	int ends[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		if (create(f, &s) != AA_OK || aa_session_open(f->site->rundir, s, f->now) < 0 ||
		    find_as(f, SITE_UID) != AA_OK || write(ends[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(ends[0], &c, 1), 1);
	assert_int_equal(find_as(f, SITE_UID), AA_NO_SESSION);		 /* its parent */
	assert_int_equal(IN_CHILD(find_as(f, SITE_UID)), AA_NO_SESSION); /* its brother */
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(ends[0]);
	close(ends[1]);
}

TEST(a_session_ends_with_its_opener, session)
{
	struct fixture *f = *state;

	assert_int_equal(IN_CHILD(survive_the_opener(f)), AA_NO_SESSION);
}

/* An index entry left by an earlier process of this pid leads nowhere. */
TEST(a_reused_pid_is_not_inside, session)
{
	struct fixture *f = *state;
	struct aa_session *s = created(f);
	char name[64], path[512], *text, *at;
	size_t len;

	assert_int_equal(aa_session_open(f->site->rundir, s, f->now), 0);
	assert_int_equal(find_as(f, SITE_UID), AA_OK);
	snprintf(name, sizeof(name), "sessions/%s.json", s->id);
	snprintf(path, sizeof(path), "%s", support_path(f->site->rundir, name));
	text = support_read_file(path, &len);
	at = strstr(text, "\"opener\":[");
	assert_non_null(at);
	at = strchr(at, ']') - 1;
	*at = *at == '9' ? '8' : (char)(*at + 1);
	support_write_file(path, text, len);
	assert_int_equal(find_as(f, SITE_UID), AA_NO_SESSION);
	free(text);
	aa_session_free(s);
}

static const char *record_of(const struct fixture *f, const struct aa_session *s)
{
	char name[64];

	snprintf(name, sizeof(name), "sessions/%s.json", s->id);
	return support_path(f->site->rundir, name);
}

/* The index names a session, and its record decides. */
TEST(a_session_that_is_not_this_process_or_its_ancestors_is_not_found, session)
{
	struct fixture *f = *state;
	struct aa_session *s = created(f);
	struct aa_process other;

	assert_int_equal(aa_process_read(getppid(), &other), 0);
	assert_int_equal(aa_session_open(f->site->rundir, s, f->now), 0);
	support_bend_file(record_of(f, s), "task", json_string("x"));
	assert_int_equal(find_as(f, SITE_UID), AA_OK);
	support_bend_file(
	    record_of(f, s), "opener",
	    json_pack("[I,I,I]", (json_int_t)other.pid, (json_int_t)other.ppid, (json_int_t)other.start));
	assert_int_equal(find_as(f, SITE_UID), AA_NO_SESSION);
	aa_session_free(s);
}

TEST(a_session_of_another_boot_or_not_open_is_not_found, session)
{
	struct fixture *f = *state;
	struct aa_session *s = created(f);

	assert_int_equal(aa_session_open(f->site->rundir, s, f->now), 0);
	assert_int_equal(find_as(f, SITE_UID), AA_OK);
	support_bend_file(record_of(f, s), "opened", json_integer(0));
	assert_int_equal(find_as(f, SITE_UID), AA_NO_SESSION);
	support_bend_file(record_of(f, s), "opened", json_integer(f->now));
	assert_int_equal(find_as(f, SITE_UID), AA_OK);
	support_bend_file(record_of(f, s), "boot_id", json_string("another"));
	assert_int_equal(find_as(f, SITE_UID), AA_NO_SESSION);
	aa_session_free(s);
}

/* ---- the kernel's audit session ------------------------------------------------------------- */

/* As pam_loginuid does it. 77: this kernel or this user cannot. */
static int by_audit_session(const struct fixture *f)
{
	struct aa_session *s = NULL;
	int fd = open("/proc/self/loginuid", O_WRONLY), ends[2];
	char text[16], answer = 0;

	snprintf(text, sizeof(text), "%u", SITE_UID);
	if (fd < 0 || write(fd, text, strlen(text)) < 0 || aa_login_uid() != SITE_UID ||
	    aa_audit_session_id() == UINT32_MAX)
		return 77;
	close(fd);
	if (create(f, &s) != AA_OK || aa_session_open(f->site->rundir, s, f->now) < 0)
		return 1;
	if (s->audit_session != aa_audit_session_id() || s->login_uid != SITE_UID)
		return 2;
	/* A double fork leaves the ancestors, and stays in the audit session. */
	if (pipe(ends) < 0)
		return 5;
	if (fork() == 0) {
		pid_t middle = getpid();

		if (fork() != 0)
			_exit(0);
		while (getppid() == middle)
			usleep(1000);
		answer = getppid() == s->opener.pid		     ? 3
			 : find_as(f, SITE_UID) != AA_OK	     ? 4
			 : find_as(f, SITE_UID + 1) != AA_NO_SESSION ? 6
								     : 0;
		_exit(write(ends[1], &answer, 1) == 1 ? 0 : 1);
	}
	wait(NULL);
	return read(ends[0], &answer, 1) == 1 ? answer : 7;
}

TEST(a_double_fork_stays_inside_where_the_kernel_audits, session)
{
	int status = IN_CHILD(by_audit_session(*state));

	if (status == 77)
		skip();
	assert_int_equal(status, 0);
}
