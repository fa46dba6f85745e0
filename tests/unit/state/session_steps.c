/* SPDX-License-Identifier: Apache-2.0 */
/* session_steps.c: see session_steps.h. */
#include <config.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/state/session.h"
#include "common/state/session_find.h"
#include "common/verify/verdict.h"
#include "tests/unit/state/session_steps.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	support_own_uid();
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

const struct test_fixture fixture_session = {setup, teardown};

enum aa_reason create(const struct fixture *f, struct aa_session **ret)
{
	*ret = NULL;
	return aa_session_create(f->site->rundir, f->agent, &f->login, &f->verdict, f->now + 3600, ret);
}

struct aa_session *created(const struct fixture *f)
{
	struct aa_session *session;

	assert_int_equal(create(f, &session), AA_OK);
	return session;
}

enum aa_reason find_as(const struct fixture *f, uint32_t uid)
{
	struct aa_session *session = NULL;
	enum aa_reason reason = aa_session_find(f->site->rundir, geteuid(), uid, &session);

	aa_session_free(session);
	return reason;
}

enum aa_reason find_in_grandchild(const struct fixture *f)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit((int)find_as(f, SITE_UID));
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? (enum aa_reason)WEXITSTATUS(status)
								    : AA_INTERNAL;
}

enum aa_reason survive_the_opener(const struct fixture *f)
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

enum aa_reason in_and_out(struct fixture *f, const struct aa_verdict *verdict)
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
