/* SPDX-License-Identifier: Apache-2.0 */
/* test_session.c: records of logins: whose they are, who is inside, and how many there may be. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/state/session.h"
#include "common/state/session_find.h"
#include "common/state/session_id.h"
#include "common/state/session_store.h"
#include "common/state/session_sweep.h"
#include "common/verify/verdict.h"
#include "common/verify/verify.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"

struct fixture {
	struct support_site *site;
	struct aa_policy *policy;
	struct aa_agent *agent; /* builder-7, which a test may bend */
	struct aa_login login;
	struct aa_verdict verdict; /* AA_OK, roles deploy and audit */
	int64_t now;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->now = time(NULL);
	f->site = support_site_new(f->now);
	f->policy = support_policy(f->site);
	f->agent = support_agent(f->policy, "builder-7");
	f->login = support_login(f->site, f->now);
	support_verify(f->site, &f->login, support_assertion(f->now), &f->verdict);
	assert_int_equal(f->verdict.reason, AA_OK);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	aa_verdict_clear(&f->verdict);
	aa_agent_free(f->agent);
	aa_policy_close(f->policy);
	support_site_free(f->site);
	free(f);
	return 0;
}

FIXTURE(here, setup, teardown);

static enum aa_reason create(const struct fixture *f, struct aa_session **ret)
{
	*ret = NULL;
	return aa_session_create(f->site->rundir, f->agent, &f->login, &f->verdict, f->now + 3600, ret);
}

static struct aa_session *created(const struct fixture *f)
{
	struct aa_session *session;

	assert_int_equal(create(f, &session), AA_OK);
	return session;
}

static struct aa_session *load(const struct fixture *f, const char *id)
{
	struct aa_session *session = NULL;

	assert_int_equal(aa_session_load(f->site->rundir, geteuid(), id, &session), 0);
	return session;
}

static enum aa_reason find_as(const struct fixture *f, uint32_t uid)
{
	struct aa_session *session = NULL;
	enum aa_reason reason = aa_session_find(f->site->rundir, geteuid(), uid, &session);

	aa_session_free(session);
	return reason;
}

/* The exit status of a child that runs `body`, or of its child, for tests across processes. */
#define IN_CHILD(body) \
	({ \
		int status_ = 0; \
		pid_t pid_ = fork(); \
\
		if (pid_ == 0) \
			_exit((int)(body)); \
		assert_int_equal(waitpid(pid_, &status_, 0), pid_); \
		assert_true(WIFEXITED(status_)); \
		WEXITSTATUS(status_); \
	})

/* ---- the record -------------------------------------------------------------------- */

TEST(a_record_holds_what_was_decided, here)
{
	struct fixture *f = *state;
	struct aa_session *made = created(f), *s = load(f, made->id);
	struct stat st;
	char name[64];

	assert_string_equal(s->agent, "builder-7");
	assert_int_equal(s->uid, SITE_UID);
	assert_string_equal(s->service, "sshd");
	assert_string_equal(s->rhost, "10.1.2.3");
	assert_int_equal(s->kind, AA_KIND_ASSERTION);
	assert_int_equal(s->roles.n, 2);
	assert_string_equal(s->kid, "k1");
	assert_null(s->issuer);
	assert_null(s->on_behalf_of);
	assert_int_equal(s->created, f->now);
	assert_int_equal(s->opened, 0);
	assert_int_equal(s->deadline, f->now + 3600);
	assert_int_equal(s->creator.pid, getpid());
	assert_int_equal(s->parent.pid, getppid());
	assert_int_equal(s->audit_session, UINT32_MAX);
	snprintf(name, sizeof(name), "sessions/%s.json", s->id);
	assert_int_equal(stat(support_path(f->site->rundir, name), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(support_path(f->site->rundir, "sessions"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	aa_session_free(s);
	aa_session_free(made);
}

TEST(ids_are_random_and_of_one_form, here)
{
	static const char *const bad[] = {"",
					  "0123456789abcdef0123456789abcde",
					  "0123456789abcdef0123456789abcdef0",
					  "0123456789ABCDEF0123456789abcdef",
					  "../../../../../../../etc/passwd/",
					  "0123456789abcdef0123456789abcde/",
					  "0123456789abcdef0123456789abcde\n"};
	struct fixture *f = *state;
	struct aa_session *a = created(f), *b = created(f), *none = NULL;

	assert_true(aa_session_id_is_valid(a->id) && aa_session_id_is_valid(b->id));
	assert_string_not_equal(a->id, b->id);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(aa_session_id_is_valid(bad[i]));
		assert_int_equal(aa_session_load(f->site->rundir, geteuid(), bad[i], &none), -EINVAL);
	}
	assert_int_equal(
	    aa_session_load(f->site->rundir, geteuid(), "0123456789abcdef0123456789abcdef", &none), -ENOENT);
	assert_null(none);
	aa_session_free(a);
	aa_session_free(b);
}

TEST(a_record_that_cannot_be_believed_is_no_session, here)
{
	static const char *const texts[] = {"", "{}", "[]", "x"};
	struct fixture *f = *state;
	struct aa_session *a = created(f), *b = created(f), *none = NULL;
	char name[64], path[512], *good, *others;
	size_t len, n;

	snprintf(name, sizeof(name), "sessions/%s.json", a->id);
	snprintf(path, sizeof(path), "%s", support_path(f->site->rundir, name));
	good = support_read_file(path, &len);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		support_write_file(path, texts[i], strlen(texts[i]));
		assert_int_equal(aa_session_load(f->site->rundir, geteuid(), a->id, &none), -EBADMSG);
	}
	support_write_file(path, good, len - 1);
	assert_int_equal(aa_session_load(f->site->rundir, geteuid(), a->id, &none), -EBADMSG);
	/* another session's record under this name */
	snprintf(name, sizeof(name), "sessions/%s.json", b->id);
	others = support_read_file(support_path(f->site->rundir, name), &n);
	support_write_file(path, others, n);
	assert_int_equal(aa_session_load(f->site->rundir, geteuid(), a->id, &none), -EBADMSG);
	support_write_file(path, good, len);
	assert_int_equal(chmod(path, 0602), 0);
	assert_int_equal(aa_session_load(f->site->rundir, geteuid(), a->id, &none), -EPERM);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(support_path(f->site->rundir, name), path), 0);
	assert_int_equal(aa_session_load(f->site->rundir, geteuid(), a->id, &none), -ELOOP);
	assert_int_equal(unlink(path), 0);
	support_write_file(path, good, len);
	assert_int_equal(aa_session_load(f->site->rundir, geteuid(), a->id, &none), 0);
	aa_session_free(none);
	free(good);
	free(others);
	aa_session_free(a);
	aa_session_free(b);
}

/* ---- whose it is ---------------------------------------------------------------------- */

TEST(a_pending_record_is_its_makers, here)
{
	struct fixture *f = *state;
	struct aa_session *s = created(f);

	assert_true(aa_session_is_mine(s, "builder-7", f->now));
	assert_false(aa_session_is_mine(s, "other-1", f->now));
	assert_true(aa_session_is_mine(s, "builder-7", f->now + AA_SESSION_PENDING_MAX));
	assert_false(aa_session_is_mine(s, "builder-7", f->now + AA_SESSION_PENDING_MAX + 1));
	assert_false(aa_session_is_mine(s, "builder-7", f->now - 1));
	assert_false(aa_session_is_live(s));
	/* a child of the maker, and a process beside it, are neither the maker nor its parent */
	assert_int_equal(IN_CHILD(aa_session_is_mine(s, "builder-7", f->now)), false);
	aa_session_free(s);
}

/* What sshd's child makes, sshd takes over: the parent, and no other. */
TEST(a_pending_record_is_its_makers_parents_too, here)
{
	struct fixture *f = *state;
	struct aa_session *s = NULL;
	char id[AA_SESSION_ID_SIZE] = "";
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(
	    IN_CHILD(create(f, &s) == AA_OK && write(ends[1], s->id, sizeof(id)) == sizeof(id) ? 0 : 1), 0);
	assert_int_equal(read(ends[0], id, sizeof(id)), sizeof(id));
	s = load(f, id);
	assert_int_not_equal(s->creator.pid, getpid());
	assert_true(aa_session_is_mine(s, "builder-7", f->now));
	assert_int_equal(IN_CHILD(aa_session_is_mine(s, "builder-7", f->now)), false);
	/* the same pid with another start time is another process */
	s->parent.start++;
	assert_false(aa_session_is_mine(s, "builder-7", f->now));
	aa_session_free(s);
	close(ends[0]);
	close(ends[1]);
}

/* The record as another boot would have left it. */
static struct aa_session *of_another_boot(struct fixture *f, struct aa_session *s)
{
	char name[64], id[AA_SESSION_ID_SIZE];
	char *text;

	assert_int_equal(
	    json_object_set_new(s->json, "boot_id", json_string("00000000-0000-0000-0000-000000000000")), 0);
	text = json_dumps(s->json, JSON_COMPACT);
	memcpy(id, s->id, sizeof(id));
	snprintf(name, sizeof(name), "sessions/%s.json", id);
	support_write_file(support_path(f->site->rundir, name), text, strlen(text));
	assert_int_equal(chmod(support_path(f->site->rundir, name), 0600), 0);
	free(text);
	aa_session_free(s);
	return load(f, id);
}

TEST(a_record_of_another_boot_is_nobodys, here)
{
	struct fixture *f = *state;
	struct aa_session *s = created(f);

	assert_true(aa_session_is_mine(s, "builder-7", f->now));
	s = of_another_boot(f, s);
	assert_false(aa_session_is_mine(s, "builder-7", f->now));
	aa_session_free(s);
	s = created(f);
	assert_int_equal(aa_session_open(f->site->rundir, s, f->now), 0);
	assert_true(aa_session_is_live(s));
	s = of_another_boot(f, s);
	assert_false(aa_session_is_live(s));
	aa_session_free(s);
}

TEST(an_open_record_is_taken_over_by_nobody, here)
{
	struct fixture *f = *state;
	struct aa_session *s = created(f);

	assert_true(aa_session_is_mine(s, "builder-7", f->now));
	assert_int_equal(aa_session_open(f->site->rundir, s, f->now), 0);
	assert_false(aa_session_is_mine(s, "builder-7", f->now));
	aa_session_free(s);
}

/* ---- inside ----------------------------------------------------------------------------- */

static enum aa_reason find_in_grandchild(const struct fixture *f)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit((int)find_as(f, SITE_UID));
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? (enum aa_reason)WEXITSTATUS(status)
								    : AA_INTERNAL;
}

TEST(descendants_are_inside, here)
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

TEST(another_process_is_not_inside, here)
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

/* A child of the opener's goes on after it: with it the session has ended, though the record still lies there. */
static enum aa_reason survive_the_opener(const struct fixture *f)
{
	int ends[2], ready[2], status = 0;
	enum aa_reason reason = AA_INTERNAL;
	pid_t opener;
	char c;

	if (pipe(ends) < 0 || pipe(ready) < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return AA_INTERNAL;
	opener = fork();
	if (opener == 0) {
		struct aa_session *s = NULL;

		if (create(f, &s) != AA_OK || aa_session_open(f->site->rundir, s, f->now) < 0)
			_exit(1);
		if (fork() == 0) {
			enum aa_reason before = find_as(f, SITE_UID);

			if (write(ready[1], "r", 1) != 1 || read(ends[0], &c, 1) != 1 || before != AA_OK)
				_exit(0);
			_exit((int)find_as(f, SITE_UID));
		}
		pause();
	}
	close(ready[1]);
	(void)!read(ready[0], &c, 1); /* the grandchild is there, or never will be */
	kill(opener, SIGKILL);
	waitpid(opener, NULL, 0);
	if (write(ends[1], "x", 1) == 1 && wait(&status) > 0 && WIFEXITED(status))
		reason = (enum aa_reason)WEXITSTATUS(status);
	return reason;
}

TEST(a_session_ends_with_its_opener, here)
{
	struct fixture *f = *state;

	assert_int_equal(IN_CHILD(survive_the_opener(f)), AA_NO_SESSION);
}

/* An index entry left by an earlier process of this pid leads nowhere. */
TEST(a_reused_pid_is_not_inside, here)
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

TEST(a_double_fork_stays_inside_where_the_kernel_audits, here)
{
	int status = IN_CHILD(by_audit_session(*state));

	if (status == 77)
		skip();
	assert_int_equal(status, 0);
}

/* ---- slots ------------------------------------------------------------------------------------ */

/* `n` children create a session each, those that may stay; how many did. They end when the gate opens. */
static int how_many_fit(const struct fixture *f, int n, int64_t max)
{
	int gate[2], back[2], ok = 0;
	char answer;

	f->agent->max_sessions = max;
	assert_int_equal(pipe(gate), 0);
	assert_int_equal(pipe(back), 0);
	for (int i = 0; i < n; i++) {
		if (fork() == 0) {
			struct aa_session *s = NULL;
			char c = create(f, &s) == AA_OK && aa_session_open(f->site->rundir, s, f->now) == 0
				     ? 'y'
				     : 'n';

			close(gate[1]);
			if (write(back[1], &c, 1) != 1 || read(gate[0], &c, 1) != 0)
				_exit(1);
			_exit(0);
		}
	}
	for (int i = 0; i < n; i++) {
		assert_int_equal(read(back[0], &answer, 1), 1);
		ok += answer == 'y';
	}
	close(gate[0]);
	close(gate[1]);
	close(back[0]);
	close(back[1]);
	while (wait(NULL) > 0)
		;
	return ok;
}

TEST(exactly_as_many_as_may_be_get_a_slot, here)
{
	struct fixture *f = *state;

	assert_int_equal(how_many_fit(f, 40, 5), 5);
	/* all of them are gone without a word: their slots are taken over */
	assert_int_equal(how_many_fit(f, 40, 5), 5);
	assert_int_equal(how_many_fit(f, 40, 1), 1);
	assert_int_equal(how_many_fit(f, 20, 0), 20); /* no limit */
}

TEST(a_slot_is_free_again_when_its_session_is_closed, here)
{
	struct fixture *f = *state;
	struct aa_session *a, *b = NULL;

	f->agent->max_sessions = 1;
	assert_int_equal(aa_session_has_room(f->site->rundir, geteuid(), f->agent, &f->verdict, f->now),
			 AA_OK);
	a = created(f);
	assert_int_equal(aa_session_has_room(f->site->rundir, geteuid(), f->agent, &f->verdict, f->now),
			 AA_SESSION_LIMIT);
	assert_int_equal(create(f, &b), AA_SESSION_LIMIT);
	assert_null(b);
	assert_int_equal(aa_session_open(f->site->rundir, a, f->now), 0);
	assert_int_equal(create(f, &b), AA_SESSION_LIMIT);
	aa_session_close(f->site->rundir, geteuid(), a->id, a->agent);
	assert_int_equal(aa_session_has_room(f->site->rundir, geteuid(), f->agent, &f->verdict, f->now),
			 AA_OK);
	b = created(f);
	aa_session_free(a);
	aa_session_free(b);
}

/* Sixteen processes come and go, at most three at a time: counted where all of them see it. */
TEST(never_more_than_may_be_while_they_come_and_go, here)
{
	struct fixture *f = *state;
	atomic_int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;

	assert_true(shared != MAP_FAILED);
	f->agent->max_sessions = 3;
	for (int i = 0; i < 16; i++) {
		if (fork() != 0)
			continue;
		for (int k = 0; k < 120; k++) {
			struct aa_session *s = NULL;

			if (create(f, &s) != AA_OK)
				continue;
			if (atomic_fetch_add(&shared[0], 1) >= 3)
				atomic_fetch_add(&shared[1], 1);
			atomic_fetch_add(&shared[2], 1);
			atomic_fetch_sub(&shared[0], 1);
			aa_session_close(f->site->rundir, geteuid(), s->id, s->agent);
			aa_session_free(s);
		}
		_exit(0);
	}
	while (wait(&status) > 0)
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(atomic_load(&shared[1]), 0);
	assert_true(atomic_load(&shared[2]) > 100);
	munmap(shared, 4096);
}

static int create_in_child(const struct fixture *f)
{
	struct aa_session *s = NULL;
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit((int)create(f, &s));
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A login that got no further than its verdict does not hold a slot when the connection is gone. */
TEST(a_pending_record_ends_with_who_may_open_it, here)
{
	struct fixture *f = *state;
	struct aa_session *s = NULL;

	f->agent->max_sessions = 1;
	/* this process is the maker's parent, and may still open it */
	assert_int_equal(IN_CHILD(create(f, &s)), AA_OK);
	assert_int_equal(create(f, &s), AA_SESSION_LIMIT);
	assert_int_equal(aa_session_sweep(f->site->rundir, geteuid(), f->now, NULL, NULL, NULL), 0);
	assert_int_equal(aa_session_sweep(f->site->rundir, geteuid(), f->now + AA_SESSION_PENDING_MAX + 1,
					  NULL, NULL, NULL),
			 1);
	/* and here it was the maker's grandparent */
	assert_int_equal(IN_CHILD(create_in_child(f)), AA_OK);
	assert_int_equal(create(f, &s), AA_OK);
	aa_session_free(s);
}

/* ---- mixed sessions -------------------------------------------------------------------------------- */

TEST(mixed_sessions_are_refused_where_the_entry_says_so, here)
{
	struct fixture *f = *state;
	struct aa_verdict narrow, on_behalf;
	struct aa_session *a, *b = NULL;

	support_verify(f->site, &f->login, support_bent_assertion(f->now, "scope", "\"audit\""), &narrow);
	support_verify(f->site, &f->login, support_assertion(f->now), &on_behalf);
	on_behalf.on_behalf_of = strdup("user-alice");
	a = created(f);
#define CREATE(v) aa_session_create(f->site->rundir, f->agent, &f->login, v, 0, &b)
	assert_int_equal(CREATE(&narrow), AA_OK);
	aa_session_close(f->site->rundir, geteuid(), b->id, b->agent);
	aa_session_free(b);
	f->agent->mixed_sessions = AA_MIXED_SESSIONS_REFUSE;
	b = NULL;
	assert_int_equal(CREATE(&narrow), AA_ROLE_DENIED);
	assert_int_equal(aa_session_has_room(f->site->rundir, geteuid(), f->agent, &narrow, f->now),
			 AA_ROLE_DENIED);
	assert_int_equal(CREATE(&on_behalf), AA_ROLE_DENIED);
	assert_null(b);
	assert_int_equal(aa_session_has_room(f->site->rundir, geteuid(), f->agent, &f->verdict, f->now),
			 AA_OK);
	assert_int_equal(CREATE(&f->verdict), AA_OK);
	aa_session_close(f->site->rundir, geteuid(), b->id, b->agent);
	aa_session_free(b);
	aa_session_close(f->site->rundir, geteuid(), a->id, a->agent);
	assert_int_equal(CREATE(&narrow), AA_OK);
#undef CREATE
	aa_session_free(a);
	aa_session_free(b);
	aa_verdict_clear(&narrow);
	aa_verdict_clear(&on_behalf);
}

/* A process of the agent's, as a session leaves one, or that opened `session`; ended by end_stray(). */
static pid_t leave_stray(const struct fixture *f, struct aa_session *session)
{
	int ready[2];
	char c;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		if (session && aa_session_open(f->site->rundir, session, f->now) < 0)
			_exit(1);
		if (setresuid(SITE_UID, SITE_UID, SITE_UID) < 0)
			_exit(1);
		close(ready[0]);
		close(ready[1]);
		pause();
		_exit(0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 0);
	close(ready[0]);
	return pid;
}

static void end_stray(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* One login of these rights, over as soon as it was let in. */
static enum aa_reason in_and_out(struct fixture *f, const struct aa_verdict *verdict)
{
	struct aa_session *s = NULL;
	enum aa_reason room = aa_session_has_room(f->site->rundir, geteuid(), f->agent, verdict, f->now),
		       reason = aa_session_create(f->site->rundir, f->agent, &f->login, verdict, 0, &s);

	assert_int_equal(room, reason);
	if (s)
		aa_session_close(f->site->rundir, geteuid(), s->id, s->agent);
	aa_session_free(s);
	return reason;
}

TEST(what_a_session_leaves_is_in_the_way_of_other_rights, here)
{
	struct fixture *f = *state;
	struct aa_verdict narrow;
	pid_t stray;

	if (getuid() != 0)
		skip();
	support_verify(f->site, &f->login, support_bent_assertion(f->now, "scope", "\"audit\""), &narrow);
	f->agent->mixed_sessions = AA_MIXED_SESSIONS_REFUSE;
	assert_int_equal(in_and_out(f, &f->verdict), AA_OK);
	stray = leave_stray(f, NULL);
	assert_int_equal(in_and_out(f, &narrow), AA_ROLE_DENIED);
	assert_int_equal(in_and_out(f, &f->verdict), AA_OK); /* it can only have these rights */
	assert_int_equal(in_and_out(f, &narrow), AA_ROLE_DENIED);
	end_stray(stray);
	assert_int_equal(in_and_out(f, &narrow), AA_OK);
	/* With a login of another kind in between nobody knows what is left of which. */
	stray = leave_stray(f, NULL);
	f->agent->mixed_sessions = AA_MIXED_SESSIONS_ALLOW;
	assert_int_equal(in_and_out(f, &f->verdict), AA_OK);
	f->agent->mixed_sessions = AA_MIXED_SESSIONS_REFUSE;
	assert_int_equal(in_and_out(f, &f->verdict), AA_ROLE_DENIED);
	assert_int_equal(in_and_out(f, &narrow), AA_ROLE_DENIED);
	end_stray(stray);
	assert_int_equal(in_and_out(f, &f->verdict), AA_OK);
	aa_verdict_clear(&narrow);
}

/* A session of root's making, with this process as its opener. */
static struct aa_session *started_by_root(struct fixture *f, const char *service)
{
	struct aa_login login = f->login;
	struct aa_verdict entry = {0};
	struct aa_policy *policy = support_policy(f->site);
	struct aa_session *s = NULL;

	login.service = service;
	aa_verify_account(policy, f->agent, &login, false, &entry);
	assert_int_equal(aa_session_create(f->site->rundir, f->agent, &login, &entry, 0, &s), AA_OK);
	aa_verdict_clear(&entry);
	aa_policy_close(policy);
	return s;
}

TEST(a_user_manager_is_in_nobodys_way_and_a_job_is, here)
{
	static const char *const services[] = {"systemd-user", "cron"};
	struct fixture *f = *state;

	if (getuid() != 0)
		skip();
	f->agent->mixed_sessions = AA_MIXED_SESSIONS_REFUSE;
	for (int i = 0; i < 2; i++) {
		struct aa_session *s = started_by_root(f, services[i]);
		pid_t stray = leave_stray(f, s);

		assert_int_equal(in_and_out(f, &f->verdict), i == 0 ? AA_OK : AA_ROLE_DENIED);
		end_stray(stray);
		assert_int_equal(in_and_out(f, &f->verdict), AA_OK);
		aa_session_close(f->site->rundir, geteuid(), s->id, s->agent);
		aa_session_free(s);
		stray = leave_stray(f, NULL);
		f->agent->mixed_sessions = AA_MIXED_SESSIONS_ALLOW; /* forgets the rights */
		assert_int_equal(in_and_out(f, &f->verdict), AA_OK);
		f->agent->mixed_sessions = AA_MIXED_SESSIONS_REFUSE;
		assert_int_equal(in_and_out(f, &f->verdict), AA_ROLE_DENIED);
		end_stray(stray);
	}
}

/* Two that come at once, with other roles each: never both. */
TEST(of_two_mixed_sessions_at_once_not_both_get_in, here)
{
	struct fixture *f = *state;
	struct aa_verdict narrow;

	f->agent->mixed_sessions = AA_MIXED_SESSIONS_REFUSE;
	support_verify(f->site, &f->login, support_bent_assertion(f->now, "scope", "\"audit\""), &narrow);
	for (int round = 0; round < 50; round++) {
		int gate[2], hold[2], back[2], in = 0;
		char c;

		assert_true(pipe(gate) == 0 && pipe(back) == 0 && pipe(hold) == 0);
		for (int i = 0; i < 2; i++) {
			struct aa_session *s = NULL;

			if (fork() != 0)
				continue;
			close(gate[1]);
			close(hold[1]);
			if (read(gate[0], &c, 1) != 0)
				_exit(1);
			c = aa_session_create(f->site->rundir, f->agent, &f->login, i ? &narrow : &f->verdict,
					      0, &s) == AA_OK;
			if (write(back[1], &c, 1) != 1 || read(hold[0], &c, 1) != 0)
				_exit(1);
			_exit(0);
		}
		close(gate[1]);
		for (int i = 0; i < 2; i++) {
			assert_int_equal(read(back[0], &c, 1), 1);
			in += c;
		}
		close(hold[1]);
		while (wait(NULL) > 0)
			;
		close(gate[0]);
		close(hold[0]);
		close(back[0]);
		close(back[1]);
		assert_true(in <= 1);
		(void)aa_session_sweep(f->site->rundir, geteuid(), f->now + AA_SESSION_PENDING_MAX + 1, NULL,
				       NULL, NULL);
	}
	aa_verdict_clear(&narrow);
}

/* ---- all of them, and the dead ones ------------------------------------------------------------------- */

static bool count_one(void *data, struct aa_session *session)
{
	aa_session_free(session);
	return ++*(int *)data < 3;
}

static int count(const struct fixture *f)
{
	int n = -1000;

	assert_int_equal(aa_session_each(f->site->rundir, geteuid(), count_one, &n), 0);
	return n + 1000;
}

TEST(each_gives_every_record_until_it_is_told_to_stop, here)
{
	struct fixture *f = *state;
	int n = 0;

	assert_int_equal(count(f), 0); /* there is not even a directory */
	for (int i = 0; i < 5; i++)
		aa_session_free(created(f));
	support_write_file(support_path(f->site->rundir, "sessions/0123456789abcdef0123456789abcdef.json"),
			   "x", 1);
	support_write_file(support_path(f->site->rundir, "sessions/.hidden"), "x", 1);
	assert_int_equal(count(f), 5);
	assert_int_equal(aa_session_each(f->site->rundir, geteuid(), count_one, &n), 0);
	assert_int_equal(n, 3);
}

static int files_below(const struct fixture *f)
{
	char command[512], text[16] = "";
	FILE *p;

	snprintf(command, sizeof(command), "find %s/sessions ! -type d | wc -l", f->site->rundir);
	p = popen(command, "r");
	assert_non_null(p);
	assert_non_null(fgets(text, sizeof(text), p));
	assert_int_equal(pclose(p), 0);
	return atoi(text);
}

TEST(closing_leaves_nothing_behind, here)
{
	struct fixture *f = *state;
	struct aa_session *s;

	f->agent->max_sessions = 4;
	for (int i = 0; i < 3; i++) {
		s = created(f);
		assert_int_equal(aa_session_open(f->site->rundir, s, f->now), 0);
		assert_true(files_below(f) > 0);
		aa_session_close(f->site->rundir, geteuid(), s->id, s->agent);
		aa_session_free(s);
		assert_int_equal(files_below(f), 0);
	}
	aa_session_close(f->site->rundir, geteuid(), "0123456789abcdef0123456789abcdef",
			 "builder-7"); /* of none: no harm */
	aa_session_close(f->site->rundir, geteuid(), "../../x", "builder-7");
}

static int open_and_die(const struct fixture *f)
{
	struct aa_session *s = NULL;

	return create(f, &s) == AA_OK && aa_session_open(f->site->rundir, s, f->now) == 0 ? 0 : 1;
}

TEST(a_sweep_removes_the_dead_and_keeps_the_living, here)
{
	struct fixture *f = *state;
	struct aa_session *live = created(f);
	int files;

	assert_int_equal(aa_session_open(f->site->rundir, live, f->now), 0);
	files = files_below(f);
	for (int i = 0; i < 3; i++)
		assert_int_equal(IN_CHILD(open_and_die(f)), 0);
	assert_int_equal(count(f), 4);
	assert_int_equal(aa_session_sweep(f->site->rundir, geteuid(), f->now, NULL, NULL, NULL), 3);
	assert_int_equal(aa_session_sweep(f->site->rundir, geteuid(), f->now, NULL, NULL, NULL), 0);
	assert_int_equal(count(f), 1);
	assert_int_equal(files_below(f), files);
	assert_int_equal(find_as(f, SITE_UID), AA_OK);
	aa_session_free(live);
}

TEST(a_directory_that_cannot_be_made_refuses, here)
{
	struct fixture *f = *state;
	struct aa_session *s = NULL;

	assert_int_equal(create(f, &s), AA_OK);
	aa_session_free(s);
	support_remove(f->site->rundir);
	support_write_file(f->site->rundir, "x", 1);
	assert_int_equal(create(f, &s), AA_INTERNAL);
	assert_null(s);
	assert_int_equal(aa_session_has_room(f->site->rundir, geteuid(), f->agent, &f->verdict, f->now),
			 AA_INTERNAL);
	assert_int_equal(find_as(f, SITE_UID), AA_NO_SESSION);
	assert_true(aa_session_sweep(f->site->rundir, geteuid(), f->now, NULL, NULL, NULL) < 0);
	assert_int_equal(unlink(f->site->rundir), 0);
	assert_int_equal(mkdir(f->site->rundir, 0700), 0);
}

TEST(leaves_no_descriptor_behind, here)
{
	struct fixture *f = *state;
	int before = dup(0), after;

	close(before);
	f->agent->max_sessions = 3;
	f->agent->mixed_sessions = AA_MIXED_SESSIONS_REFUSE;
	for (int i = 0; i < 10; i++) {
		struct aa_session *s = NULL;

		if (create(f, &s) == AA_OK)
			assert_int_equal(aa_session_open(f->site->rundir, s, f->now), 0);
		(void)find_as(f, SITE_UID);
		(void)aa_session_sweep(f->site->rundir, geteuid(), f->now, NULL, NULL, NULL);
		aa_session_free(s);
	}
	after = dup(0);
	close(after);
	assert_int_equal(before, after);
}
