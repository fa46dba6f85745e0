/* SPDX-License-Identifier: Apache-2.0 */
/* test_pam_refusal.c: whom the module leaves alone, what it refuses, and what holds where the registry cannot be read. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/jose/jose.h"
#include "common/state/decision.h"
#include "tests/unit/pam/pam_steps.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/support_pam.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"

/* ---- who is no agent ---------------------------------------------------------------------- */

TEST(nobody_else_is_asked, pam)
{
	static const char *const others[] = {
	    "root",	"alice",      "nobody",	      "daemon",	      "who-is-this",
	    "",		"builder-77", "BUILDER-7",    "builder-7 ",   "builder-7\n",
	    "../x",	"-x",	      "agents",	      "agent-deploy", "x\x1b[2J",
	    "\xff\xfe", "70007",      "builder-7/..", "$(reboot)",    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};
	struct support_pam *p = *state;

	for (size_t i = 0; i < COUNT(others); i++) {
		support_pam_start(p, "sshd", others[i]);
		support_pam_say(p, "secret");
		assert_int_equal(authenticate(p), PAM_USER_UNKNOWN);
		assert_int_equal(account(p), PAM_USER_UNKNOWN);
		assert_int_equal(pam_setcred(p->pamh, PAM_ESTABLISH_CRED), PAM_USER_UNKNOWN);
		assert_int_equal(p->asked, 0);
		assert_int_equal(p->errors, 0);
	}
	assert_int_equal(support_pam_lines(p), 0);
}

/* A service "sess", whose session goes on to this module where ours says PAM_IGNORE, and ends with ours otherwise. */
static void session_service(struct support_pam *p, const char *next)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "session [success=die ignore=ignore default=die] " TEST_BUILDDIR
		 "/../pam/pam_agentauth.so statedir=%s\n"
		 "session required %s\n",
		 p->site->statedir, next);
	support_write_file(support_path(p->confdir, "sess"), text, strlen(text));
}

/* PAM_IGNORE in session: what stands behind the module decides, in the end as in the beginning. */
TEST(a_persons_session_is_left_alone, pam)
{
	struct support_pam *p = *state;

	session_service(p, "pam_permit.so");
	support_pam_start(p, "sess", "alice");
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
	assert_null(env(p, "AGENTAUTH_SESSION"));
	support_pam_start(p, "sess", "builder-7");
	assert_int_not_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
	session_service(p, "pam_deny.so");
	support_pam_start(p, "sess", "alice");
	assert_int_not_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
	assert_int_not_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
}

/* login(1) leaves the question for the name to the first module. */
static char *name_then_credential(struct support_pam *p, unsigned n)
{
	return n == 0 ? strdup("builder-7") : support_assertion(p->now);
}

TEST(a_name_that_is_not_there_yet_is_asked_for, pam)
{
	struct support_pam *p = *state;

	support_pam_start(p, "login", NULL);
	p->answer = name_then_credential;
	assert_int_equal(authenticate(p), PAM_SUCCESS);
	assert_int_equal(p->asked, 2);
	assert_int_equal(account(p), PAM_SUCCESS);
}

/* ---- refusals -------------------------------------------------------------------------------- */

/* Of every refusal the client learns one code and no word; the log learns the reason. */
TEST(every_refusal_looks_alike, pam)
{
	struct support_pam *p = *state;
	const struct {
		char *credential;
		const char *reason;
	} cases[] = {
	    {support_sign(support_assertion_claims("builder-7", p->now), AA_ALG_ES256,
			  support_key(AA_ALG_ES256, 3), "k1", "JWT"),
	     "bad_signature"},
	    {support_sign(support_assertion_claims("builder-7", p->now), AA_ALG_ES256,
			  support_key(AA_ALG_ES256, 0), "k9", "JWT"),
	     "unknown_key"},
	    {support_sign(support_assertion_claims("other-1", p->now), AA_ALG_ES256,
			  support_key(AA_ALG_ES256, 1), "k1", "JWT"),
	     "wrong_subject"},
	    {support_assertion(p->now - 600), "expired"},
	    {support_assertion(p->now + 600), "not_yet_valid"},
	    {support_bent_assertion(p->now, "aud", "\"ssh://web02.example.com\""), "wrong_audience"},
	    {support_bent_assertion(p->now, "exp", "4000000000"), "lifetime_too_long"},
	    {support_bent_assertion(p->now, "nonce", "\"x\""), "nonce_mismatch"},
	    {support_bent_assertion(p->now, "scope", "\"sudo\""), "role_denied"},
	    {support_bent_assertion(p->now, "act", "{}"), "delegation_denied"},
	    {support_bent_assertion(p->now, "cnf", "{\"jkt\":\"x\"}"), "proof_required"},
	    {support_bent_assertion(p->now, "iss", "\"https://unknown.example.com\""), "unknown_issuer"},
	    {support_forge("{\"alg\":\"none\"}", "{}", "", 0), "alg_not_allowed"},
	    {strdup("hunter2"), "malformed"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(log_in(p, "login", cases[i].credential), PAM_AUTH_ERR);
		assert_string_equal(support_pam_reason(p), cases[i].reason);
		assert_int_equal(p->errors, 0);
		assert_null(env(p, "AGENTAUTH_SESSION"));
		assert_null(env(p, "AGENTAUTH_AGENT"));
		assert_true(is_a_refusal(account(p)));
	}
	assert_int_equal(log_in(p, "login", support_assertion(p->now)), PAM_SUCCESS);
}

TEST(suspended_expired_and_retired_agents_look_like_others, pam)
{
	struct support_pam *p = *state;
	char prompt[SUPPORT_PROMPT_MAX];

	assert_int_equal(log_in(p, "sshd", strdup("x")), PAM_AUTH_ERR);
	memcpy(prompt, p->prompt, sizeof(prompt));
	assert_int_equal(aa_decision_suspend(p->site->statedir, "builder-7", "root", "x", p->now), 0);
	assert_int_equal(log_in(p, "sshd", support_assertion(p->now)), PAM_AUTH_ERR);
	assert_string_equal(support_pam_reason(p), "agent_suspended");
	assert_memory_equal(prompt, p->prompt, (size_t)(strstr(prompt, "nonce") - prompt));
	assert_int_equal(account(p), PAM_PERM_DENIED);
	assert_int_equal(aa_decision_resume(p->site->statedir, "builder-7"), 0);
	support_set(p->site, "agent:builder-7", "expires", "1000000000");
	support_site_publish(p->site);
	assert_int_equal(log_in(p, "sshd", support_assertion(p->now)), PAM_AUTH_ERR);
	assert_string_equal(support_pam_reason(p), "agent_expired");
	assert_int_equal(p->asked, 1);
	assert_int_equal(account(p), PAM_ACCT_EXPIRED);
	/* retired: no entry any more, and asked all the same */
	support_pam_start(p, "sshd", "retired-1");
	support_pam_say(p, "x");
	assert_int_equal(authenticate(p), PAM_AUTH_ERR);
	assert_string_equal(support_pam_reason(p), "agent_retired");
	assert_int_equal(p->asked, 1);
	assert_non_null(strstr(p->prompt, "Agent credential for retired-1 at " SITE_AUDIENCE
					  " [agentauth/1 part 1 nonce "));
	assert_int_equal(account(p), PAM_ACCT_EXPIRED);
}

TEST(a_replayed_assertion_is_refused, pam)
{
	struct support_pam *p = *state;
	char *good = support_assertion(p->now);

	assert_int_equal(log_in(p, "sshd", strdup(good)), PAM_SUCCESS);
	assert_int_equal(log_in(p, "sshd", strdup(good)), PAM_AUTH_ERR);
	assert_string_equal(support_pam_reason(p), "replayed");
	free(good);
}

TEST(an_argument_that_is_not_known_refuses_agents_alone, pam)
{
	static const char *const args[] = {"sesion=sudo",      "debugg",  "statedir=relative",
					   "use_first_pass=1", "session", "a=b"};
	struct support_pam *p = *state;

	for (size_t i = 0; i < COUNT(args); i++) {
		support_pam_service(p, "bad", args[i], NULL, NULL);
		assert_int_equal(log_in(p, "bad", support_assertion(p->now)), PAM_AUTH_ERR);
		assert_int_equal(p->asked, 0);
		assert_true(is_a_refusal(account(p)));
		assert_int_equal(pam_setcred(p->pamh, PAM_ESTABLISH_CRED), PAM_CRED_UNAVAIL);
		assert_int_equal(pam_open_session(p->pamh, 0), PAM_PERM_DENIED);
		support_pam_start(p, "bad", "alice");
		assert_int_equal(authenticate(p), PAM_USER_UNKNOWN);
	}
	support_pam_service(p, "bad", "debug", NULL, NULL);
	assert_int_equal(log_in(p, "bad", support_assertion(p->now)), PAM_SUCCESS);
}

/* ---- the registry fails -------------------------------------------------------------------------- */

/* People get in whatever is wrong with the registry; who may be an agent does not. */
static void check_people_and_agents(struct support_pam *p)
{
	support_pam_start(p, "sshd", "alice");
	assert_int_equal(authenticate(p), PAM_USER_UNKNOWN);
	assert_int_equal(account(p), PAM_USER_UNKNOWN);
	support_pam_start(p, "sshd", "root");
	assert_int_equal(authenticate(p), PAM_USER_UNKNOWN);
	assert_int_equal(account(p), PAM_USER_UNKNOWN);
	assert_int_equal(log_in(p, "sshd", support_assertion(p->now)), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(p->asked, 0);
	assert_string_equal(support_pam_reason(p), "registry_unavailable");
	assert_int_equal(account(p), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(pam_setcred(p->pamh, PAM_ESTABLISH_CRED), PAM_CRED_UNAVAIL);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_PERM_DENIED);
}

TEST(a_missing_registry_refuses_agents_alone, pam)
{
	struct support_pam *p = *state;
	json_t *log;

	assert_int_equal(log_in(p, "sshd", support_assertion(p->now)), PAM_SUCCESS);
	assert_int_equal(rename(p->site->statedir, support_path(p->site->dir, "aside")), 0);
	check_people_and_agents(p);
	/* a name that nobody knows may be an agent's, and is not written down: it may be a password typed too early */
	support_pam_start(p, "sshd", "tr0ub4dor-and-3");
	assert_int_equal(authenticate(p), PAM_AUTHINFO_UNAVAIL);
	log = support_pam_log(p);
	assert_null(json_object_get(log, "agent"));
	json_decref(log);
	assert_int_equal(rename(support_path(p->site->dir, "aside"), p->site->statedir), 0);
	assert_int_equal(log_in(p, "sshd", support_assertion(p->now)), PAM_SUCCESS);
}

TEST(a_registry_full_of_garbage_refuses_agents_alone, pam)
{
	struct support_pam *p = *state;
	char path[512], *good;
	size_t len;

	snprintf(path, sizeof(path), "%s/generations/1/accounts.cdb", p->site->statedir);
	good = support_read_file(path, &len);
	support_write_file(path, "garbage", 7);
	check_people_and_agents(p);
	support_write_file(path, good, len);
	free(good);
	snprintf(path, sizeof(path), "%s/generations/1/policy.cdb", p->site->statedir);
	good = support_read_file(path, &len);
	support_write_file(path, "garbage", 7);
	assert_int_equal(log_in(p, "sshd", support_assertion(p->now)), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(account(p), PAM_AUTHINFO_UNAVAIL);
	support_pam_start(p, "sshd", "alice");
	assert_int_equal(authenticate(p), PAM_USER_UNKNOWN);
	support_write_file(path, good, len);
	assert_int_equal(log_in(p, "sshd", support_assertion(p->now)), PAM_SUCCESS);
	free(good);
}

TEST(a_registry_that_others_may_write_refuses_agents_alone, pam)
{
	struct support_pam *p = *state;

	assert_int_equal(chmod(p->site->statedir, 0777), 0);
	check_people_and_agents(p);
	assert_int_equal(chmod(p->site->statedir, 0755), 0);
	assert_int_equal(log_in(p, "sshd", support_assertion(p->now)), PAM_SUCCESS);
}

/* Another source of names comes first and means somebody else by the name: the person's own modules decide. */
TEST(a_person_of_an_agents_name_is_left_to_the_next_module, pam)
{
	const uint32_t uids[] = {1000, SITE_UID + 1};
	struct support_pam *p = *state;

	for (size_t i = 0; i < sizeof(uids) / sizeof(*uids); i++) {
		support_users_uid(uids[i]);
		assert_int_equal(log_in(p, "sshd", support_assertion(p->now)), PAM_USER_UNKNOWN);
		assert_int_equal(p->asked, 0);
		assert_int_equal(account(p), PAM_USER_UNKNOWN);
		assert_int_equal(pam_setcred(p->pamh, PAM_ESTABLISH_CRED), PAM_USER_UNKNOWN);
	}
	support_users_uid(0);
	assert_int_equal(log_in(p, "sshd", support_assertion(p->now)), PAM_SUCCESS);
}

/* An agent that was let in would be that person for the kernel. */
TEST(an_agent_whose_uid_is_also_a_persons_is_refused, pam)
{
	struct support_pam *p = *state;

	support_users_name("alice");
	assert_int_equal(log_in(p, "sshd", support_assertion(p->now)), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(account(p), PAM_AUTHINFO_UNAVAIL);
	support_users_name(NULL);
	assert_int_equal(log_in(p, "sshd", support_assertion(p->now)), PAM_SUCCESS);
}

TEST(a_log_that_cannot_be_written_refuses, pam)
{
	struct support_pam *p = *state;
	char *good = support_assertion(p->now);

	assert_int_equal(chmod(p->site->logdir, 0777), 0);
	assert_int_equal(log_in(p, "login", strdup(good)), PAM_AUTH_ERR);
	assert_null(env(p, "AGENTAUTH_SESSION"));
	assert_true(is_a_refusal(account(p)));
	support_set(p->site, "host", "audit_failure", "\"warn\"");
	support_site_publish(p->site);
	assert_int_equal(log_in(p, "login", support_assertion(p->now)), PAM_SUCCESS);
	assert_int_equal(chmod(p->site->logdir, 0700), 0);
	free(good);
}
