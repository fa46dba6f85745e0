/* SPDX-License-Identifier: Apache-2.0 */
/* test_admit.c: the verdict joined with what this host remembers: suspended, revoked, used, and inside a session. */
#include <config.h>

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/jose/key_private.h"
#include "common/jose/key_ssh.h"
#include "common/state/admit.h"
#include "common/state/context.h"
#include "common/state/decision.h"
#include "common/state/key_request.h"
#include "common/state/replay.h"
#include "common/state/session.h"
#include "common/text/list.h"
#include "common/verify/verdict.h"
#include "common/verify/verify.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"

struct fixture {
	struct support_site *site;
	struct aa_context ctx;
	struct aa_account account;
	struct aa_agent *agent;
	struct aa_login login;
	int64_t now;
};

static void close_all(struct fixture *f)
{
	aa_agent_free(f->agent);
	f->agent = NULL;
	aa_context_close(&f->ctx);
}

static void open_all(struct fixture *f)
{
	f->ctx = (struct aa_context){.statedir = f->site->statedir,
				     .rundir = f->site->rundir,
				     .logdir = f->site->logdir,
				     .owner = geteuid(),
				     .now = f->now};
	assert_int_equal(aa_context_find(&f->ctx, "builder-7", &f->account), 0);
	assert_int_equal(aa_context_agent(&f->ctx, &f->account, &f->agent), AA_OK);
	f->login = support_login(f->site, f->now);
	f->login.keysdir = f->ctx.keysdir;
}

static void reopen(struct fixture *f)
{
	close_all(f);
	support_site_publish(f->site);
	open_all(f);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->now = time(NULL);
	f->site = support_site_new(f->now);
	open_all(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	close_all(f);
	support_site_free(f->site);
	free(f);
	return 0;
}

FIXTURE(here, setup, teardown);

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

TEST(a_credential_opens_one_login, here)
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

TEST(a_token_whose_key_is_not_here_asks_for_the_issuers_keys, here)
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

TEST(what_may_be_reused_is_not_marked, here)
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
TEST(a_credential_encoded_anew_is_the_same, here)
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

TEST(one_jti_of_an_agent_and_of_an_issuer_both_pass, here)
{
	struct fixture *f = *state;

	assert_int_equal(admit_new(f, support_bent_assertion(f->now, "jti", "\"same\"")), AA_OK);
	assert_int_equal(admit_new(f, support_bent_token(f->now, "jti", "\"same\"")), AA_OK);
	assert_int_equal(admit_new(f, support_bent_assertion(f->now, "jti", "\"same\"")), AA_REPLAYED);
	assert_int_equal(admit_new(f, support_bent_token(f->now, "jti", "\"same\"")), AA_REPLAYED);
}

/* Whatever is refused first does not use up the jti that it carries. */
TEST(a_refused_credential_is_not_used_up, here)
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

TEST(a_full_house_does_not_use_a_credential_up, here)
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

TEST(a_mixed_session_does_not_use_a_credential_up, here)
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

TEST(of_fifty_processes_with_one_assertion_one_gets_in, here)
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

TEST(a_mark_outlives_the_credential_by_the_leeway, here)
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
TEST(a_suspended_agent_is_refused_after_the_signature, here)
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

TEST(an_expired_agent_is_refused, here)
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

TEST(revoked_credentials_are_refused, here)
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
TEST(a_kid_left_out_does_not_hide_a_revoked_key, here)
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

TEST(a_retired_account_is_never_admitted, here)
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

TEST(state_that_cannot_be_read_denies, here)
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

/* ---- without a credential --------------------------------------------------------------------- */

static enum aa_reason publickey(struct fixture *f)
{
	char *ssh = NULL, line[4096];
	struct aa_verdict v = {0};
	enum aa_reason reason;

	assert_int_equal(aa_key_to_ssh(aa_private_key_public(support_key(AA_ALG_ES256, 0)), &ssh),
			 AA_JOSE_OK);
	snprintf(line, sizeof(line), "publickey %s\n", ssh);
	f->login.ssh_auth_info = line;
	aa_admit_publickey(&f->ctx, f->agent, &f->login, &v);
	f->login.ssh_auth_info = NULL;
	reason = v.reason;
	aa_verdict_clear(&v);
	free(ssh);
	return reason;
}

TEST(a_public_key_obeys_suspension_and_revocation, here)
{
	struct fixture *f = *state;

	assert_int_equal(publickey(f), AA_OK);
	/* a key has no time of issue */
	assert_int_equal(
	    aa_decision_revoke_before(f->site->statedir, "builder-7", f->now, "root", NULL, f->now), 0);
	assert_int_equal(publickey(f), AA_OK);
	assert_int_equal(aa_decision_suspend(f->site->statedir, "builder-7", "root", "x", f->now), 0);
	assert_int_equal(publickey(f), AA_AGENT_SUSPENDED);
	assert_int_equal(aa_decision_resume(f->site->statedir, "builder-7"), 0);
	assert_int_equal(aa_decision_revoke_kid(f->site->statedir, "k1", "root", NULL, f->now), 0);
	assert_int_equal(publickey(f), AA_REVOKED);
}

static enum aa_reason started(struct fixture *f, const char *service, const char *person,
			      struct aa_verdict *v)
{
	f->login.service = service;
	f->login.address = NULL;
	aa_verdict_clear(v);
	aa_admit_started(&f->ctx, f->agent, &f->login, person, v);
	return v->reason;
}

TEST(a_person_of_the_list_starts_it_on_their_own_behalf, here)
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

TEST(root_starts_the_entry, here)
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

TEST(the_deadline_is_the_earliest_of_all, here)
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

static enum aa_reason inside(struct fixture *f, const char *service)
{
	struct aa_session *session = NULL;
	enum aa_reason reason = aa_admit_in_session(&f->ctx, f->agent, service, &session);

	aa_session_free(session);
	return reason;
}

TEST(sudo_goes_on_inside_a_live_session, here)
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

TEST(a_session_without_a_role_for_it_gets_no_sudo, here)
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

TEST(a_session_past_its_deadline_gets_no_sudo, here)
{
	struct fixture *f = *state;
	struct aa_session *s = open_session(f, "", NULL);

	f->ctx.now = f->now + 99;
	assert_int_equal(inside(f, "sudo"), AA_OK);
	f->ctx.now = f->now + 100;
	assert_int_equal(inside(f, "sudo"), AA_SESSION_EXPIRED);
	aa_session_free(s);
}

TEST(what_was_decided_in_a_hurry_reaches_open_sessions, here)
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

TEST(what_was_published_since_reaches_open_sessions, here)
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
TEST(limits_are_not_shed_by_way_of_a_job, here)
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

TEST(sessions_that_presented_nothing_get_no_sudo, here)
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

TEST(a_roles_group_that_the_session_lacks_gets_no_sudo, here)
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

/* ---- groups of roles --------------------------------------------------------------------------------- */

TEST(role_groups_are_those_of_the_roles_and_never_root, here)
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

TEST(no_registry_is_not_the_same_as_no_such_agent, here)
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

TEST(halves_of_the_registry_that_disagree_are_damage, here)
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

TEST(a_log_that_cannot_be_written_is_the_policys_business, here)
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
