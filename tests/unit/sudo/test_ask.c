/* SPDX-License-Identifier: Apache-2.0 */
/* test_ask.c: which of an agent's commands are asked for, and how many at a time. */
#include <config.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/state/approval.h"
#include "common/state/session.h"
#include "common/verify/verdict.h"
#include "sudo/ask.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/support_users.h"
#include "tests/unit/support/test.h"

#define RULE "[\"(root) /usr/bin/true\"]"

/* In place of libc's: the plugin waits by it. The agent interrupts its own sudo, so that no test waits. */
int nanosleep(const struct timespec *wanted, struct timespec *left)
{
	(void)wanted;
	(void)left;
	(void)raise(SIGTERM);
	return 0;
}

struct host {
	struct support_site *site;
	struct aa_session *session;
	char said[4096];
};

static struct support_site *site_with(const char *role, const char *rule)
{
	struct support_site *site = support_site_new(time(NULL));

	support_publish_with(site, role, "approval", rule);
	return site;
}

/* A live session of builder-7 with the roles that its assertion asked for. */
static void open_session(struct host *h, const char *scope)
{
	int64_t now = time(NULL);
	struct aa_policy *policy = support_policy(h->site);
	struct aa_agent *agent = support_agent(policy, "builder-7");
	struct aa_login login = support_login(h->site, now);
	struct aa_verdict v = {0};

	support_verify(h->site, &login, support_bent_assertion(now, "scope", scope), &v);
	assert_int_equal(v.reason, AA_OK);
	assert_int_equal(aa_session_create(h->site->rundir, agent, &login, &v, now + 3600, &h->session),
			 AA_OK);
	assert_int_equal(aa_session_open(h->site->rundir, h->session, now), 0);
	aa_verdict_clear(&v);
	aa_agent_free(agent);
	aa_policy_close(policy);
}

static void host_free(struct host *h)
{
	aa_session_free(h->session);
	support_site_free(h->site);
}

static void say(void *data, const char *text)
{
	char *said = data;

	strncat(said, text, sizeof(((struct host *)NULL)->said) - strlen(said) - 1);
}

static const char *why; /* it was refused */

static enum aa_reason run(struct host *h, const char *command)
{
	static char name[] = "true";
	static char *argv[] = {name, NULL};
	const struct aa_sudo sudo = {.statedir = h->site->statedir,
				     .rundir = h->site->rundir,
				     .logdir = h->site->logdir,
				     .uid = SITE_UID,
				     .user = "builder-7",
				     .cwd = "/",
				     .command = command,
				     .target = "root",
				     .argv = argv,
				     .say = say,
				     .say_data = h->said};

	h->said[0] = '\0';
	return aa_ask(&sudo, &why);
}

/* ---- which ----------------------------------------------------------------------------------- */

TEST(a_login_that_asked_for_less_waits_all_the_same)
{
	static const char *const scopes[] = {"\"audit\"", "\"deploy\"", NULL};
	static const char *const roles[] = {"role:deploy", "role:audit"};

	for (size_t i = 0; i < 6; i++) {
		struct host h = {.site = site_with(roles[i % 2], RULE)};

		open_session(&h, scopes[i / 2]);
		assert_int_equal(run(&h, "/usr/bin/true"), AA_APPROVAL_DENIED);
		assert_string_equal(why, "the request for approval was withdrawn");
		assert_non_null(strstr(h.said, "waits for a person's approval"));
		/* the control: what no rule names runs unasked */
		assert_int_equal(run(&h, "/usr/bin/false"), AA_OK);
		assert_string_equal(h.said, "");
		host_free(&h);
	}
}

TEST(the_rule_of_a_role_that_the_agent_does_not_have_is_not_its)
{
	struct host h = {.site = site_with("role:inside", RULE)};

	open_session(&h, NULL);
	assert_int_equal(run(&h, "/usr/bin/true"), AA_OK);
	host_free(&h);
}

/* By another name, which another source of names has for its uid, an agent's session is still an agent's. */
TEST(an_agent_in_its_session_is_no_person_by_another_name)
{
	struct host h = {.site = site_with("role:inside", RULE)};

	support_users_name("carol");
	assert_int_equal(run(&h, "/usr/bin/false"), AA_OK); /* in no session of the agent: that person's */
	support_users_name(NULL);
	open_session(&h, NULL);
	assert_int_equal(run(&h, "/usr/bin/false"), AA_OK);
	support_users_name("carol");
	assert_int_equal(run(&h, "/usr/bin/false"), AA_REGISTRY_UNAVAILABLE);
	support_users_name(NULL);
	host_free(&h);
}

/* ---- how many ---------------------------------------------------------------------------------- */

TEST(the_fourth_is_refused_and_told)
{
	struct host h = {.site = site_with("role:deploy", RULE)};
	int slots[AA_APPROVAL_SLOTS];

	open_session(&h, NULL);
	for (size_t i = 0; i < AA_APPROVAL_SLOTS; i++) {
		slots[i] = aa_approval_slot(h.site->rundir, "builder-7");
		assert_true(slots[i] >= 0);
	}
	assert_int_equal(run(&h, "/usr/bin/true"), AA_APPROVAL_DENIED);
	assert_non_null(strstr(h.said, "three commands of this agent wait"));
	assert_null(strstr(h.said, "agentauthctl approval approve"));
	/* what needs nobody's approval, and another agent's, are as before */
	assert_int_equal(run(&h, "/usr/bin/false"), AA_OK);
	close(slots[1]);
	slots[1] = aa_approval_slot(h.site->rundir, "other-1");
	assert_true(slots[1] >= 0);
	assert_int_equal(run(&h, "/usr/bin/true"), AA_APPROVAL_DENIED);
	assert_string_equal(why, "the request for approval was withdrawn");
	for (size_t i = 0; i < AA_APPROVAL_SLOTS; i++)
		close(slots[i]);
	host_free(&h);
}

/* Takes note of who ended without a slot. How many are left. */
static size_t count_left(pid_t *pids, size_t n)
{
	size_t left = 0;

	for (size_t i = 0; i < n; i++) {
		int status;

		if (pids[i] > 0 && waitpid(pids[i], &status, WNOHANG) == pids[i]) {
			assert_int_equal(WEXITSTATUS(status), 1);
			pids[i] = 0;
		}
		left += pids[i] > 0;
	}
	return left;
}

/* A child that takes a slot says so with one byte, and keeps it until it is killed. */
static void take_and_stay(const char *rundir, int ready)
{
	int slot = aa_approval_slot(rundir, "builder-7");

	if (write(ready, "x", 1) != 1)
		_exit(3);
	if (slot >= 0)
		for (;;)
			pause();
	_exit(slot == -EBUSY ? 1 : 2);
}

TEST(of_many_at_once_three_have_a_slot_and_a_killed_one_leaves_its)
{
	enum { MANY = 150 };
	struct support_site *site = site_with("role:deploy", RULE);
	pid_t pids[MANY];
	int ready[2], slot;
	char byte;

	assert_int_equal(pipe(ready), 0);
	for (size_t i = 0; i < MANY; i++)
		if ((pids[i] = fork()) == 0)
			take_and_stay(site->rundir, ready[1]);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(read(ready[0], &byte, 1), 1);
	while (count_left(pids, MANY) > AA_APPROVAL_SLOTS)
		(void)sched_yield();
	assert_int_equal(count_left(pids, MANY), AA_APPROVAL_SLOTS);
	assert_int_equal(aa_approval_slot(site->rundir, "builder-7"), -EBUSY);
	for (size_t i = 0; i < MANY; i++)
		if (pids[i] > 0) {
			assert_int_equal(kill(pids[i], SIGKILL), 0);
			assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
			slot = aa_approval_slot(site->rundir, "builder-7");
			assert_true(slot >= 0);
			close(slot);
		}
	close(ready[0]);
	close(ready[1]);
	support_site_free(site);
}
