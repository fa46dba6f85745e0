/* SPDX-License-Identifier: Apache-2.0 */
/* test_last_look.c: what becomes a sudo's command asks once more, and nobody stops it from there on. */
#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/state/decision.h"
#include "common/state/last_look.h"
#include "common/state/session.h"
#include "common/verify/verdict.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"

#define NOBODY 65534

struct fixture {
	struct support_site *site;
	int64_t now;
	struct aa_session *session;
	struct aa_last_look look;
};

static struct aa_session *open_session(const struct fixture *f, int64_t deadline)
{
	struct aa_policy *policy = support_policy(f->site);
	struct aa_agent *agent = support_agent(policy, "builder-7");
	struct aa_login login = support_login(f->site, f->now);
	struct aa_session *session = NULL;
	struct aa_verdict v = {0};

	support_verify(f->site, &login, support_assertion(f->now), &v);
	assert_int_equal(v.reason, AA_OK);
	assert_int_equal(aa_session_create(f->site->rundir, agent, &login, &v, deadline, &session), AA_OK);
	assert_int_equal(aa_session_open(f->site->rundir, session, f->now), 0);
	aa_verdict_clear(&v);
	aa_agent_free(agent);
	aa_policy_close(policy);
	return session;
}

static void look_of(struct fixture *f, int64_t deadline, int64_t until)
{
	const struct aa_context ctx = {.statedir = f->site->statedir,
				       .rundir = f->site->rundir,
				       .logdir = f->site->logdir,
				       .owner = geteuid()};
	const struct aa_audit_command command = {
	    .line = "/usr/bin/true", .directory = "/srv", .runas = "root", .tty = "none", .role = "deploy"};

	aa_session_free(f->session);
	f->session = open_session(f, deadline);
	assert_true(aa_last_look_set(&f->look, &ctx, f->session, "sudo", &command, until));
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->now = time(NULL);
	f->site = support_site_new(f->now);
	look_of(f, f->now + 3600, 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	aa_last_look_forget();
	aa_session_free(f->session);
	support_site_free(f->site);
	free(f);
	return 0;
}

FIXTURE(here, setup, teardown);

/* ---- what it finds ------------------------------------------------------------------------- */

static bool log_has(const struct fixture *f, const char *text)
{
	const char *path = support_path(f->site->logdir, "audit.jsonl");
	size_t len;
	char *log = access(path, R_OK) == 0 ? support_read_file(path, &len) : NULL;
	bool has = log && strstr(log, text);

	free(log);
	return has;
}

static void starts(struct fixture *f)
{
	assert_true(aa_last_look_at_forks(&f->look));
	assert_int_equal(aa_last_look(&f->look), AA_OK);
	assert_int_equal(IN_CHILD(0), 0);
}

static void ends(struct fixture *f, enum aa_reason reason)
{
	char text[128];

	assert_int_equal(IN_CHILD(0), 1);
	assert_int_equal(aa_last_look(&f->look), reason);
	snprintf(text, sizeof(text), "\"result\":\"denied\",\"reason\":\"%s\"", aa_reason_name(reason));
	assert_true(log_has(f, text));
	assert_true(log_has(f, "\"command\":\"/usr/bin/true\""));
	assert_true(log_has(f, "\"directory\":\"/srv\""));
	assert_true(log_has(f, "\"tty\":\"none\""));
	assert_true(log_has(f, "\"role\":\"deploy\""));
}

TEST(what_has_not_changed_starts, here)
{
	struct fixture *f = *state;

	starts(f);
	assert_false(log_has(f, "denied"));
	look_of(f, f->now + 3600, f->now + 60);
	starts(f);
}

TEST(a_suspended_agents_command_does_not_start, here)
{
	struct fixture *f = *state;

	starts(f);
	assert_int_equal(aa_decision_suspend(f->site->statedir, "builder-7", "root", "x", f->now), 0);
	ends(f, AA_AGENT_SUSPENDED);
	aa_last_look_forget();
	assert_int_equal(IN_CHILD(0), 0);
}

TEST(a_command_of_a_revoked_credential_does_not_start, here)
{
	struct fixture *f = *state;

	starts(f);
	assert_int_equal(
	    aa_decision_revoke_before(f->site->statedir, "builder-7", f->now + 1, "root", NULL, f->now), 0);
	ends(f, AA_REVOKED);
}

TEST(a_command_of_a_role_that_was_taken_does_not_start, here)
{
	struct fixture *f = *state;

	starts(f);
	support_set(f->site, "agent:builder-7", "roles", "[\"audit\"]");
	support_site_publish(f->site);
	ends(f, AA_ROLE_DENIED);
}

TEST(a_command_past_the_deadline_does_not_start, here)
{
	struct fixture *f = *state;

	look_of(f, f->now - 1, 0);
	assert_true(aa_last_look_at_forks(&f->look));
	ends(f, AA_SESSION_EXPIRED);
}

TEST(a_command_whose_approval_is_over_does_not_start, here)
{
	struct fixture *f = *state;

	look_of(f, f->now + 3600, f->now - 1);
	assert_true(aa_last_look_at_forks(&f->look));
	ends(f, AA_APPROVAL_TIMEOUT);
}

TEST(a_command_of_a_session_that_is_closed_does_not_start, here)
{
	struct fixture *f = *state;

	starts(f);
	aa_session_close(f->site->rundir, geteuid(), f->session->id, "builder-7");
	ends(f, AA_NO_SESSION);
}

/* ---- what stops it ------------------------------------------------------------------------------- */

struct seen {
	uid_t ruid;
	char name[16];
};

/* What the child of sudo, or of a PAM module, is when it has looked. */
static struct seen fork_and_see(bool command)
{
	struct seen seen = {0};
	sigset_t all, before;
	int ends_of_pipe[2];
	pid_t pid;

	assert_int_equal(pipe(ends_of_pipe), 0);
	sigfillset(&all);
	if (command)
		(void)sigprocmask(SIG_BLOCK, &all, &before);
	pid = fork();
	if (pid == 0) {
		seen.ruid = getuid();
		(void)prctl(PR_GET_NAME, seen.name, 0UL, 0UL, 0UL);
		_exit(write(ends_of_pipe[1], &seen, sizeof(seen)) != sizeof(seen));
	}
	if (command)
		(void)sigprocmask(SIG_SETMASK, &before, NULL);
	assert_int_equal(read(ends_of_pipe[0], &seen, sizeof(seen)), sizeof(seen));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(ends_of_pipe[0]);
	close(ends_of_pipe[1]);
	return seen;
}

TEST(the_caller_cannot_stop_what_has_looked, here)
{
	struct fixture *f = *state;
	struct seen seen;
	char name[16];

	if (geteuid() != 0)
		skip();
	snprintf(name, sizeof(name), "aalook-%08x", (unsigned)SITE_UID);
	assert_int_equal(setresuid(NOBODY, 0, 0), 0);
	starts(f);
	seen = fork_and_see(true);
	assert_int_equal(seen.ruid, 0);
	assert_string_equal(seen.name, name);
	/* What a PAM module forks stays the caller's. */
	seen = fork_and_see(false);
	assert_int_equal(seen.ruid, NOBODY);
	assert_string_not_equal(seen.name, name);
	aa_last_look_forget();
	assert_int_equal(fork_and_see(true).ruid, NOBODY);
	assert_int_equal(setresuid(0, 0, 0), 0);
}

static pid_t fork_with_name(const char *name)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		(void)setsid(); /* the end of one is no SIGHUP for another that is stopped */
		(void)prctl(PR_SET_NAME, name, 0UL, 0UL, 0UL);
		if (write(ready[1], "x", 1) == 1)
			(void)raise(SIGSTOP);
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

TEST(what_is_stopped_after_its_look_is_ended, here)
{
	char name[16];
	pid_t mine, other;
	int status;

	if (geteuid() != 0)
		skip();
	support_own_uid();
	snprintf(name, sizeof(name), "aalook-%08x", (unsigned)SITE_UID);
	mine = fork_with_name(name);
	snprintf(name, sizeof(name), "aalook-%08x", (unsigned)SITE_UID | 0x40000000);
	other = fork_with_name(name);
	aa_last_look_settle(SITE_UID);
	assert_int_equal(waitpid(mine, &status, 0), mine);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(waitpid(other, &status, WNOHANG), 0);
	assert_int_equal(kill(other, SIGKILL), 0);
	assert_int_equal(waitpid(other, &status, 0), other);
}
