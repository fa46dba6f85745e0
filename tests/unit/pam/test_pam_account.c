/* SPDX-License-Identifier: Apache-2.0 */
/* test_pam_account.c: account reads everything again, and demands a verdict. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/state/decision.h"
#include "common/state/session_id.h"
#include "common/state/session_store.h"
#include "tests/unit/pam/pam_steps.h"
#include "tests/unit/support/support_pam.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"

TEST(account_demands_a_verdict, pam)
{
	struct support_pam *p = *state;

	support_pam_start(p, "login", "builder-7");
	assert_int_equal(account(p), PAM_PERM_DENIED);
	assert_string_equal(support_pam_reason(p), "no_credential");
	assert_int_equal(log_in(p, "login", support_assertion(p->now)), PAM_SUCCESS);
	assert_int_equal(account(p), PAM_SUCCESS);
	/* services that root starts on an agent's behalf */
	support_pam_start(p, "su", "builder-7");
	assert_int_equal(account(p), PAM_SUCCESS);
	assert_int_equal(aa_decision_suspend(p->site->statedir, "builder-7", "root", "x", p->now), 0);
	assert_int_equal(account(p), PAM_PERM_DENIED);
}

/* sshd's public keys skip auth: the key is held against the entry in open_session, and here the entry itself is. */
TEST(account_denies_public_keys_of_those_who_may_not, pam)
{
	struct support_pam *p = *state;

	support_pam_start(p, "sshd", "builder-7");
	assert_int_equal(account(p), PAM_SUCCESS);
	assert_int_equal(aa_decision_suspend(p->site->statedir, "builder-7", "root", "x", p->now), 0);
	assert_int_equal(account(p), PAM_PERM_DENIED);
	assert_string_equal(support_pam_reason(p), "agent_suspended");
	assert_int_equal(aa_decision_resume(p->site->statedir, "builder-7"), 0);
	support_set(p->site, "agent:builder-7", "sources", "[\"192.0.2.0/24\"]");
	support_site_publish(p->site);
	assert_int_equal(account(p), PAM_PERM_DENIED);
	assert_string_equal(support_pam_reason(p), "source_denied");
	support_set(p->site, "agent:builder-7", "sources", "[]");
	support_set(p->site, "agent:builder-7", "keys", "[]");
	support_site_publish(p->site);
	assert_int_equal(account(p), PAM_PERM_DENIED);
	assert_string_equal(support_pam_reason(p), "no_credential");
	support_pam_start(p, "sshd", "retired-1");
	assert_int_equal(account(p), PAM_ACCT_EXPIRED);
}

/* sshd skips auth for a key, so account is the first to say that no role of the agent admits the service. */
TEST(account_denies_a_key_whose_roles_do_not_admit_the_service, pam)
{
	struct support_pam *p = *state;

	support_set(p->site, "role:audit", "services", "[\"sudo\"]");
	support_publish_with(p->site, "role:deploy", "services", "[\"sshd\"]");
	support_pam_start(p, "sshd", "builder-7");
	assert_int_equal(account(p), PAM_SUCCESS);
	support_publish_with(p->site, "role:deploy", "services", "[\"sudo\"]");
	assert_int_equal(account(p), PAM_PERM_DENIED);
	assert_string_equal(support_pam_reason(p), "service_denied");
}

TEST(account_denies_keys_that_are_over_or_disabled, pam)
{
	struct support_pam *p = *state;
	json_t *key = json_array_get(json_object_get(support_record(p->site, "agent:builder-7"), "keys"), 0);
	const struct {
		const char *member;
		json_t *value;
		bool good;
	} cases[] = {
	    {"not_after", json_integer(p->now + 600), true},
	    {"not_after", json_integer(p->now), false},
	    {"not_after", json_integer(0), true},
	    {"state", json_string("disabled"), false},
	    {"state", json_string("active"), true},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(json_object_set_new(key, cases[i].member, cases[i].value), 0);
		support_site_publish(p->site);
		support_pam_start(p, "sshd", "builder-7");
		assert_int_equal(account(p), cases[i].good ? PAM_SUCCESS : PAM_PERM_DENIED);
		if (!cases[i].good)
			assert_string_equal(support_pam_reason(p), "no_credential");
	}
}

/* Bends one member of the session's record, as only root could. */
static void bend_record(struct support_pam *p, const char *member, json_t *value)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/sessions/%s.json", p->site->rundir, env(p, "AGENTAUTH_SESSION"));
	support_bend_file(path, member, value);
}

TEST(account_demands_the_agents_own_session_before_its_deadline, pam)
{
	struct support_pam *p = *state;
	const struct {
		const char *member;
		json_t *value;
		const char *reason; /* NULL: none */
	} cases[] = {
	    {"task", json_string("tidy up"), NULL},
	    {"agent", json_string("builder-7"), NULL},
	    {"agent", json_string("other-1"), "no_session"},
	    {"deadline", json_integer(p->now + 3600), NULL},
	    {"deadline", json_integer(p->now), "session_expired"},
	    {"deadline", json_integer(0), NULL}, /* there is none */
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(log_in(p, "login", support_assertion(p->now)), PAM_SUCCESS);
		bend_record(p, cases[i].member, cases[i].value);
		assert_int_equal(account(p), cases[i].reason ? PAM_PERM_DENIED : PAM_SUCCESS);
		assert_string_equal(support_pam_reason(p), cases[i].reason ? cases[i].reason : "ok");
	}
}

TEST(account_reads_everything_again, pam)
{
	struct support_pam *p = *state;

	assert_int_equal(log_in(p, "sshd", support_bent_assertion(p->now, "jti", "\"mine\"")), PAM_SUCCESS);
	assert_int_equal(account(p), PAM_SUCCESS);
	assert_int_equal(aa_decision_revoke_jti(p->site->statedir, "", "mine", "root", NULL, p->now), 0);
	assert_int_equal(account(p), PAM_PERM_DENIED);
	assert_string_equal(support_pam_reason(p), "revoked");
	assert_int_equal(log_in(p, "sshd", support_assertion(p->now)), PAM_SUCCESS);
	support_set(p->site, "agent:builder-7", "roles", "[\"audit\"]");
	support_site_publish(p->site);
	assert_int_equal(account(p), PAM_PERM_DENIED);
	assert_string_equal(support_pam_reason(p), "role_denied");
}

/* What account refuses holds no slot, and nothing of it is left for the phases that follow. */
TEST(a_login_that_account_refuses_is_given_up, pam)
{
	struct support_pam *p = *state;
	struct aa_session *session = NULL;
	char id[AA_SESSION_ID_SIZE];

	support_set(p->site, "agent:builder-7", "max_sessions", "1");
	support_site_publish(p->site);
	assert_int_equal(log_in(p, "sshd", support_assertion(p->now)), PAM_SUCCESS);
	snprintf(id, sizeof(id), "%s", env(p, "AGENTAUTH_SESSION"));
	assert_int_equal(aa_decision_suspend(p->site->statedir, "builder-7", "root", "x", p->now), 0);
	assert_int_equal(account(p), PAM_PERM_DENIED);
	assert_int_equal(aa_session_load(p->site->rundir, geteuid(), id, &session), -2);
	assert_null(env(p, "AGENTAUTH_SESSION"));
	assert_int_equal(aa_decision_resume(p->site->statedir, "builder-7"), 0);
	assert_true(is_a_refusal(account(p)));
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_PERM_DENIED);
	assert_int_equal(log_in(p, "sshd", support_assertion(p->now)), PAM_SUCCESS);
}

/* PAM_USER is another than auth decided on: between the two phases that is a failure, to and from an agent. */
TEST(a_changed_user_is_refused, pam)
{
	static const char *const to[] = {"other-1", "alice", "root", "nobody-at-all"};
	struct support_pam *p = *state;

	for (size_t i = 0; i < COUNT(to); i++) {
		assert_int_equal(log_in(p, "sshd", support_assertion(p->now)), PAM_SUCCESS);
		assert_int_equal(pam_set_item(p->pamh, PAM_USER, to[i]), PAM_SUCCESS);
		assert_int_equal(account(p), PAM_AUTH_ERR);
		assert_string_equal(support_pam_reason(p), "wrong_subject");
	}
	/* the other way round there is no verdict */
	support_pam_start(p, "login", "alice");
	assert_int_equal(authenticate(p), PAM_USER_UNKNOWN);
	assert_int_equal(pam_set_item(p->pamh, PAM_USER, "builder-7"), PAM_SUCCESS);
	assert_int_equal(account(p), PAM_PERM_DENIED);
	assert_string_equal(support_pam_reason(p), "no_credential");
}

/* One handle, two authentications: what the first one decided is gone, and with it what it left behind. */
TEST(each_authentication_stands_alone, pam)
{
	struct support_pam *p = *state;
	struct aa_session *session = NULL;
	char id[AA_SESSION_ID_SIZE];

	assert_int_equal(log_in(p, "login", support_assertion(p->now)), PAM_SUCCESS);
	snprintf(id, sizeof(id), "%s", env(p, "AGENTAUTH_SESSION"));
	support_pam_say(p, "wrong");
	assert_int_equal(authenticate(p), PAM_AUTH_ERR);
	assert_null(env(p, "AGENTAUTH_SESSION"));
	assert_int_equal(aa_session_load(p->site->rundir, geteuid(), id, &session), -2);
	assert_int_equal(account(p), PAM_PERM_DENIED);
	assert_int_equal(log_in(p, "login", support_assertion(p->now)), PAM_SUCCESS);
	assert_int_equal(pam_set_item(p->pamh, PAM_USER, "alice"), PAM_SUCCESS);
	assert_int_equal(authenticate(p), PAM_USER_UNKNOWN);
	assert_int_equal(account(p), PAM_USER_UNKNOWN); /* a person's own business again */
	assert_null(env(p, "AGENTAUTH_AGENT"));
}
