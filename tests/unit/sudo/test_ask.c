/* SPDX-License-Identifier: Apache-2.0 */
/* test_ask.c: which of an agent's commands are asked for, and how many at a time. */
#include <config.h>

#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/state/approval.h"
#include "common/state/last_look.h"
#include "common/state/session.h"
#include "common/verify/verdict.h"
#include "sudo/ask.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/support_users.h"
#include "tests/unit/support/test.h"

#define RULE "[\"(root) /usr/bin/true\"]"

struct host {
	struct support_site *site;
	struct aa_session *session;
	char said[4096];
	struct aa_sudo more; /* logged, looks, cwd and chroot of a run; and argv, where there is one */
};

static struct host *waiting;
static void (*meanwhile)(struct host *h); /* once, while a request waits */

/* In place of libc's: the plugin waits by it. The agent interrupts its own sudo, so that no test waits. */
int nanosleep(const struct timespec *wanted, struct timespec *left)
{
	void (*now)(struct host * h) = meanwhile;

	(void)wanted;
	(void)left;
	meanwhile = NULL;
	if (now)
		now(waiting);
	else
		(void)raise(SIGTERM);
	return 0;
}

/* The same: after so many more looks at the clock it is past the end of every request. */
static unsigned looks_left;
static bool is_late;

time_t time(time_t *ret)
{
	struct timespec now = {0, 0};

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (looks_left && --looks_left == 0)
		is_late = true;
	now.tv_sec += is_late ? AA_APPROVAL_WAIT + 1 : 0;
	if (ret)
		*ret = now.tv_sec;
	return now.tv_sec;
}

/* The same: the kernel may refuse to make root a user again. */
static bool uids_stay;

long syscall(long number, ...)
{
	long (*real)(long number, ...) = (long (*)(long, ...))(uintptr_t)dlsym(RTLD_NEXT, "syscall"), a[6];
	va_list args;

	va_start(args, number);
	for (size_t i = 0; i < COUNT(a); i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_setresuid && uids_stay && a[0] != 0) {
		errno = EAGAIN;
		return -1;
	}
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

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
				     .cwd = h->more.cwd ? h->more.cwd : "/",
				     .chroot = h->more.chroot,
				     .logged = h->more.logged,
				     .looks = h->more.looks,
				     .must_wait = h->more.must_wait,
				     .command = command,
				     .target = "root",
				     .argv = h->more.argv ? h->more.argv : argv,
				     .say = say,
				     .say_data = h->said};

	h->said[0] = '\0';
	waiting = h;
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

TEST(a_rule_that_is_empty_in_a_damaged_record_has_all_wait)
{
	struct host h = {.site = site_with("role:deploy", "[\"\"]")};

	open_session(&h, NULL);
	assert_int_equal(run(&h, "/usr/bin/true"), AA_APPROVAL_DENIED);
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

/* ---- what is shown ----------------------------------------------------------------------------- */

static void is_asked_for(struct host *h, bool asked)
{
	assert_int_equal(run(h, "/usr/bin/true"), AA_APPROVAL_DENIED);
	assert_true((strstr(h->said, "waits for a person's approval, request") != NULL) == asked);
	assert_true((strstr(h->said, "has at most 1024 bytes") != NULL) == !asked);
}

TEST(what_an_approver_would_not_see_whole_is_not_asked_for)
{
	struct host h = {.site = site_with("role:deploy", RULE)};
	char name[] = "true", text[1101];
	char *const argv[] = {name, text, NULL};

	open_session(&h, NULL);
	memset(text, 'x', sizeof(text));
	for (size_t len = 900; len <= 1100; len += 200) {
		text[900] = 'x';
		text[len] = '\0';
		h.more = (struct aa_sudo){.argv = argv};
		is_asked_for(&h, len == 900);
		h.more = (struct aa_sudo){.cwd = text};
		is_asked_for(&h, len == 900);
		h.more = (struct aa_sudo){.chroot = text};
		is_asked_for(&h, len == 900);
	}
	host_free(&h);
}

/* ---- what changes meanwhile ----------------------------------------------------------------------- */

static void answer(void *data, json_t *request)
{
	const struct host *h = data;

	assert_int_equal(aa_approval_answer(h->site->rundir, geteuid(),
					    json_string_value(json_object_get(request, "id")), true, "alice",
					    NULL, time(NULL)),
			 0);
	json_decref(request);
}

static void approve(struct host *h)
{
	assert_int_equal(aa_approval_each(h->site->rundir, geteuid(), time(NULL), answer, NULL, h), 0);
}

/* sudo looks once for the answer, which is there in time, and once more when it acts upon it. */
static void approve_and_stop_sudo(struct host *h)
{
	approve(h);
	looks_left = 2;
}

static void approve_and_take_the_account_away(struct host *h)
{
	approve(h);
	assert_int_equal(json_object_del(h->site->records, "agent:builder-7"), 0);
	support_site_publish(h->site);
}

/* The session does not have the role, so that only who looks for the rule again finds it gone. */
static void approve_and_take_the_rules_role_away(struct host *h)
{
	approve(h);
	assert_int_equal(json_object_del(h->site->records, "role:deploy"), 0);
	support_site_publish(h->site);
}

static void approve_and_end_the_session(struct host *h)
{
	approve(h);
	aa_session_close(h->site->rundir, geteuid(), h->session->id, h->session->agent);
}

static void approve_and_begin_another_session(struct host *h)
{
	approve_and_end_the_session(h);
	aa_session_free(h->session);
	open_session(h, NULL);
}

TEST(an_approved_command_runs_only_where_nothing_changed)
{
	static const struct {
		void (*meanwhile)(struct host *h);
		enum aa_reason reason;
	} cases[] = {
	    {approve, AA_OK},
	    {approve_and_stop_sudo, AA_APPROVAL_TIMEOUT},
	    {approve_and_take_the_account_away, AA_NO_SESSION},
	    {approve_and_take_the_rules_role_away, AA_ROLE_DENIED},
	    {approve_and_end_the_session, AA_NO_SESSION},
	    {approve_and_begin_another_session, AA_NO_SESSION},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct host h = {.site = site_with("role:deploy", RULE)};

		open_session(&h, "\"audit\"");
		meanwhile = cases[i].meanwhile;
		assert_int_equal(run(&h, "/usr/bin/true"), cases[i].reason);
		assert_null(meanwhile);
		is_late = false;
		host_free(&h);
	}
}

/* A sudo without plugins lets the program run that asks, with any command behind it. */
TEST(where_no_sudoers_has_matched_an_approval_rule_must_name_the_command)
{
	struct host h = {.site = site_with("role:deploy", RULE), .more = {.must_wait = true}};

	open_session(&h, "\"deploy\"");
	assert_int_equal(run(&h, "/usr/bin/true"), AA_APPROVAL_DENIED);
	assert_int_equal(run(&h, "/usr/bin/false"), AA_ROLE_DENIED);
	assert_int_equal(run(&h, "/usr/bin/../bin/true"), AA_ROLE_DENIED);
	assert_string_equal(h.said, "");
	host_free(&h);
}

/* ---- the last look, and the log ------------------------------------------------------------------- */

TEST(an_approved_command_does_not_start_after_its_time)
{
	struct host h = {.site = site_with("role:deploy", RULE), .more = {.looks = true}};

	open_session(&h, NULL);
	meanwhile = approve;
	assert_int_equal(run(&h, "/usr/bin/true"), AA_OK);
	assert_int_equal(IN_CHILD(0), 0);
	is_late = true;
	assert_int_equal(IN_CHILD(0), 1);
	/* what was not asked for has no such end */
	is_late = false;
	assert_int_equal(run(&h, "/usr/bin/false"), AA_OK);
	is_late = true;
	assert_int_equal(IN_CHILD(0), 0);
	is_late = false;
	aa_last_look_forget();
	host_free(&h);
}

static unsigned lines(const struct host *h)
{
	const char *path = support_path(h->site->logdir, "audit.jsonl");
	size_t len = 0;
	char *log = access(path, R_OK) == 0 ? support_read_file(path, &len) : NULL;
	unsigned n = 0;

	for (size_t i = 0; i < len; i++)
		n += log[i] == '\n';
	free(log);
	return n;
}

TEST(a_sudo_is_logged_once)
{
	struct host h = {.site = site_with("role:deploy", RULE)};
	unsigned before;

	open_session(&h, NULL);
	before = lines(&h);
	assert_int_equal(run(&h, "/usr/bin/false"), AA_OK);
	assert_int_equal(lines(&h), before + 1);
	h.more.logged = true; /* by the PAM module */
	assert_int_equal(run(&h, "/usr/bin/false"), AA_OK);
	assert_int_equal(lines(&h), before + 1);
	aa_session_close(h.site->rundir, geteuid(), h.session->id, h.session->agent);
	assert_int_equal(run(&h, "/usr/bin/false"), AA_NO_SESSION);
	assert_int_equal(lines(&h), before + 2);
	host_free(&h);
}

/* In a child, as sudo has it: root by its effective uid, and the agent by its real one. */
static int run_as_sudo(struct host *h)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(setresuid(SITE_UID, 0, 0) < 0 ? 98 : (int)run(h, "/usr/bin/false"));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

TEST(a_sudo_that_cannot_be_its_callers_again_is_refused)
{
	struct host h = {.site = site_with("role:deploy", RULE)};

	if (getuid() == 0) {
		open_session(&h, NULL);
		assert_int_equal(run_as_sudo(&h), AA_OK);
		uids_stay = true;
		assert_int_equal(run_as_sudo(&h), AA_INTERNAL);
		uids_stay = false;
	}
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
