/* SPDX-License-Identifier: Apache-2.0 */
/* test_approval_faults.c: what the approval plugin decides, with each of its allocations, and each of its
 * system calls, failing in turn. A fault may never have a command run that waits for a person, unless the
 * person approved it and the log says so. */
#include <config.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "common/state/approval.h"
#include "common/state/decision.h"
#include "common/user/guard.h"
#include "common/state/session.h"
#include "common/verify/sudo_rule.h"
#include "common/verify/verdict.h"
#include "sudo/ask.h"
#include "sudo/ran.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/support_faults.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"

/* ---- users: root has two names, and the agent one ------------------------------------------------------------- */

static bool users_fail;

int getpwnam_r(const char *name, struct passwd *pwd, char *buf, size_t buflen, struct passwd **result)
{
	*result = NULL;
	if (users_fail)
		return EIO;
	if (strcmp(name, "root") != 0 && strcmp(name, "boss") != 0 && strcmp(name, "builder-7") != 0)
		return 0;
	memset(pwd, 0, sizeof(*pwd));
	snprintf(buf, buflen, "%s", name);
	pwd->pw_name = buf;
	pwd->pw_uid = strcmp(name, "builder-7") == 0 ? SITE_UID : 0;
	*result = pwd;
	return 0;
}

/* glibc's own reads no nsswitch.conf without memory, and dies of it. */
int getpwuid_r(uid_t uid, struct passwd *pwd, char *buf, size_t buflen, struct passwd **result)
{
	*result = NULL;
	if (uid == SITE_UID)
		return getpwnam_r("builder-7", pwd, buf, buflen, result);
	return uid == 1001 ? getpwnam_r("boss", pwd, buf, buflen, result) : 0;
}

int getgrouplist(const char *user, gid_t gid, gid_t *groups, int *n)
{
	(void)user;
	if (*n < 1)
		return -1;
	*n = 1;
	groups[0] = gid;
	return 1;
}

/* ---- a sudo, and a person who answers while it sleeps ------------------------------------------ */

enum person { NOBODY, APPROVES, DENIES, SUSPENDS };

struct scene {
	struct support_site *site;
	int64_t now;
	enum person person;
	struct aa_sudo sudo;
};

static struct scene *current;

static void answer(void *data, json_t *request)
{
	const struct scene *s = data;
	const char *id = json_string_value(json_object_get(request, "id"));

	(void)aa_approval_answer(s->site->rundir, geteuid(), id, s->person != DENIES, "alice", NULL,
				 time(NULL));
	json_decref(request);
}

/* In place of libc's: the plugin waits by it. */
int nanosleep(const struct timespec *time_wanted, struct timespec *left)
{
	static unsigned naps;
	struct aa_guard guard; /* others do not have the limits of who asked */

	(void)time_wanted;
	(void)left;
	support_faults_pause(true);
	aa_guard_raise(&guard);
	if (current->person == SUSPENDS)
		(void)aa_decision_suspend(current->site->statedir, "builder-7", "root", "x", current->now);
	/* Whoever cannot be answered, for want of descriptors, gives up in the end. */
	if (current->person != NOBODY && ++naps < 20)
		(void)aa_approval_each(current->site->rundir, geteuid(), time(NULL), answer, NULL, current);
	else
		(void)raise(SIGTERM); /* as the agent interrupts its own sudo */
	(void)aa_guard_lower(&guard);
	support_faults_pause(false);
	return 0;
}

static void say(void *data, const char *text)
{
	(void)data;
	(void)text;
}

static int ask(void *data)
{
	const struct scene *s = data;
	const char *why;

	return (int)aa_ask(&s->sudo, &why);
}

static void forget(void *data)
{
	(void)aa_decision_resume(((struct scene *)data)->site->statedir, "builder-7");
}

/* ---- what may not be ------------------------------------------------------------------------------ */

static unsigned lines_with(const struct scene *s, const char *text)
{
	const char *path = support_path(s->site->logdir, "audit.jsonl");
	size_t len;
	char *log = access(path, R_OK) == 0 ? support_read_file(path, &len) : NULL;
	unsigned n = 0;

	for (const char *at = log; at && (at = strstr(at, text)); at++)
		n++;
	free(log);
	return n;
}

static unsigned approved_before;

static void count_approved(void *data)
{
	approved_before = lines_with(data, "\"step\":\"approved\"");
	forget(data);
}

static const char *runs_without_a_line(void *data, int reason)
{
	if (reason == AA_OK && lines_with(data, "\"step\":\"approved\"") != approved_before + 1)
		return "let the command run, and the log does not say who approved it";
	return NULL;
}

static const char *runs(void *data, int reason)
{
	(void)data;
	return reason == AA_OK ? "let the command run" : NULL;
}

/* ---- the site ---------------------------------------------------------------------------------------- */

static char name[] = "true";
static char *no_args[] = {name, NULL};

static struct aa_session *open_session(const struct scene *s)
{
	struct aa_policy *policy = support_policy(s->site);
	struct aa_agent *agent = support_agent(policy, "builder-7");
	struct aa_login login = support_login(s->site, s->now);
	char *assertion = support_assertion(s->now);
	struct aa_session *session = NULL;
	struct aa_verdict v = {0};

	support_verify(s->site, &login, assertion, &v);
	assert_int_equal(v.reason, AA_OK);
	assert_int_equal(aa_session_create(s->site->rundir, agent, &login, &v, s->now + 3600, &session),
			 AA_OK);
	assert_int_equal(aa_session_open(s->site->rundir, session, s->now), 0);
	aa_verdict_clear(&v);
	aa_agent_free(agent);
	aa_policy_close(policy);
	return session;
}

/* What is tried with a scene at its site. */
typedef void try_fn(const struct support_scene *scene, void *data);

static void with_rule(const char *rule, enum person person, const struct support_scene *scene,
		      const char *audit_failure, try_fn *try)
{
	struct scene s = {.now = time(NULL), .person = person};
	struct aa_session *session;

	s.site = support_site_new(s.now);
	support_set(s.site, "role:deploy", "approval", rule);
	support_set(s.site, "host", "audit_failure", audit_failure);
	support_site_publish(s.site);
	s.sudo = (struct aa_sudo){.statedir = s.site->statedir,
				  .rundir = s.site->rundir,
				  .logdir = s.site->logdir,
				  .uid = SITE_UID,
				  .user = "builder-7",
				  .host = "web01",
				  .cwd = "/",
				  .command = "/usr/bin/true",
				  .target = "root",
				  .argv = no_args,
				  .say = say};
	session = open_session(&s);
	current = &s;
	users_fail = false;
	try(scene, &s);
	aa_session_free(session);
	support_site_free(s.site);
}

#define DENY "\"deny\""
#define WARN "\"warn\""
#define RULE "[\"(root) /usr/bin/true\"]"

TEST(approved_runs_with_a_line_of_the_log)
{
	static const struct support_scene scene = {"a person approves", count_approved, ask,
						   runs_without_a_line, AA_OK};

	with_rule(RULE, APPROVES, &scene, DENY, support_faults_try);
}

TEST(denied_never_runs)
{
	static const struct support_scene scene = {"a person denies", forget, ask, runs, AA_APPROVAL_DENIED};

	with_rule(RULE, DENIES, &scene, DENY, support_faults_try);
}

/* The rule has another name of the user and another of the file: what fails to tell must ask. */
TEST(denied_never_runs_by_other_names)
{
	static const struct support_scene scene = {"a person denies, by other names", forget, ask, runs,
						   AA_APPROVAL_DENIED};

	with_rule("[\"(boss) /bin/true\"]", DENIES, &scene, DENY, support_faults_try);
}

TEST(a_suspended_agents_never_runs)
{
	static const struct support_scene scene = {"suspended while it waits", forget, ask, runs,
						   AA_AGENT_SUSPENDED};

	with_rule(RULE, SUSPENDS, &scene, DENY, support_faults_try);
}

/* Interrupted by the agent itself. */
TEST(withdrawn_never_runs)
{
	static const struct support_scene scene = {"nobody answers", forget, ask, runs, AA_APPROVAL_DENIED};

	with_rule(RULE, NOBODY, &scene, DENY, support_faults_try);
}

static unsigned logged_before;

static void count_logged(void *data)
{
	logged_before = lines_with(data, "\"event\":\"sudo-asked\"");
}

static const char *runs_unlogged(void *data, int reason)
{
	if (reason == AA_OK && lines_with(data, "\"event\":\"sudo-asked\"") != logged_before + 1)
		return "let the command run, and there is no line of it in the log";
	return NULL;
}

/* No rule has it wait, and the PAM module was not asked about it. */
TEST(what_pam_has_not_seen_runs_with_a_line_of_the_log)
{
	static const struct support_scene scene = {"skipped by PAM, in a session", count_logged, ask,
						   runs_unlogged, AA_OK};

	with_rule("[]", NOBODY, &scene, DENY, support_faults_try);
}

static int run_recorded(void *data)
{
	const struct scene *s = data;
	struct aa_ran ran = {.record = NULL};
	enum aa_reason reason = aa_ran_begin(&ran, &s->sudo);

	json_decref(ran.record);
	return (int)reason;
}

static void count_ran(void *data)
{
	logged_before = lines_with(data, "\"event\":\"sudo\"");
}

static const char *runs_unrecorded(void *data, int reason)
{
	if (reason == AA_OK && lines_with(data, "\"event\":\"sudo\"") != logged_before + 1)
		return "let the command run, and there is no line of it in the log";
	return NULL;
}

/* The audit plugin has the last word before the command runs. */
TEST(what_runs_is_recorded)
{
	static const struct support_scene scene = {"recorded by the audit plugin", count_ran, run_recorded,
						   runs_unrecorded, AA_OK};

	with_rule("[]", NOBODY, &scene, DENY, support_faults_try);
}

static int run_of_a_person(void *data)
{
	struct scene s = *(struct scene *)data;

	s.sudo.uid = 1001;
	s.sudo.user = "boss";
	free(strdup("the harness wants an allocation to fail, and a person's sudo makes none"));
	return aa_ran_is_agents(&s.sudo) ? run_recorded(&s) : AA_OK;
}

static const char *is_kept_from(void *data, int reason)
{
	(void)data;
	return reason == AA_OK ? NULL : "kept a person from sudo";
}

TEST(no_person_is_kept_from_sudo_by_what_records)
{
	static const struct support_scene scene = {"a person's sudo", NULL, run_of_a_person, is_kept_from,
						   AA_OK};

	with_rule("[]", NOBODY, &scene, DENY, support_faults_try);
}

/* The same where no session is. */
static int ask_outside(void *data)
{
	const struct scene *s = data;
	struct aa_sudo sudo = s->sudo;
	const char *why;

	sudo.rundir = s->site->keysdir;
	return (int)aa_ask(&sudo, &why);
}

TEST(outside_of_a_session_nothing_runs)
{
	static const struct support_scene scene = {"skipped by PAM, outside", forget, ask_outside, runs,
						   AA_NO_SESSION};

	with_rule("[]", NOBODY, &scene, DENY, support_faults_try);
}

static int ask_with_group(void *data)
{
	const struct scene *s = data;
	struct aa_sudo sudo = s->sudo;
	const char *why;

	sudo.uid = 1001;
	sudo.user = "boss";
	return (int)aa_ask(&sudo, &why);
}

/* A person, in a process that has a role's group. */
TEST(a_person_with_a_roles_group_never_has_sudo)
{
	static const struct support_scene scene = {"a role's group", forget, ask_with_group, runs,
						   AA_GROUP_DENIED};

	if (getuid() != 0)
		skip();
	assert_int_equal(setegid(SITE_GID_DEPLOY), 0);
	with_rule("[]", NOBODY, &scene, DENY, support_faults_try);
	assert_int_equal(setegid(0), 0);
}

TEST(users_that_cannot_be_read_ask)
{
	char *const argv[] = {name, NULL};

	users_fail = false;
	assert_false(aa_sudo_rule_covers("(daemon) /usr/bin/true", "root", "/usr/bin/true", argv));
	assert_true(aa_sudo_rule_covers("(boss) /usr/bin/true", "root", "/usr/bin/true", argv));
	users_fail = true;
	assert_true(aa_sudo_rule_covers("(daemon) /usr/bin/true", "root", "/usr/bin/true", argv));
	users_fail = false;
	assert_true(aa_sudo_rule_covers("(daemon) /usr/bin/true", "#0", "/usr/bin/true", argv));
}

/* ---- under the caller's limits ---------------------------------------------------------------------- */

static unsigned lines_before;

static void count_lines(void *data)
{
	lines_before = lines_with(data, "\n");
}

static void soft_limits(const struct support_scene *scene, void *data)
{
	support_limits_try(scene, data, true, count_lines);
}

static void hard_limits(const struct support_scene *scene, void *data)
{
	support_limits_try(scene, data, false, count_lines);
}

static bool files_may_grow(void)
{
	struct rlimit size;

	return getrlimit(RLIMIT_FSIZE, &size) == 0 && size.rlim_cur > 0;
}

static const char *refuses_unseen(void *data, int reason)
{
	if (reason == AA_OK)
		return "let the command run";
	if (lines_with(data, "\n") == lines_before && files_may_grow())
		return "refused, and the log does not say so";
	return NULL;
}

TEST(no_limit_of_the_callers_has_one_run_without_a_line)
{
	static const struct support_scene scene = {"a person approves", count_approved, ask,
						   runs_without_a_line, AA_OK};

	with_rule(RULE, APPROVES, &scene, DENY, soft_limits);
	with_rule(RULE, APPROVES, &scene, WARN, soft_limits);
	with_rule(RULE, APPROVES, &scene, WARN, hard_limits);
}

TEST(no_limit_of_the_callers_keeps_a_refusal_out_of_the_log)
{
	static const struct support_scene denied = {"a person denies", forget, ask, refuses_unseen,
						    AA_APPROVAL_DENIED};
	static const struct support_scene ended = {"suspended while it waits", forget, ask, refuses_unseen,
						   AA_AGENT_SUSPENDED};

	with_rule(RULE, DENIES, &denied, DENY, soft_limits);
	with_rule(RULE, DENIES, &denied, WARN, hard_limits);
	with_rule(RULE, SUSPENDS, &ended, WARN, soft_limits);
}
