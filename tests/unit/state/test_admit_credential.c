/* SPDX-License-Identifier: Apache-2.0 */
/* test_admit_credential.c: a credential that was used, or revoked, and an agent that is suspended. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/state/admit.h"
#include "common/state/decision.h"
#include "common/state/key_request.h"
#include "common/state/replay.h"
#include "common/state/session.h"
#include "common/verify/verdict.h"
#include "common/verify/verify.h"
#include "tests/unit/state/admit_steps.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"

static enum aa_reason admit(struct fixture *f, const char *credential)
{
	struct aa_verdict v = {0};
	enum aa_reason reason;

	aa_admit_credential(&f->ctx, f->agent, &f->login, credential, strlen(credential), &v);
	reason = v.reason;
	aa_verdict_clear(&v);
	return reason;
}

/* The same, of a credential made for this. */
static enum aa_reason admit_new(struct fixture *f, char *credential)
{
	enum aa_reason reason = admit(f, credential);

	free(credential);
	return reason;
}

/* ---- used once ----------------------------------------------------------------------- */

TEST(a_credential_opens_one_login, admitted)
{
	struct fixture *f = *state;
	char *assertion = support_assertion(f->now), *token = support_bent_token(f->now, "", NULL);

	assert_int_equal(admit(f, assertion), AA_OK);
	assert_int_equal(admit(f, assertion), AA_REPLAYED);
	assert_int_equal(admit(f, token), AA_OK);
	assert_int_equal(admit(f, token), AA_REPLAYED);
	free(assertion);
	free(token);
}

/* Whether the last login asked for corp's keys; the mark goes. */
static bool asked_for_keys(const struct fixture *f)
{
	bool asked = aa_key_request_is(f->site->rundir, "corp");

	aa_key_request_clear(f->site->rundir);
	return asked;
}

TEST(a_token_whose_key_is_not_here_asks_for_the_issuers_keys, admitted)
{
	struct fixture *f = *state;
	const struct aa_private_key *key = support_key(AA_ALG_ES256, 0);

	assert_int_equal(admit_new(f, support_bent_token(f->now, "", NULL)), AA_OK);
	assert_false(asked_for_keys(f));
	assert_int_equal(
	    admit_new(f, support_sign(support_token_claims(f->now), AA_ALG_ES256, key, "e9", "at+jwt")),
	    AA_UNKNOWN_KEY);
	assert_true(asked_for_keys(f));
	/* Nothing to fetch would help these. */
	assert_int_equal(admit_new(f, support_bent_token(f->now, "aud", "\"ssh://other\"")),
			 AA_WRONG_AUDIENCE);
	assert_int_equal(admit_new(f, support_bent_token(f->now, "iss", "\"https://other.example.com\"")),
			 AA_UNKNOWN_ISSUER);
	assert_int_equal(admit_new(f, support_sign(support_assertion_claims("builder-7", f->now),
						   AA_ALG_ES256, key, "k9", "JWT")),
			 AA_UNKNOWN_KEY);
	assert_false(asked_for_keys(f));
	f->login.now = f->ctx.now = f->now + 90000;
	assert_int_equal(admit_new(f, support_bent_token(f->now + 90000, "", NULL)), AA_KEYS_STALE);
	assert_true(asked_for_keys(f));
}

TEST(what_may_be_reused_is_not_marked, admitted)
{
	struct fixture *f = *state;
	char *token;

	support_set(f->site, "issuer:corp", "reuse", "\"until_expiry\"");
	reopen(f);
	token = support_bent_token(f->now, "", NULL);
	assert_int_equal(admit(f, token), AA_OK);
	assert_int_equal(admit(f, token), AA_OK);
	free(token);
}

/* The same claims signed again, or spelled another way, are the same credential. */
TEST(a_credential_encoded_anew_is_the_same, admitted)
{
	struct fixture *f = *state;
	json_t *claims = support_assertion_claims("builder-7", f->now);
	char *text = json_dumps(claims, JSON_INDENT(4) | JSON_SORT_KEYS), *other;

	other = support_sign_text("{ \"kid\":\"k1\", \"alg\":\"ES256\" }", text, AA_ALG_ES256,
				  support_key(AA_ALG_ES256, 0));
	assert_int_equal(admit_new(f, support_sign(json_deep_copy(claims), AA_ALG_ES256,
						   support_key(AA_ALG_ES256, 0), "k1", "JWT")),
			 AA_OK);
	assert_int_equal(admit_new(f, support_sign(json_deep_copy(claims), AA_ALG_ES256,
						   support_key(AA_ALG_ES256, 0), "k1", "JWT")),
			 AA_REPLAYED);
	assert_int_equal(admit_new(f, other), AA_REPLAYED);
	free(text);
	json_decref(claims);
}

TEST(one_jti_of_an_agent_and_of_an_issuer_both_pass, admitted)
{
	struct fixture *f = *state;

	assert_int_equal(admit_new(f, support_bent_assertion(f->now, "jti", "\"same\"")), AA_OK);
	assert_int_equal(admit_new(f, support_bent_token(f->now, "jti", "\"same\"")), AA_OK);
	assert_int_equal(admit_new(f, support_bent_assertion(f->now, "jti", "\"same\"")), AA_REPLAYED);
	assert_int_equal(admit_new(f, support_bent_token(f->now, "jti", "\"same\"")), AA_REPLAYED);
}

/* Whatever is refused first does not use up the jti that it carries. */
TEST(a_refused_credential_is_not_used_up, admitted)
{
	struct fixture *f = *state;
	json_t *claims = support_bend(support_assertion_claims("builder-7", f->now), "jti", "\"victim\"");
	char *good =
	    support_sign(json_incref(claims), AA_ALG_ES256, support_key(AA_ALG_ES256, 0), "k1", "JWT");
	char *forged = support_sign(claims, AA_ALG_ES256, support_key(AA_ALG_ES256, 3), "k1", "JWT");

	assert_int_equal(admit(f, forged), AA_BAD_SIGNATURE);
	assert_int_equal(
	    admit_new(f, support_sign(support_bend(support_bend(support_assertion_claims("builder-7", f->now),
								"jti", "\"victim\""),
						   "aud", "\"ssh://web02.example.com\""),
				      AA_ALG_ES256, support_key(AA_ALG_ES256, 0), "k1", "JWT")),
	    AA_WRONG_AUDIENCE);
	assert_int_equal(
	    admit_new(f, support_sign(support_bend(support_bend(support_assertion_claims("builder-7", f->now),
								"jti", "\"victim\""),
						   "scope", "\"sudo\""),
				      AA_ALG_ES256, support_key(AA_ALG_ES256, 0), "k1", "JWT")),
	    AA_ROLE_DENIED);
	assert_int_equal(admit(f, good), AA_OK);
	free(good);
	free(forged);
}

TEST(a_full_house_does_not_use_a_credential_up, admitted)
{
	struct fixture *f = *state;
	char *assertion = support_assertion(f->now);
	struct aa_session *session = NULL;
	struct aa_verdict v = {0}, other = {.kind = AA_KIND_ASSERTION};

	f->agent->max_sessions = 1;
	aa_verify_account(f->ctx.policy, f->agent, &f->login, false, &v);
	assert_int_equal(aa_session_create(f->site->rundir, f->agent, &f->login, &v, 0, &session), AA_OK);
	/* root's takes no slot */
	assert_int_equal(aa_session_has_room(f->site->rundir, geteuid(), f->agent, &other, f->now), AA_OK);
	aa_session_free(session);
	v.kind = AA_KIND_ASSERTION;
	assert_int_equal(aa_session_create(f->site->rundir, f->agent, &f->login, &v, 0, &session), AA_OK);
	assert_int_equal(aa_session_has_room(f->site->rundir, geteuid(), f->agent, &other, f->now),
			 AA_SESSION_LIMIT);
	assert_int_equal(admit(f, assertion), AA_SESSION_LIMIT);
	aa_session_close(f->site->rundir, geteuid(), session->id, session->agent);
	assert_int_equal(admit(f, assertion), AA_OK);
	free(assertion);
	aa_session_free(session);
	aa_verdict_clear(&v);
}

TEST(a_mixed_session_does_not_use_a_credential_up, admitted)
{
	struct fixture *f = *state;
	char *assertion = support_bent_assertion(f->now, "scope", "\"audit\"");
	struct aa_session *session = NULL;
	struct aa_verdict v = {0};

	f->agent->mixed_sessions = AA_MIXED_SESSIONS_REFUSE;
	aa_verify_account(f->ctx.policy, f->agent, &f->login, false, &v);
	assert_int_equal(v.roles.n, 2);
	v.kind = AA_KIND_ASSERTION;
	assert_int_equal(aa_session_create(f->site->rundir, f->agent, &f->login, &v, 0, &session), AA_OK);
	assert_int_equal(admit(f, assertion), AA_ROLE_DENIED);
	aa_session_close(f->site->rundir, geteuid(), session->id, session->agent);
	assert_int_equal(admit(f, assertion), AA_OK);
	free(assertion);
	aa_session_free(session);
	aa_verdict_clear(&v);
}

TEST(of_fifty_processes_with_one_assertion_one_gets_in, admitted)
{
	struct fixture *f = *state;
	char *assertion = support_assertion(f->now), c;
	int gate[2], ok = 0, replayed = 0, status;

	assert_int_equal(pipe(gate), 0);
	for (int i = 0; i < 50; i++) {
		if (fork() != 0)
			continue;
		close(gate[1]);
		_exit(read(gate[0], &c, 1) == 0 ? (int)admit(f, assertion) : 99);
	}
	close(gate[0]);
	close(gate[1]);
	while (wait(&status) > 0) {
		assert_true(WIFEXITED(status));
		ok += WEXITSTATUS(status) == AA_OK;
		replayed += WEXITSTATUS(status) == AA_REPLAYED;
	}
	assert_int_equal(ok, 1);
	assert_int_equal(replayed, 49);
	free(assertion);
}

TEST(a_mark_outlives_the_credential_by_the_leeway, admitted)
{
	struct fixture *f = *state;
	char *assertion = support_assertion(f->now);

	assert_int_equal(admit(f, assertion), AA_OK);
	f->login.now = f->ctx.now = f->now + 60 + 29;
	assert_true(aa_replay_purge(f->site->rundir, f->ctx.now) == 0);
	assert_int_equal(admit(f, assertion), AA_REPLAYED);
	f->login.now = f->ctx.now = f->now + 60 + 30;
	assert_int_equal(admit(f, assertion), AA_EXPIRED);
	free(assertion);
}

/* ---- suspended, revoked, retired ------------------------------------------------------------ */

/* Only who holds a good credential learns that the agent is suspended, and then not from us but from the log. */
TEST(a_suspended_agent_is_refused_after_the_signature, admitted)
{
	struct fixture *f = *state;
	char *assertion = support_assertion(f->now);

	assert_int_equal(aa_decision_suspend(f->site->statedir, "builder-7", "root", "x", f->now), 0);
	assert_int_equal(admit(f, assertion), AA_AGENT_SUSPENDED);
	assert_int_equal(admit_new(f, support_sign(support_assertion_claims("builder-7", f->now),
						   AA_ALG_ES256, support_key(AA_ALG_ES256, 1), "k1", "JWT")),
			 AA_BAD_SIGNATURE);
	assert_int_equal(aa_admit_agent(&f->ctx, f->agent), AA_AGENT_SUSPENDED);
	assert_int_equal(aa_decision_resume(f->site->statedir, "builder-7"), 0);
	assert_int_equal(admit(f, assertion), AA_OK); /* and it was not used up */
	free(assertion);
}

TEST(an_expired_agent_is_refused, admitted)
{
	struct fixture *f = *state;

	assert_int_equal(aa_admit_agent(&f->ctx, f->agent), AA_OK);
	f->agent->expires = f->now + 1;
	assert_int_equal(aa_admit_agent(&f->ctx, f->agent), AA_OK);
	assert_int_equal(admit_new(f, support_assertion(f->now)), AA_OK);
	f->agent->expires = f->now;
	assert_int_equal(aa_admit_agent(&f->ctx, f->agent), AA_AGENT_EXPIRED);
	assert_int_equal(admit_new(f, support_assertion(f->now)), AA_AGENT_EXPIRED);
}

TEST(revoked_credentials_are_refused, admitted)
{
	struct fixture *f = *state;
	const char *dir = f->site->statedir;

	assert_int_equal(aa_decision_revoke_jti(dir, "", "gone", "root", NULL, f->now), 0);
	assert_int_equal(admit_new(f, support_bent_assertion(f->now, "jti", "\"gone\"")), AA_REVOKED);
	assert_int_equal(admit_new(f, support_bent_token(f->now, "jti", "\"gone\"")), AA_OK);
	assert_int_equal(aa_decision_revoke_jti(dir, "corp", "gone-too", "root", NULL, f->now), 0);
	assert_int_equal(admit_new(f, support_bent_token(f->now, "jti", "\"gone-too\"")), AA_REVOKED);
	assert_int_equal(admit_new(f, support_bent_assertion(f->now, "jti", "\"gone-too\"")), AA_OK);
	assert_int_equal(aa_decision_revoke_kid(dir, "r1", "root", NULL, f->now), 0);
	assert_int_equal(admit_new(f, support_bent_token(f->now, "", NULL)), AA_REVOKED);
	assert_int_equal(admit_new(f, support_assertion(f->now)), AA_OK);
	assert_int_equal(aa_decision_revoke_before(dir, "builder-7", f->now, "root", NULL, f->now), 0);
	assert_int_equal(admit_new(f, support_bent_assertion(f->now, "iat", NULL)), AA_CLAIM_REQUIRED);
	assert_int_equal(admit_new(f, support_assertion(f->now)), AA_OK);
	assert_int_equal(admit_new(f, support_assertion(f->now - 1)), AA_REVOKED);
	/* a clock that is ahead does not go round it: what it opens is of now */
	assert_int_equal(admit_new(f, support_assertion(f->now + 2)), AA_OK);
	assert_int_equal(aa_decision_revoke_before(dir, "builder-7", f->now + 1, "root", NULL, f->now), 0);
	assert_int_equal(admit_new(f, support_assertion(f->now + 2)), AA_REVOKED);
}

/* One without a kid is the key's own, in the log and to `revoke --kid`. */
TEST(a_kid_left_out_does_not_hide_a_revoked_key, admitted)
{
	struct fixture *f = *state;
	const struct aa_private_key *key = support_key(AA_ALG_ES256, 0),
				    *issuers = support_key(AA_ALG_RS256, 0);
	json_t *jwks = support_jwks("r1", issuers);

	support_write_keys(f->site, "corp", jwks, f->now);
	json_decref(jwks);
	assert_int_equal(admit_new(f, support_sign(support_assertion_claims("builder-7", f->now),
						   AA_ALG_ES256, key, NULL, "JWT")),
			 AA_OK);
	assert_int_equal(
	    admit_new(f, support_sign(support_token_claims(f->now), AA_ALG_RS256, issuers, NULL, "JWT")),
	    AA_OK);
	assert_int_equal(aa_decision_revoke_kid(f->site->statedir, "k1", "root", NULL, f->now), 0);
	assert_int_equal(aa_decision_revoke_kid(f->site->statedir, "r1", "root", NULL, f->now), 0);
	assert_int_equal(admit_new(f, support_sign(support_assertion_claims("builder-7", f->now),
						   AA_ALG_ES256, key, NULL, "JWT")),
			 AA_REVOKED);
	assert_int_equal(
	    admit_new(f, support_sign(support_token_claims(f->now), AA_ALG_RS256, issuers, NULL, "JWT")),
	    AA_REVOKED);
}

TEST(a_retired_account_is_never_admitted, admitted)
{
	struct fixture *f = *state;
	char *good = support_assertion(f->now);
	struct aa_verdict v = {0};

	aa_admit_credential(&f->ctx, NULL, &f->login, good, strlen(good), &v);
	assert_int_equal(v.reason, AA_AGENT_RETIRED);
	assert_int_equal(v.roles.n, 0);
	aa_verdict_clear(&v);
	assert_int_equal(admit(f, good), AA_OK);
	free(good);
}

TEST(state_that_cannot_be_read_denies, admitted)
{
	struct fixture *f = *state;
	char *assertion = support_assertion(f->now);

	assert_int_equal(
	    rename(support_path(f->site->statedir, "state"), support_path(f->site->statedir, "aside")), 0);
	assert_int_equal(admit(f, assertion), AA_REGISTRY_UNAVAILABLE);
	assert_int_equal(
	    rename(support_path(f->site->statedir, "aside"), support_path(f->site->statedir, "state")), 0);
	support_remove(f->site->rundir);
	support_write_file(f->site->rundir, "x", 1);
	assert_int_equal(admit(f, assertion), AA_INTERNAL);
	assert_int_equal(unlink(f->site->rundir), 0);
	assert_int_equal(mkdir(f->site->rundir, 0700), 0);
	support_write_file(support_path(f->site->rundir, "replay"), "x", 1);
	assert_int_equal(admit(f, assertion), AA_REPLAY_UNAVAILABLE);
	assert_int_equal(unlink(support_path(f->site->rundir, "replay")), 0);
	assert_int_equal(admit(f, assertion), AA_OK);
	free(assertion);
}
