/* SPDX-License-Identifier: Apache-2.0 */
/* test_admit_session.c: logins without a credential, and what is decided inside a session. */
#include <config.h>

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/state/admit.h"
#include "common/state/context.h"
#include "common/state/decision.h"
#include "common/state/session.h"
#include "common/text/list.h"
#include "common/verify/roles.h"
#include "common/verify/verdict.h"
#include "tests/unit/state/admit_steps.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"

/* ---- without a credential --------------------------------------------------------------------- */

TEST(a_public_key_obeys_suspension_and_revocation, admitted)
{
	struct fixture *f = *state;

	assert_int_equal(publickey(f, 0), AA_OK);
	/* a key has no time of issue */
	assert_int_equal(
	    aa_decision_revoke_before(f->site->statedir, "builder-7", f->now, "root", NULL, f->now), 0);
	assert_int_equal(publickey(f, 0), AA_OK);
	assert_int_equal(aa_decision_suspend(f->site->statedir, "builder-7", "root", "x", f->now), 0);
	assert_int_equal(publickey(f, 0), AA_AGENT_SUSPENDED);
	assert_int_equal(aa_decision_resume(f->site->statedir, "builder-7"), 0);
	assert_int_equal(aa_decision_revoke_kid(f->site->statedir, "k1", "root", NULL, f->now), 0);
	assert_int_equal(publickey(f, 0), AA_REVOKED);
}

/* Nothing that is decided after the key makes one good that is not the agent's. */
TEST(another_agents_public_key_is_refused, admitted)
{
	struct fixture *f = *state;

	assert_int_equal(publickey(f, 0), AA_OK);
	assert_int_equal(publickey(f, 1), AA_UNKNOWN_KEY);
	support_set(f->site, "agent:builder-7", "sources", "[\"192.0.2.0/24\"]");
	reopen(f);
	assert_int_equal(publickey(f, 0), AA_SOURCE_DENIED);
}

TEST(a_person_of_the_list_starts_it_on_their_own_behalf, admitted)
{
	struct fixture *f = *state;
	struct aa_verdict v = {0};

	assert_int_equal(started(f, "sudo", "alice", &v), AA_OK);
	assert_int_equal(v.kind, AA_KIND_LOCAL);
	assert_string_equal(v.on_behalf_of, "alice");
	assert_int_equal(v.roles.n, 1);
	assert_int_equal(started(f, "sudo", "bob", &v), AA_DELEGATION_DENIED);
	assert_int_equal(started(f, "sudo", "", &v), AA_DELEGATION_DENIED);
	assert_int_equal(started(f, "sudo", "user-alice", &v), AA_DELEGATION_DENIED); /* an issuer's user */
	assert_int_equal(started(f, "sudo", "builder-7", &v), AA_DELEGATION_DENIED);
	assert_int_equal(aa_decision_suspend(f->site->statedir, "builder-7", "root", "x", f->now), 0);
	assert_int_equal(started(f, "sudo", "alice", &v), AA_AGENT_SUSPENDED);
	assert_int_equal(aa_decision_resume(f->site->statedir, "builder-7"), 0);
	support_set(f->site, "agent:builder-7", "delegation", NULL);
	reopen(f);
	assert_int_equal(started(f, "sudo", "alice", &v), AA_DELEGATION_DENIED);
	aa_verdict_clear(&v);
}

TEST(root_starts_the_entry, admitted)
{
	struct fixture *f = *state;
	struct aa_verdict v = {0};

	assert_int_equal(started(f, "cron", NULL, &v), AA_OK);
	assert_int_equal(v.kind, AA_KIND_ROOT);
	assert_null(v.on_behalf_of);
	assert_int_equal(v.roles.n, 1);
	assert_int_equal(aa_decision_suspend(f->site->statedir, "builder-7", "root", "x", f->now), 0);
	assert_int_equal(started(f, "cron", NULL, &v), AA_AGENT_SUSPENDED);
	aa_verdict_clear(&v);
}

TEST(the_deadline_is_the_earliest_of_all, admitted)
{
	struct fixture *f = *state;
	struct aa_verdict v = {0};
	char *assertion = support_assertion(f->now), *token = support_bent_token(f->now, "", NULL);

	aa_admit_credential(&f->ctx, f->agent, &f->login, assertion, strlen(assertion), &v);
	assert_int_equal(v.reason, AA_OK);
	/* deploy's, not the assertion's 60 s */
	assert_int_equal(aa_admit_deadline(&f->ctx, f->agent, &v), f->now + 3600);
	f->agent->expires = f->now + 100;
	assert_int_equal(aa_admit_deadline(&f->ctx, f->agent, &v), f->now + 100);
	f->agent->expires = 0;
	aa_verdict_clear(&v);
	aa_admit_credential(&f->ctx, f->agent, &f->login, token, strlen(token), &v);
	assert_int_equal(v.reason, AA_OK);
	/* the token's, and what clocks may differ */
	assert_int_equal(aa_admit_deadline(&f->ctx, f->agent, &v), f->now + 600 + 30);
	aa_verdict_clear(&v);
	assert_int_equal(started(f, "cron", NULL, &v), AA_OK);
	assert_int_equal(aa_admit_deadline(&f->ctx, f->agent, &v), 0);
	aa_verdict_clear(&v);
	free(assertion);
	free(token);
}

/* ---- inside a session ---------------------------------------------------------------------------- */

/* Opens a session of a good assertion, bent, for this process. */
static struct aa_session *open_session(struct fixture *f, const char *member, const char *text)
{
	char *assertion = support_bent_assertion(f->now, member, text);
	struct aa_session *session = NULL;
	struct aa_verdict v = {0};

	aa_admit_credential(&f->ctx, f->agent, &f->login, assertion, strlen(assertion), &v);
	assert_int_equal(v.reason, AA_OK);
	assert_int_equal(aa_session_create(f->site->rundir, f->agent, &f->login, &v, f->now + 100, &session),
			 AA_OK);
	assert_int_equal(aa_session_open(f->site->rundir, session, f->now), 0);
	aa_verdict_clear(&v);
	free(assertion);
	return session;
}

TEST(sudo_goes_on_inside_a_live_session, admitted)
{
	struct fixture *f = *state;
	struct aa_session *s;

	assert_int_equal(inside(f, "sudo"), AA_NO_SESSION);
	s = open_session(f, "", NULL);
	assert_int_equal(inside(f, "sudo"), AA_OK);
	aa_session_close(f->site->rundir, geteuid(), s->id, s->agent);
	assert_int_equal(inside(f, "sudo"), AA_NO_SESSION);
	aa_session_free(s);
}

TEST(a_session_without_a_role_for_it_gets_no_sudo, admitted)
{
	struct fixture *f = *state;
	struct aa_session *s;

	support_set(f->site, "role:audit", "services", "[\"sshd\"]");
	reopen(f);
	s = open_session(f, "scope", "\"audit\"");
	assert_int_equal(inside(f, "sudo"), AA_SERVICE_DENIED);
	assert_int_equal(inside(f, "sshd"), AA_OK);
	aa_session_close(f->site->rundir, geteuid(), s->id, s->agent);
	aa_session_free(s);
	s = open_session(f, "scope", "\"deploy\"");
	assert_int_equal(inside(f, "sudo"), AA_OK);
	aa_session_free(s);
}

TEST(a_session_past_its_deadline_gets_no_sudo, admitted)
{
	struct fixture *f = *state;
	struct aa_session *s = open_session(f, "", NULL);

	f->ctx.now = f->now + 99;
	assert_int_equal(inside(f, "sudo"), AA_OK);
	f->ctx.now = f->now + 100;
	assert_int_equal(inside(f, "sudo"), AA_SESSION_EXPIRED);
	aa_session_free(s);
}

TEST(what_was_decided_in_a_hurry_reaches_open_sessions, admitted)
{
	struct fixture *f = *state;
	struct aa_session *s = open_session(f, "jti", "\"here\"");

	assert_int_equal(inside(f, "sudo"), AA_OK);
	assert_int_equal(aa_decision_suspend(f->site->statedir, "builder-7", "root", "x", f->now), 0);
	assert_int_equal(inside(f, "sudo"), AA_AGENT_SUSPENDED);
	assert_int_equal(aa_decision_resume(f->site->statedir, "builder-7"), 0);
	assert_int_equal(
	    aa_decision_revoke_before(f->site->statedir, "builder-7", f->now + 1, "root", NULL, f->now), 0);
	assert_int_equal(inside(f, "sudo"), AA_REVOKED);
	assert_int_equal(aa_decision_unrevoke_before(f->site->statedir, "builder-7"), 0);
	assert_int_equal(inside(f, "sudo"), AA_OK);
	assert_int_equal(
	    aa_decision_revoke_before(f->site->statedir, "builder-7", f->now, "root", NULL, f->now), 0);
	assert_int_equal(inside(f, "sudo"), AA_OK);
	assert_int_equal(aa_decision_revoke_jti(f->site->statedir, "", "here", "root", NULL, f->now), 0);
	assert_int_equal(inside(f, "sudo"), AA_REVOKED);
	aa_session_free(s);
}

TEST(what_was_published_since_reaches_open_sessions, admitted)
{
	struct fixture *f = *state;
	struct aa_session *s = open_session(f, "", NULL);

	assert_int_equal(inside(f, "sudo"), AA_OK);
	support_set(f->site, "role:deploy", "sources", "[\"192.0.2.0/24\"]");
	reopen(f);
	assert_int_equal(inside(f, "sudo"), AA_SOURCE_DENIED);
	support_set(f->site, "role:deploy", "sources", "[\"10.0.0.0/8\"]");
	support_set(f->site, "agent:builder-7", "roles", "[\"audit\"]");
	reopen(f);
	assert_int_equal(inside(f, "sudo"), AA_ROLE_DENIED);
	support_set(f->site, "agent:builder-7", "roles", "[\"audit\",\"deploy\",\"inside\"]");
	reopen(f);
	assert_int_equal(inside(f, "sudo"), AA_OK);
	aa_session_free(s);
}

/* Where a role limits what the agent may use, what would have no limit runs only where a role names it. */
TEST(limits_are_not_shed_by_way_of_a_job, admitted)
{
	struct fixture *f = *state;
	struct aa_verdict v = {0};

	assert_int_equal(aa_admit_unasked(&f->ctx, f->agent, "cron"), AA_OK);
	support_set(f->site, "role:deploy", "limits", "{\"tasks_max\":40}");
	reopen(f);
	assert_int_equal(aa_admit_unasked(&f->ctx, f->agent, "cron"), AA_SERVICE_DENIED);
	assert_int_equal(aa_admit_unasked(&f->ctx, f->agent, "systemd-user"), AA_SERVICE_DENIED);
	assert_int_equal(aa_admit_unasked(&f->ctx, f->agent, "su"), AA_OK);
	assert_int_equal(started(f, "sudo", NULL, &v),
			 AA_OK); /* root's own `agentauth run`, where limits hold */
	aa_verdict_clear(&v);
	assert_int_equal(started(f, "cron", NULL, &v), AA_SERVICE_DENIED);
	support_set(f->site, "role:audit", "services", "[\"sshd\",\"cron\"]");
	reopen(f);
	assert_int_equal(aa_admit_unasked(&f->ctx, f->agent, "cron"), AA_OK);
	assert_int_equal(aa_admit_unasked(&f->ctx, f->agent, "systemd-user"), AA_SERVICE_DENIED);
	assert_int_equal(started(f, "cron", NULL, &v), AA_OK);
	aa_verdict_clear(&v);
}

TEST(sessions_that_presented_nothing_get_no_sudo, admitted)
{
	struct fixture *f = *state;
	struct aa_session *s = NULL;
	struct aa_verdict v = {0};

	assert_int_equal(started(f, "cron", NULL, &v), AA_OK);
	assert_int_equal(aa_session_create(f->site->rundir, f->agent, &f->login, &v, 0, &s), AA_OK);
	assert_int_equal(aa_session_open(f->site->rundir, s, f->now), 0);
	assert_int_equal(inside(f, "sudo"), AA_NO_SESSION);
	aa_session_close(f->site->rundir, geteuid(), s->id, s->agent);
	aa_session_free(s);
	/* one that a person started does */
	assert_int_equal(started(f, "sudo", "alice", &v), AA_OK);
	assert_int_equal(aa_session_create(f->site->rundir, f->agent, &f->login, &v, 0, &s), AA_OK);
	assert_int_equal(aa_session_open(f->site->rundir, s, f->now), 0);
	assert_int_equal(inside(f, "sudo"), AA_OK);
	aa_session_free(s);
	aa_verdict_clear(&v);
}

/* In a child, as root: with this group in the list, or as the effective one, where `effective` is set. */
static int inside_with_group(struct fixture *f, gid_t gid, bool effective)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if ((effective ? setegid(gid) : setgroups(1, &gid)) < 0)
			_exit(98);
		_exit((int)inside(f, "sudo"));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

TEST(a_roles_group_that_the_session_lacks_gets_no_sudo, admitted)
{
	struct fixture *f = *state;
	struct aa_session *s;

	if (getuid() != 0)
		skip();
	s = open_session(f, "scope", "\"deploy\"");
	assert_int_equal(inside_with_group(f, SITE_GID_DEPLOY, false), AA_OK);
	assert_int_equal(inside_with_group(f, 99999, false), AA_OK); /* `agents` */
	assert_int_equal(inside_with_group(f, 100, false), AA_OK);   /* no business of ours */
	assert_int_equal(inside_with_group(f, SITE_GID_AUDIT, false), AA_ROLE_DENIED);
	assert_int_equal(inside_with_group(f, SITE_GID_INSIDE, false), AA_ROLE_DENIED);
	assert_int_equal(inside_with_group(f, SITE_GID_DEPLOY, true), AA_OK);
	assert_int_equal(inside_with_group(f, SITE_GID_AUDIT, true), AA_ROLE_DENIED); /* a setgid file */
	assert_int_equal(inside_with_group(f, SITE_UID, true), AA_OK);
	/* another agent's own group */
	assert_int_equal(inside_with_group(f, SITE_UID + 1, true), AA_ROLE_DENIED);
	/* of a role that was removed */
	assert_int_equal(inside_with_group(f, 99777, true), AA_ROLE_DENIED);
	aa_session_free(s);
}

TEST(where_nss_serves_role_groups_a_narrower_session_gets_no_sudo, admitted)
{
	struct fixture *f = *state;
	struct aa_session *s = open_session(f, "scope", "\"deploy\"");

	assert_int_equal(inside(f, "sudo"), AA_OK);
	support_set(f->site, "host", "role_groups", "\"entry\"");
	reopen(f);
	assert_int_equal(inside(f, "sudo"), AA_SESSION_NARROWED);
	/* A role that is not good for sudo is no matter, and its group is the agent's all the same. */
	support_set(f->site, "role:audit", "services", "[\"sshd\"]");
	reopen(f);
	assert_int_equal(inside(f, "sudo"), AA_OK);
	if (getuid() == 0) {
		assert_int_equal(inside_with_group(f, SITE_GID_AUDIT, false), AA_OK);
		assert_int_equal(inside_with_group(f, SITE_GID_INSIDE, false), AA_ROLE_DENIED);
	}
	/* An elevation that came later is not the session's to have. */
	assert_true(aa_roles_lend(f->agent, "inside", f->now + 60));
	assert_int_equal(inside(f, "sudo"), AA_OK);
	if (getuid() == 0)
		assert_int_equal(inside_with_group(f, SITE_GID_INSIDE, false), AA_ROLE_DENIED);
	aa_session_free(s);
}

/* ---- groups of roles --------------------------------------------------------------------------------- */

TEST(role_groups_are_those_of_the_roles_and_never_root, admitted)
{
	struct fixture *f = *state;
	const char *names[] = {"deploy", "gone", "audit", "deploy"};
	const struct aa_list roles = {4, names};
	gid_t gids[8] = {0};

	assert_int_equal(aa_admit_role_groups(&f->ctx, &roles, gids, 8), 2);
	assert_int_equal(gids[0], SITE_GID_DEPLOY);
	assert_int_equal(gids[1], SITE_GID_AUDIT);
	assert_int_equal(aa_admit_role_groups(&f->ctx, &roles, gids, 1), 1);
	support_set(f->site, "role:deploy", "groups", "[\"root\",\"no-such-group\",\"daemon\"]");
	reopen(f);
	assert_int_equal(aa_admit_role_groups(&f->ctx, &roles, gids, 8), 3);
	assert_int_equal(gids[0], SITE_GID_DEPLOY);
	assert_int_equal(gids[1], 1); /* daemon */
	assert_int_equal(gids[2], SITE_GID_AUDIT);
}

/* ---- the context ------------------------------------------------------------------------------------------ */

TEST(no_registry_is_not_the_same_as_no_such_agent, admitted)
{
	struct fixture *f = *state;
	struct aa_context ctx = {.statedir = f->site->statedir, .owner = geteuid()};
	struct aa_account account;

	assert_int_equal(aa_context_find(&ctx, "nobody-here", &account), -ENOENT);
	aa_context_close(&ctx);
	ctx.statedir = "/nonexistent/agentauth";
	assert_int_equal(aa_context_find(&ctx, "builder-7", &account), -EIO);
	aa_context_close(&ctx);
	aa_context_close(&ctx); /* twice is no harm */
	ctx.statedir = f->site->statedir;
	assert_int_equal(chmod(f->site->statedir, 0777), 0);
	assert_int_equal(aa_context_find(&ctx, "builder-7", &account), -EPERM);
	aa_context_close(&ctx);
	assert_int_equal(chmod(f->site->statedir, 0755), 0);
	assert_int_equal(aa_context_find(&ctx, "builder-7", &account), 0);
	aa_context_close(&ctx);
}

TEST(halves_of_the_registry_that_disagree_are_damage, admitted)
{
	struct fixture *f = *state;
	struct aa_context ctx = {.statedir = f->site->statedir, .owner = geteuid()};
	struct aa_account account;
	struct aa_agent *agent = NULL;

	assert_int_equal(aa_context_find(&ctx, "retired-1", &account), 0);
	assert_int_equal(aa_context_agent(&ctx, &account, &agent), AA_AGENT_RETIRED);
	assert_null(agent);
	aa_context_close(&ctx);
	assert_int_equal(aa_context_find(&ctx, "builder-7", &account), 0);
	account.uid++;
	assert_int_equal(aa_context_agent(&ctx, &account, &agent), AA_REGISTRY_UNAVAILABLE);
	aa_context_close(&ctx);
	assert_int_equal(aa_context_find(&ctx, "retired-1", &account), 0);
	account.flags = 0; /* an account that is active, and has no entry */
	assert_int_equal(aa_context_agent(&ctx, &account, &agent), AA_REGISTRY_UNAVAILABLE);
	assert_null(agent);
	aa_context_close(&ctx);
}

TEST(a_log_that_cannot_be_written_is_the_policys_business, admitted)
{
	struct fixture *f = *state;
	struct aa_context none = {
	    .statedir = "/nonexistent", .logdir = "/nonexistent", .gen_fd = -1, .accounts.fd = -1};

	assert_int_equal(aa_context_audit(&f->ctx, json_pack("{s:s}", "event", "auth")), AA_OK);
	f->ctx.logdir = "/nonexistent";
	assert_int_equal(aa_context_audit(&f->ctx, json_pack("{s:s}", "event", "auth")),
			 AA_AUDIT_UNAVAILABLE);
	support_set(f->site, "host", "audit_failure", "\"warn\"");
	reopen(f);
	f->ctx.logdir = "/nonexistent";
	assert_int_equal(aa_context_audit(&f->ctx, json_pack("{s:s}", "event", "auth")), AA_OK);
	/* where the policy cannot be read it is to deny */
	assert_int_equal(aa_context_audit(&none, json_pack("{s:s}", "event", "auth")), AA_AUDIT_UNAVAILABLE);
	none.logdir = f->site->logdir;
	none.owner = geteuid();
	assert_int_equal(aa_context_audit(&none, json_pack("{s:s}", "event", "auth")), AA_OK);
}
