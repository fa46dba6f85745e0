/* SPDX-License-Identifier: Apache-2.0 */
/* test_session_mixed.c: sessions of other rights beside one another. */
#include <config.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/state/session.h"
#include "common/state/session_sweep.h"
#include "common/verify/verdict.h"
#include "common/verify/verify.h"
#include "tests/unit/state/session_steps.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"

TEST(mixed_sessions_are_refused_where_the_entry_says_so, session)
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
		alarm(60); /* a test that failed leaves its stray, and the next one waits for all children */
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

TEST(what_a_session_leaves_is_in_the_way_of_other_rights, session)
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

TEST(a_user_manager_is_in_nobodys_way_and_a_job_is, session)
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
TEST(of_two_mixed_sessions_at_once_not_both_get_in, session)
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
