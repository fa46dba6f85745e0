/* SPDX-License-Identifier: Apache-2.0 */
/* test_audit_record.c: an event has the same members in the log, whoever writes it. */
#include <config.h>

#include <string.h>
#include <unistd.h>

#include "common/state/audit_record.h"
#include "common/state/session.h"
#include "common/verify/verdict.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"

static struct support_site *site;
static struct aa_session *session;

static int setup(void **state)
{
	struct aa_verdict verdict = {0};
	struct aa_policy *policy;
	struct aa_agent *agent;
	struct aa_login login;

	(void)state;
	site = support_site_new(NOW);
	support_site_publish(site);
	policy = support_policy(site);
	agent = support_agent(policy, "builder-7");
	login = support_login(site, NOW);
	support_verify(site, &login, support_bent_assertion(NOW, "task", "\"nightly\""), &verdict);
	assert_int_equal(verdict.reason, AA_OK);
	assert_int_equal(aa_session_create(site->rundir, agent, &login, &verdict, NOW + 3600, &session),
			 AA_OK);
	aa_verdict_clear(&verdict);
	aa_agent_free(agent);
	aa_policy_close(policy);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	aa_session_free(session);
	support_site_free(site);
	return 0;
}

FIXTURE(here, setup, teardown);

/* Both have the same members, in the same order. */
static void assert_same_members(json_t *a, json_t *b)
{
	void *x = json_object_iter(a), *y = json_object_iter(b);

	for (; x && y; x = json_object_iter_next(a, x), y = json_object_iter_next(b, y))
		assert_string_equal(json_object_iter_key(x), json_object_iter_key(y));
	assert_null(x);
	assert_null(y);
}

TEST(the_end_of_a_session_has_the_same_members_by_sshd_and_by_agentauthctl, here)
{
	json_t *closed = aa_audit_session_close(session, "sshd", AA_OK, 1);
	json_t *ended = aa_audit_session_close(session, "agentauthctl", AA_SESSION_EXPIRED, 2);

	assert_same_members(closed, ended);
	assert_member(ended, "event", "session-close");
	assert_member(ended, "service", "agentauthctl");
	assert_member(ended, "agent", "builder-7");
	assert_member(ended, "rhost", "10.1.2.3");
	assert_member(ended, "kid", "k1");
	assert_member(ended, "kind", "assertion");
	assert_member(ended, "task", "nightly");
	assert_member(ended, "session", session->id);
	assert_member(ended, "result", "ok");
	assert_member(ended, "reason", "session_expired");
	assert_int_equal(json_integer_value(json_object_get(ended, "uid")), SITE_UID);
	assert_non_null(json_object_get(ended, "jti"));
	assert_int_equal(json_array_size(json_object_get(ended, "roles")), 2);
	json_decref(closed);
	json_decref(ended);
}

/* What opens and what closes a session say the same of it. */
TEST(the_beginning_of_a_session_has_the_same_members_too, here)
{
	const struct aa_audit_event opening = {.event = "session-open",
					       .service = "sshd",
					       .agent = session->agent,
					       .uid = session->uid,
					       .rhost = session->rhost,
					       .reason = AA_OK,
					       .session = session};
	json_t *opened = aa_audit_event(&opening);
	json_t *closed = aa_audit_session_close(session, "sshd", AA_OK, 1);

	assert_same_members(opened, closed);
	json_decref(opened);
	json_decref(closed);
}

/* What a command ran as is told with its end too, which says how it ended behind all that. */
TEST(a_command_of_sudo_has_the_same_members_to_its_end, here)
{
	const struct aa_audit_command command = {.line = "/usr/bin/true",
						 .directory = "/",
						 .chroot = "/srv",
						 .runas = "root",
						 .tty = "none",
						 .role = "deploy",
						 .pid = 7};
	const struct aa_audit_event event = {.event = "sudo",
					     .service = "sudo",
					     .agent = session->agent,
					     .uid = session->uid,
					     .rhost = session->rhost,
					     .reason = AA_OK,
					     .session = session,
					     .command = &command};
	const struct aa_audit_end end = {.status = 0, .micros = 5};
	json_t *ran = aa_audit_event(&event), *ended = aa_audit_sudo_exit(ran, &end);

	assert_int_equal(json_integer_value(json_object_get(ended, "status")), 0);
	assert_int_equal(json_integer_value(json_object_get(ended, "micros")), 5);
	assert_member(ended, "result", "ok");
	assert_int_equal(json_object_del(ended, "status"), 0);
	assert_same_members(ran, ended);
	assert_member(ended, "event", "sudo-exit");
	assert_member(ended, "session", session->id);
	assert_member(ended, "directory", "/");
	json_decref(ran);
	json_decref(ended);
}

TEST(a_step_of_a_request_has_the_same_members_by_sudo_and_by_agentauthctl, here)
{
	json_t *request = json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "agent",
				    "builder-7", "uid", (json_int_t)SITE_UID, "session", session->id, "rhost",
				    "10.1.2.3", "command", "/usr/bin/true", "task", "nightly", "role",
				    "deploy", "runas", "root", "id", "123456", "cwd", "/");
	json_t *by_sudo = aa_audit_approval(request, "sudo", "withdrawn", AA_APPROVAL_DENIED, NULL);
	json_t *by_ctl = aa_audit_approval(request, "agentauthctl", "withdrawn", AA_APPROVAL_DENIED, NULL);
	json_t *answer = json_pack("{s:s, s:s}", "by", "alice", "why", "tested");
	json_t *answered = aa_audit_approval(request, "sudo", "approved", AA_OK, answer);

	assert_same_members(by_sudo, by_ctl);
	assert_member(by_ctl, "request", "123456");
	assert_member(by_ctl, "result", "denied");
	assert_null(json_object_get(by_ctl, "cwd"));
	assert_null(json_object_get(by_ctl, "by"));
	assert_member(answered, "by", "alice");
	assert_member(answered, "why", "tested");
	assert_member(answered, "result", "ok");
	json_decref(answered);
	json_decref(answer);
	json_decref(by_ctl);
	json_decref(by_sudo);
	json_decref(request);
}
