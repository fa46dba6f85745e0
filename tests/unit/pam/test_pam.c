/* SPDX-License-Identifier: Apache-2.0 */
/* test_pam.c: the built module behind libpam: whom it asks, what it decides, and what it leaves behind. */
#include <config.h>

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/jose/jose.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_private.h"
#include "common/jose/key_ssh.h"
#include "common/state/audit.h"
#include "common/state/audit_verify.h"
#include "common/state/decision.h"
#include "common/state/session.h"
#include "common/state/session_find.h"
#include "common/state/session_id.h"
#include "common/state/session_store.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/support_pam.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"

static int setup(void **state)
{
	*state = support_pam_new();
	return 0;
}

static int teardown(void **state)
{
	support_pam_free(*state);
	return 0;
}

FIXTURE(here, setup, teardown);

static int authenticate(struct support_pam *p)
{
	return p->last = pam_authenticate(p->pamh, 0);
}

static int account(struct support_pam *p)
{
	return p->last = pam_acct_mgmt(p->pamh, 0);
}

/* Authenticates builder-7 at this service with this answer, which is given up. */
static int log_in(struct support_pam *p, const char *service, char *answer)
{
	int err;

	support_pam_start(p, service, "builder-7");
	support_pam_say(p, answer);
	err = authenticate(p);
	p->answers = NULL;
	p->n_answers = 0;
	free(answer);
	return err;
}

static const char *env(struct support_pam *p, const char *name)
{
	return pam_getenv(p->pamh, name);
}

/* ---- a login ---------------------------------------------------------------------- */

TEST(a_good_assertion_logs_in, here)
{
	struct support_pam *p = *state;
	json_t *log;

	assert_int_equal(log_in(p, "sshd", support_assertion(p->now)), PAM_SUCCESS);
	assert_int_equal(p->asked, 1);
	assert_string_equal(support_pam_reason(p), "ok");
	assert_true(aa_session_id_is_valid(env(p, "AGENTAUTH_SESSION")));
	assert_string_equal(env(p, "AGENTAUTH_AGENT"), "builder-7");
	assert_string_equal(env(p, "AGENTAUTH_ROLES"), "deploy,audit");
	assert_non_null(env(p, "AGENTAUTH_EXPIRES"));
	assert_null(env(p, "AGENTAUTH_ISSUER"));
	assert_null(env(p, "AGENTAUTH_ON_BEHALF_OF"));
	assert_string_equal(env(p, "AI_AGENT"), "builder-7");
	assert_null(env(p, "AI_AGENT_OPERATOR"));
	log = support_pam_log(p);
	assert_string_equal(json_string_value(json_object_get(log, "event")), "auth");
	assert_string_equal(json_string_value(json_object_get(log, "agent")), "builder-7");
	assert_string_equal(json_string_value(json_object_get(log, "service")), "sshd");
	assert_string_equal(json_string_value(json_object_get(log, "rhost")), "10.1.2.3");
	assert_string_equal(json_string_value(json_object_get(log, "kind")), "assertion");
	assert_string_equal(json_string_value(json_object_get(log, "kid")), "k1");
	assert_string_equal(json_string_value(json_object_get(log, "alg")), "ES256");
	assert_string_equal(json_string_value(json_object_get(log, "session")), env(p, "AGENTAUTH_SESSION"));
	assert_int_equal(json_integer_value(json_object_get(log, "uid")), SITE_UID);
	assert_non_null(json_object_get(log, "micros"));
	json_decref(log);
	assert_int_equal(account(p), PAM_SUCCESS);
	assert_int_equal(support_pam_lines(p), 1); /* a login's yes is logged once */
}

TEST(a_delegated_token_tells_for_whom, here)
{
	struct support_pam *p = *state;
	json_t *claims = support_token_claims(p->now), *log;

	support_bend(claims, "sub", "\"user-alice\"");
	support_bend(claims, "scope", "\"host.deploy\"");
	support_bend(claims, "act", "{\"sub\":\"builder-7\",\"act\":{\"sub\":\"front\\u00e9nd\"}}");
	assert_int_equal(
	    log_in(p, "sshd",
		   support_sign(claims, AA_ALG_RS256, support_key(AA_ALG_RS256, 0), "r1", "at+jwt")),
	    PAM_SUCCESS);
	assert_string_equal(env(p, "AGENTAUTH_ON_BEHALF_OF"), "user-alice");
	assert_string_equal(env(p, "AI_AGENT"), "builder-7");
	assert_string_equal(env(p, "AI_AGENT_OPERATOR"), "user-alice");
	assert_string_equal(env(p, "AGENTAUTH_ISSUER"), "corp");
	assert_string_equal(env(p, "AGENTAUTH_ROLES"), "deploy");
	log = support_pam_log(p);
	assert_string_equal(json_string_value(json_object_get(log, "on_behalf_of")), "user-alice");
	assert_string_equal(json_string_value(json_object_get(log, "issuer")), "corp");
	assert_string_equal(json_string_value(json_object_get(log, "scope")), "host.deploy");
	assert_int_equal(json_array_size(json_object_get(log, "actors")), 2);
	json_decref(log);
}

/* A token that is past its exp for so long logs in, or is refused at once: never first the one, then the other. It is a
 * short one, since what was issued before process 1 began is refused, and in a container that is not long ago. */
TEST(a_token_within_the_skew_has_one_verdict_in_every_phase, here)
{
	struct support_pam *p = *state;
	json_t *log;

	for (int64_t past = 0; past <= 25; past += 5) {
		json_t *claims = support_token_claims(p->now - past - 5);

		assert_int_equal(json_object_set_new(claims, "exp", json_integer(p->now - past)), 0);
		assert_int_equal(
		    log_in(p, "sshd",
			   support_sign(claims, AA_ALG_RS256, support_key(AA_ALG_RS256, 0), "r1", "at+jwt")),
		    PAM_SUCCESS);
		assert_int_equal(account(p), PAM_SUCCESS);
		assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
		assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
	}
	assert_int_equal(log_in(p, "sshd",
				support_sign(support_token_claims(p->now - 630), AA_ALG_RS256,
					     support_key(AA_ALG_RS256, 0), "r1", "at+jwt")),
			 PAM_AUTH_ERR);
	assert_string_equal(support_pam_reason(p), "expired");
	log = support_pam_log(p);
	assert_string_equal(json_string_value(json_object_get(log, "claim")), "exp");
	json_decref(log);
}

#define NONCE_LEN (int)(sizeof("password-") - 1 + 22)

TEST(the_prompt_is_of_version_one, here)
{
	struct support_pam *p = *state;
	char head[] = "Agent credential for builder-7 at " SITE_AUDIENCE " [agentauth/1 part 1 nonce ",
	     first[SUPPORT_PROMPT_MAX];

	assert_int_equal(log_in(p, "sshd", strdup("x")), PAM_AUTH_ERR);
	assert_memory_equal(p->prompt, head, strlen(head));
	assert_int_equal(strlen(p->prompt), strlen(head) + NONCE_LEN + strlen("]: "));
	/* Programs that wait for this word before they give what they have find it. */
	assert_memory_equal(p->prompt + strlen(head), "password-", strlen("password-"));
	assert_string_equal(p->prompt + strlen(p->prompt) - 3, "]: ");
	memcpy(first, p->prompt, sizeof(first));
	assert_int_equal(log_in(p, "sshd", strdup("x")), PAM_AUTH_ERR);
	assert_string_not_equal(first, p->prompt); /* a nonce of its own */
}

static char *with_nonce(struct support_pam *p, unsigned n)
{
	char text[64], *nonce = strstr(p->prompt, "nonce ") + 6;

	(void)n;
	snprintf(text, sizeof(text), "\"%.*s%s\"", NONCE_LEN, nonce, p->masked_len ? "x" : "");
	return support_bent_assertion(p->now, "nonce", text);
}

TEST(the_prompts_nonce_is_held_against_the_assertions, here)
{
	struct support_pam *p = *state;

	support_pam_start(p, "sshd", "builder-7");
	p->answer = with_nonce;
	assert_int_equal(authenticate(p), PAM_SUCCESS);
	support_pam_start(p, "sshd", "builder-7");
	p->masked_len = 1; /* another than was prompted */
	assert_int_equal(authenticate(p), PAM_AUTH_ERR);
	assert_string_equal(support_pam_reason(p), "nonce_mismatch");
}

/* ---- parts --------------------------------------------------------------------------- */

/* Answers with the credential in parts of `size` bytes, each but the last with a plus sign. The n-th such answer. */
static size_t part_size;
static const char *whole;

static char *in_parts(struct support_pam *p, unsigned n)
{
	size_t len = strlen(whole), from = n * part_size, left = from < len ? len - from : 0;
	char *text = malloc(part_size + 2);

	(void)p;
	snprintf(text, part_size + 2, "%.*s%s", (int)(left < part_size ? left : part_size),
		 whole + (left ? from : len), left > part_size ? "+" : "");
	return text;
}

/* A good assertion of this many bytes, or up to three less. */
static char *assertion_of(const struct support_pam *p, size_t want)
{
	for (size_t pad = want * 3 / 4; pad > 0; pad--) {
		json_t *claims = support_assertion_claims("builder-7", p->now);
		char *text = malloc(pad + 1), *token;

		memset(text, 'x', pad);
		text[pad] = '\0';
		json_object_set_new(claims, "pad", json_string(text));
		free(text);
		token = support_sign(claims, AA_ALG_ES256, support_key(AA_ALG_ES256, 0), "k1", "JWT");
		if (strlen(token) <= want)
			return token;
		pad -= strlen(token) > want + 64 ? (strlen(token) - want) / 2 : 0;
		free(token);
	}
	abort();
}

static int in_parts_of(struct support_pam *p, size_t size, char *credential)
{
	int err;

	support_pam_start(p, "sshd", "builder-7");
	p->answer = in_parts;
	part_size = size;
	whole = credential;
	err = authenticate(p);
	p->answer = NULL;
	free(credential);
	return err;
}

TEST(an_answer_comes_in_parts, here)
{
	struct support_pam *p = *state;

	assert_int_equal(in_parts_of(p, 510, support_assertion(p->now)), PAM_SUCCESS);
	assert_int_equal(p->asked, 1);
	assert_int_equal(in_parts_of(p, 510, assertion_of(p, 1500)), PAM_SUCCESS);
	assert_int_equal(p->asked, 3);
	assert_non_null(strstr(p->prompt, " part 3 nonce "));
	assert_int_equal(in_parts_of(p, 300, assertion_of(p, 16384)), PAM_SUCCESS);
	assert_int_equal(p->asked, 55);
	assert_int_equal(in_parts_of(p, 20, support_assertion(p->now)), PAM_SUCCESS);
}

/* `credential` with this text behind its first `at` bytes and behind its end; the credential is freed. */
static char *with_blanks(char *credential, size_t at, const char *between, const char *behind)
{
	size_t size = strlen(credential) + strlen(between) + strlen(behind) + 1;
	char *text = malloc(size);

	snprintf(text, size, "%.*s%s%s%s", (int)at, credential, between, credential + at, behind);
	free(credential);
	return text;
}

TEST(a_line_end_or_blank_behind_an_answer_is_no_part_of_it, here)
{
	static const char *const behind[] = {"", "\n", "\r\n", " ", "\t \n\n"};
	struct support_pam *p = *state;
	char first[128], *good;

	for (size_t i = 0; i < COUNT(behind); i++) {
		assert_int_equal(log_in(p, "sshd", with_blanks(support_assertion(p->now), 0, "", behind[i])),
				 PAM_SUCCESS);
		good = with_blanks(support_assertion(p->now), 0, "", behind[i]);
		snprintf(first, sizeof(first), "%.100s+%s", good, behind[i]);
		support_pam_start(p, "sshd", "builder-7");
		p->answers = (const char *const[]){first, good + 100};
		p->n_answers = 2;
		assert_int_equal(authenticate(p), PAM_SUCCESS);
		assert_int_equal(p->asked, 2);
		p->n_answers = 0;
		free(good);
	}
	for (size_t i = 1; i < COUNT(behind); i++) {
		assert_int_equal(
		    log_in(p, "sshd", with_blanks(support_assertion(p->now), 100, behind[i], "")),
		    PAM_AUTH_ERR);
		assert_string_equal(support_pam_reason(p), "malformed");
		assert_int_equal(log_in(p, "sshd", strdup(behind[i])), PAM_AUTH_ERR);
		assert_string_equal(support_pam_reason(p), "no_credential");
	}
}

/* The lengths at which clients cut: whole answers of such a length are whole. */
TEST(answers_of_every_length_are_taken, here)
{
	static const size_t sizes[] = {511, 512, 1023, 1024, 4095, 4096, 16383, 16384};
	struct support_pam *p = *state;

	for (size_t i = 0; i < COUNT(sizes); i++) {
		assert_int_equal(log_in(p, "sshd", assertion_of(p, sizes[i])), PAM_SUCCESS);
		assert_int_equal(in_parts_of(p, 511, assertion_of(p, sizes[i])), PAM_SUCCESS);
	}
}

TEST(an_answer_that_a_client_cut_is_called_truncated, here)
{
	static const size_t cuts[] = {255, 511, 512, 1022, 1023, 1024, 4094, 4095};
	struct support_pam *p = *state;
	char *good = assertion_of(p, 6000), *cut;

	for (size_t i = 0; i < COUNT(cuts); i++) {
		cut = strndup(good, cuts[i]);
		assert_int_equal(log_in(p, "sshd", cut), PAM_AUTH_ERR);
		assert_string_equal(support_pam_reason(p), "truncated");
	}
	cut = strndup(good, 5000);
	assert_int_equal(log_in(p, "sshd", cut), PAM_AUTH_ERR);
	assert_string_equal(support_pam_reason(p), "malformed");
	assert_int_equal(log_in(p, "sshd", good), PAM_SUCCESS);
}

TEST(a_part_that_is_missing_is_called_truncated, here)
{
	struct support_pam *p = *state;
	char *good = support_assertion(p->now), first[200];
	const char *const stops[][2] = {{first, NULL}, {first, ""}, {first, "+"}};

	snprintf(first, sizeof(first), "%.100s+", good);
	for (size_t i = 0; i < COUNT(stops); i++) {
		support_pam_start(p, "sshd", "builder-7");
		p->answers = stops[i];
		p->n_answers = 2;
		assert_int_equal(authenticate(p), PAM_AUTH_ERR);
		assert_int_equal(p->asked, 2);
		assert_string_equal(support_pam_reason(p), "truncated");
	}
	p->n_answers = 0;
	assert_int_equal(log_in(p, "sshd", good), PAM_SUCCESS);
}

/* sshd's password method repeats one answer to every prompt. */
TEST(the_number_of_parts_is_capped, here)
{
	struct support_pam *p = *state;
	char *good;

	assert_int_equal(log_in(p, "sshd", strdup("abc+")), PAM_AUTH_ERR);
	assert_int_equal(p->asked, 64);
	assert_string_equal(support_pam_reason(p), "truncated");

	good = support_assertion(p->now);
	assert_int_equal(in_parts_of(p, strlen(good) / 65, good), PAM_AUTH_ERR);
	assert_int_equal(p->asked, 64);
	good = support_assertion(p->now);
	assert_int_equal(in_parts_of(p, (strlen(good) + 63) / 64, good), PAM_SUCCESS);
}

TEST(an_answer_that_is_too_long_is_called_oversize, here)
{
	static const size_t sizes[] = {16385, 65536, 1 << 20, 16 << 20};
	struct support_pam *p = *state;
	char part[600];

	for (size_t i = 0; i < COUNT(sizes); i++) {
		char *huge = malloc(sizes[i] + 1);

		memset(huge, 'A', sizes[i]);
		huge[sizes[i]] = '\0';
		assert_int_equal(log_in(p, "sshd", huge), PAM_AUTH_ERR);
		assert_string_equal(support_pam_reason(p), "oversize");
		assert_int_equal(p->asked, 1);
	}
	memset(part, 'A', 510);
	strcpy(part + 510, "+");
	assert_int_equal(log_in(p, "sshd", strdup(part)), PAM_AUTH_ERR);
	assert_string_equal(support_pam_reason(p), "oversize");
	assert_int_equal(p->asked, 33);
}

TEST(no_answer_is_no_credential, here)
{
	static const char *const empty[] = {NULL, "", "+"};
	struct support_pam *p = *state;

	for (size_t i = 0; i < COUNT(empty); i++) {
		assert_int_equal(log_in(p, "sshd", empty[i] ? strdup(empty[i]) : NULL), PAM_AUTH_ERR);
		assert_string_equal(support_pam_reason(p), "no_credential");
		assert_int_equal(p->asked, 1);
	}
}

TEST(a_conversation_that_fails_is_no_credential, here)
{
	static const int errors[] = {PAM_CONV_ERR, PAM_BUF_ERR, PAM_CONV_AGAIN, PAM_ABORT};
	struct support_pam *p = *state;

	for (size_t i = 0; i < COUNT(errors); i++) {
		support_pam_start(p, "sshd", "builder-7");
		support_pam_say(p, "x");
		p->conv_err = errors[i];
		assert_int_equal(authenticate(p), PAM_AUTH_ERR);
		assert_int_equal(p->asked, 1);
		assert_string_equal(support_pam_reason(p), "no_credential");
		p->conv_err = PAM_SUCCESS;
	}
	assert_int_equal(log_in(p, "sshd", support_assertion(p->now)), PAM_SUCCESS);
}

/* ---- who is no agent ---------------------------------------------------------------------- */

TEST(nobody_else_is_asked, here)
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

/* PAM_IGNORE in session: what stands behind the module decides. */
TEST(a_persons_session_is_left_alone, here)
{
	struct support_pam *p = *state;
	char text[512];

	snprintf(text, sizeof(text),
		 "session [success=die ignore=ignore default=die] " TEST_BUILDDIR
		 "/../pam/.libs/pam_agentauth.so statedir=%s\n"
		 "session required pam_permit.so\n",
		 p->site->statedir);
	support_write_file(support_path(p->confdir, "sess"), text, strlen(text));
	support_pam_start(p, "sess", "alice");
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
	assert_null(env(p, "AGENTAUTH_SESSION"));
	support_pam_start(p, "sess", "builder-7");
	assert_int_not_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
}

/* login(1) leaves the question for the name to the first module. */
static char *name_then_credential(struct support_pam *p, unsigned n)
{
	return n == 0 ? strdup("builder-7") : support_assertion(p->now);
}

TEST(a_name_that_is_not_there_yet_is_asked_for, here)
{
	struct support_pam *p = *state;

	support_pam_start(p, "login", NULL);
	p->answer = name_then_credential;
	assert_int_equal(authenticate(p), PAM_SUCCESS);
	assert_int_equal(p->asked, 2);
	assert_int_equal(account(p), PAM_SUCCESS);
}

/* ---- refusals -------------------------------------------------------------------------------- */

static bool is_a_refusal(int err)
{
	static const int never[] = {PAM_SUCCESS,
				    PAM_IGNORE,
				    PAM_SESSION_ERR,
				    PAM_NEW_AUTHTOK_REQD,
				    PAM_AUTHTOK_ERR,
				    PAM_AUTHTOK_EXPIRED,
				    PAM_AUTHTOK_RECOVERY_ERR,
				    PAM_AUTHTOK_LOCK_BUSY,
				    PAM_USER_UNKNOWN,
				    PAM_AUTHTOK_DISABLE_AGING};

	for (size_t i = 0; i < COUNT(never); i++)
		if (err == never[i])
			return false;
	return true;
}

/* Of every refusal the client learns one code and no word; the log learns the reason. */
TEST(every_refusal_looks_alike, here)
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

TEST(suspended_expired_and_retired_agents_look_like_others, here)
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

TEST(a_replayed_assertion_is_refused, here)
{
	struct support_pam *p = *state;
	char *good = support_assertion(p->now);

	assert_int_equal(log_in(p, "sshd", strdup(good)), PAM_SUCCESS);
	assert_int_equal(log_in(p, "sshd", strdup(good)), PAM_AUTH_ERR);
	assert_string_equal(support_pam_reason(p), "replayed");
	free(good);
}

TEST(an_argument_that_is_not_known_refuses_agents_alone, here)
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

TEST(a_missing_registry_refuses_agents_alone, here)
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

TEST(a_registry_full_of_garbage_refuses_agents_alone, here)
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

TEST(a_registry_that_others_may_write_refuses_agents_alone, here)
{
	struct support_pam *p = *state;

	assert_int_equal(chmod(p->site->statedir, 0777), 0);
	check_people_and_agents(p);
	assert_int_equal(chmod(p->site->statedir, 0755), 0);
	assert_int_equal(log_in(p, "sshd", support_assertion(p->now)), PAM_SUCCESS);
}

/* Another source of names comes first and means somebody else by the name: the person's own modules decide. */
TEST(a_person_of_an_agents_name_is_left_to_the_next_module, here)
{
	static const uint32_t uids[] = {1000, SITE_UID + 1};
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
TEST(an_agent_whose_uid_is_also_a_persons_is_refused, here)
{
	struct support_pam *p = *state;

	support_users_name("alice");
	assert_int_equal(log_in(p, "sshd", support_assertion(p->now)), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(account(p), PAM_AUTHINFO_UNAVAIL);
	support_users_name(NULL);
	assert_int_equal(log_in(p, "sshd", support_assertion(p->now)), PAM_SUCCESS);
}

TEST(a_log_that_cannot_be_written_refuses, here)
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

/* ---- account ------------------------------------------------------------------------------------------ */

TEST(account_demands_a_verdict, here)
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
TEST(account_denies_public_keys_of_those_who_may_not, here)
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

TEST(account_reads_everything_again, here)
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
TEST(a_login_that_account_refuses_is_given_up, here)
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
TEST(a_changed_user_is_refused, here)
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
TEST(each_authentication_stands_alone, here)
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

/* ---- session, in one process: login, su ------------------------------------------------------------------- */

TEST(a_session_is_opened_found_and_closed, here)
{
	struct support_pam *p = *state;
	struct aa_session *found = NULL;
	json_t *log;

	assert_int_equal(log_in(p, "login", support_bent_assertion(p->now, "task", "\"tidy up\"")),
			 PAM_SUCCESS);
	assert_int_equal(account(p), PAM_SUCCESS);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
	assert_int_equal(aa_session_find(p->site->rundir, geteuid(), SITE_UID, &found), AA_OK);
	assert_string_equal(found->id, env(p, "AGENTAUTH_SESSION"));
	assert_string_equal(env(p, "AGENTAUTH_TASK"), "tidy up");
	log = support_pam_log(p);
	assert_string_equal(json_string_value(json_object_get(log, "event")), "session-open");
	assert_string_equal(json_string_value(json_object_get(log, "session")), found->id);
	assert_string_equal(json_string_value(json_object_get(log, "task")), "tidy up");
	json_decref(log);
	aa_session_free(found);
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
	assert_int_equal(aa_session_find(p->site->rundir, geteuid(), SITE_UID, &found), AA_NO_SESSION);
	log = support_pam_log(p);
	assert_string_equal(json_string_value(json_object_get(log, "event")), "session-close");
	assert_string_equal(json_string_value(json_object_get(log, "host")), "web01.example.com");
	json_decref(log);
	/* a second time there is nothing to close */
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
	assert_int_equal(support_pam_lines(p), 3);
}

TEST(a_session_without_a_verdict_is_refused, here)
{
	struct support_pam *p = *state;

	support_pam_start(p, "login", "builder-7");
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_PERM_DENIED);
	assert_string_equal(support_pam_reason(p), "no_credential");
	/* nor does a name in the environment help: of nothing, of another's session, of one that is open */
	assert_int_equal(pam_putenv(p->pamh, "AGENTAUTH_SESSION=0123456789abcdef0123456789abcdef"),
			 PAM_SUCCESS);
	support_pam_start(p, "login", "builder-7");
	assert_int_equal(pam_putenv(p->pamh, "AGENTAUTH_SESSION=../../etc/passwd"), PAM_SUCCESS);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_PERM_DENIED);
}

TEST(a_session_past_its_deadline_is_not_opened, here)
{
	struct support_pam *p = *state;
	struct timespec over = {4, 100000000};

	support_set(p->site, "role:audit", "max_session", "4"); /* a busy machine takes its time to log in */
	support_site_publish(p->site);
	assert_int_equal(log_in(p, "login", support_assertion(p->now)), PAM_SUCCESS);
	nanosleep(&over, NULL);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_PERM_DENIED);
	assert_string_equal(support_pam_reason(p), "session_expired");
}

TEST(what_root_starts_is_recorded_and_gives_no_sudo, here)
{
	struct support_pam *p = *state;

	support_pam_start(p, "su", "builder-7");
	assert_int_equal(account(p), PAM_SUCCESS);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
	assert_true(aa_session_id_is_valid(env(p, "AGENTAUTH_SESSION")));
	assert_string_equal(env(p, "AGENTAUTH_ROLES"), "audit"); /* deploy does not list su */
	support_pam_service(p, "sudo", "", NULL, NULL);
	{
		struct support_pam inner = *p;

		inner.pamh = NULL;
		support_pam_start(&inner, "sudo", "builder-7");
		assert_int_equal(account(&inner), PAM_PERM_DENIED);
		assert_string_equal(support_pam_reason(p), "no_session");
		support_pam_end(&inner);
	}
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
}

/* ---- sshd: two processes ----------------------------------------------------------------------------------- */

/* The child of sshd's keyboard-interactive method: auth and account; only the environment comes back. */
static void in_sshds_child(struct support_pam *p, char *credential, char id[64])
{
	int ends[2], status;
	pid_t pid;

	id[0] = '\0';
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		const char *session;

		if (log_in(p, "sshd", credential) != PAM_SUCCESS || account(p) != PAM_SUCCESS)
			_exit(1);
		session = env(p, "AGENTAUTH_SESSION");
		/* without cleanup, as sshd's does */
		_exit(write(ends[1], session, strlen(session) + 1) > 0 ? 0 : 2);
	}
	free(credential);
	close(ends[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_true(read(ends[0], id, 64) > 0);
	close(ends[0]);
}

static void put_session(struct support_pam *p, const char *id)
{
	char text[128];

	snprintf(text, sizeof(text), "AGENTAUTH_SESSION=%s", id);
	assert_int_equal(pam_putenv(p->pamh, text), PAM_SUCCESS);
}

TEST(a_session_is_taken_over_from_sshds_child, here)
{
	struct support_pam *p = *state;
	struct aa_session *found = NULL;
	char id[64];

	in_sshds_child(p, support_bent_assertion(p->now, "scope", "\"audit\""), id);
	support_pam_start(p, "sshd", "builder-7");
	put_session(p, id);
	(void)pam_setcred(p->pamh, PAM_ESTABLISH_CRED); /* groups need root: see below */
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
	assert_string_equal(env(p, "AGENTAUTH_SESSION"), id);
	assert_string_equal(env(p, "AGENTAUTH_ROLES"), "audit");
	assert_int_equal(aa_session_find(p->site->rundir, geteuid(), SITE_UID, &found), AA_OK);
	assert_string_equal(found->id, id);
	aa_session_free(found);
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
}

/* ~/.pam_environment may write what it likes after the first setcred: the id is not read again. */
TEST(the_id_is_read_once, here)
{
	struct support_pam *p = *state;
	char narrow[64], wide[64];

	in_sshds_child(p, support_assertion(p->now), wide);
	in_sshds_child(p, support_bent_assertion(p->now, "scope", "\"audit\""), narrow);
	support_pam_start(p, "sshd", "builder-7");
	put_session(p, narrow);
	(void)pam_setcred(p->pamh, PAM_ESTABLISH_CRED);
	put_session(p, wide);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
	assert_string_equal(env(p, "AGENTAUTH_SESSION"), narrow);
	assert_string_equal(env(p, "AGENTAUTH_ROLES"), "audit");
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
	/* nor is one taken that came only after the first setcred */
	in_sshds_child(p, support_assertion(p->now), wide);
	support_pam_start(p, "sshd", "builder-7");
	(void)pam_setcred(p->pamh, PAM_ESTABLISH_CRED);
	put_session(p, wide);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_PERM_DENIED);
	assert_string_equal(support_pam_reason(p), "unknown_key");
}

/* A session that another process made, or another agent, or that is open, is not borrowed. */
TEST(a_session_is_not_borrowed, here)
{
	struct support_pam *p = *state;
	char id[64];
	int status;
	pid_t pid;

	in_sshds_child(p, support_assertion(p->now), id);
	/* another sshd process than the child's parent */
	pid = fork();
	if (pid == 0) {
		support_pam_start(p, "sshd", "builder-7");
		put_session(p, id);
		(void)pam_setcred(p->pamh, PAM_ESTABLISH_CRED);
		_exit(pam_open_session(p->pamh, 0) == PAM_PERM_DENIED && !env(p, "AGENTAUTH_ROLES") ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	/* another agent */
	support_pam_start(p, "sshd", "other-1");
	put_session(p, id);
	(void)pam_setcred(p->pamh, PAM_ESTABLISH_CRED);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_PERM_DENIED);
	/* the right one, and then once more */
	support_pam_start(p, "sshd", "builder-7");
	put_session(p, id);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
	{
		struct support_pam again = *p;

		again.pamh = NULL;
		support_pam_start(&again, "sshd", "builder-7");
		put_session(&again, id);
		assert_int_equal(pam_open_session(again.pamh, 0), PAM_PERM_DENIED);
		support_pam_end(&again);
	}
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
}

static void put_auth_info(struct support_pam *p, const struct aa_private_key *key, const char *method)
{
	char *ssh = NULL, text[4096];

	assert_int_equal(aa_key_to_ssh(aa_private_key_public(key), &ssh), AA_JOSE_OK);
	snprintf(text, sizeof(text), "SSH_AUTH_INFO_0=%s %s\n", method, ssh);
	assert_int_equal(pam_putenv(p->pamh, text), PAM_SUCCESS);
	free(ssh);
}

static int open_with_key(struct support_pam *p, unsigned n, const char *method)
{
	int err;

	support_pam_start(p, "sshd", "builder-7");
	assert_int_equal(account(p), PAM_SUCCESS);
	(void)pam_setcred(p->pamh, PAM_ESTABLISH_CRED);
	put_auth_info(p, support_key(AA_ALG_ES256, n), method);
	err = pam_open_session(p->pamh, 0);
	if (err == PAM_SUCCESS)
		assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
	return err;
}

TEST(a_public_key_opens_its_entrys_session, here)
{
	struct support_pam *p = *state;

	assert_int_equal(open_with_key(p, 0, "publickey"), PAM_SUCCESS);
	assert_int_equal(open_with_key(p, 1, "publickey"), PAM_PERM_DENIED);
	assert_string_equal(support_pam_reason(p), "unknown_key");
	assert_int_equal(open_with_key(p, 0, "hostbased"), PAM_PERM_DENIED);
	assert_int_equal(aa_decision_revoke_kid(p->site->statedir, "k1", "root", NULL, p->now), 0);
	assert_int_equal(open_with_key(p, 0, "publickey"), PAM_PERM_DENIED);
	assert_string_equal(support_pam_reason(p), "revoked");
	support_pam_start(p, "sshd", "builder-7");
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_PERM_DENIED); /* nothing at all */
}

TEST(a_bound_token_wants_this_connections_key, here)
{
	struct support_pam *p = *state;
	char jkt[44], cnf[128], *token;

	assert_int_equal(aa_key_thumbprint(aa_private_key_public(support_key(AA_ALG_ES256, 0)), jkt),
			 AA_JOSE_OK);
	snprintf(cnf, sizeof(cnf), "{\"jkt\":\"%s\"}", jkt);
	for (unsigned n = 0; n < 2; n++) {
		token = support_bent_token(p->now, "cnf", cnf);
		support_pam_start(p, "sshd", "builder-7");
		put_auth_info(p, support_key(AA_ALG_ES256, n), "publickey");
		support_pam_say(p, token);
		assert_int_equal(authenticate(p), n == 0 ? PAM_SUCCESS : PAM_AUTH_ERR);
		assert_string_equal(support_pam_reason(p), n == 0 ? "ok" : "proof_required");
		free(token);
	}
}

TEST(a_hosts_name_gives_way_to_the_connections_address, here)
{
	struct support_pam *p = *state;
	char *good;

	support_set(p->site, "agent:builder-7", "sources", "[\"10.0.0.0/8\"]");
	support_site_publish(p->site);
	for (int i = 0; i < 3; i++) {
		good = support_assertion(p->now);
		support_pam_start(p, "sshd", "builder-7");
		assert_int_equal(pam_set_item(p->pamh, PAM_RHOST, "client.example.com"), PAM_SUCCESS);
		if (i)
			assert_int_equal(
			    pam_putenv(p->pamh, i == 1 ? "SSH_CONNECTION=10.1.2.3 50000 10.0.0.1 22"
						       : "SSH_CONNECTION=192.0.2.3 50000 10.0.0.1 22"),
			    PAM_SUCCESS);
		support_pam_say(p, good);
		assert_int_equal(authenticate(p), i == 1 ? PAM_SUCCESS : PAM_AUTH_ERR);
		assert_string_equal(support_pam_reason(p), i == 1 ? "ok" : "source_denied");
		free(good);
	}
}

/* ---- sudo ---------------------------------------------------------------------------------------------------- */

static int sudo_account(const struct support_pam *p)
{
	struct support_pam inner = *p;
	int err;

	inner.pamh = NULL;
	support_pam_start(&inner, "sudo", "builder-7");
	support_pam_say(&inner, "secret");
	err = account(&inner);
	assert_int_equal(inner.asked, 0); /* never */
	assert_null(env(&inner, "AGENTAUTH_SESSION"));
	support_pam_end(&inner);
	return err;
}

TEST(sudo_asks_nothing_and_goes_by_the_session, here)
{
	struct support_pam *p = *state;
	json_t *log;

	assert_int_equal(sudo_account(p), PAM_PERM_DENIED);
	assert_string_equal(support_pam_reason(p), "no_session");
	assert_int_equal(log_in(p, "login", support_assertion(p->now)), PAM_SUCCESS);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
	assert_int_equal(sudo_account(p), PAM_SUCCESS);
	log = support_pam_log(p);
	assert_string_equal(json_string_value(json_object_get(log, "event")), "sudo");
	assert_string_equal(json_string_value(json_object_get(log, "result")), "ok");
	assert_string_equal(json_string_value(json_object_get(log, "session")), env(p, "AGENTAUTH_SESSION"));
	assert_non_null(json_object_get(log, "command"));
	json_decref(log);
	assert_int_equal(aa_decision_suspend(p->site->statedir, "builder-7", "root", "x", p->now), 0);
	assert_int_equal(sudo_account(p), PAM_PERM_DENIED);
	assert_int_equal(aa_decision_resume(p->site->statedir, "builder-7"), 0);
	assert_int_equal(sudo_account(p), PAM_SUCCESS);
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
	assert_int_equal(sudo_account(p), PAM_PERM_DENIED);
}

/* What a child of this process ends with, which would be sudo's command. */
static int fork_command(void)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* sudo may have been stopped since account said yes: its target's session and its command ask again, whoever the target is. */
TEST(what_sudo_starts_is_looked_at_again, here)
{
	struct support_pam *p = *state, inner = *p;
	unsigned lines;

	assert_int_equal(log_in(p, "login", support_assertion(p->now)), PAM_SUCCESS);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
	inner.pamh = NULL;
	support_pam_start(&inner, "sudo", "builder-7");
	assert_int_equal(account(&inner), PAM_SUCCESS);
	assert_int_equal(pam_set_item(inner.pamh, PAM_USER, "root"), PAM_SUCCESS);
	lines = support_pam_lines(p);
	(void)pam_open_session(inner.pamh, 0); /* left to the next module, of which there is none */
	assert_int_equal(fork_command(), 0);
	assert_int_equal(support_pam_lines(p), lines);
	assert_int_equal(inner.errors, 0);
	assert_int_equal(aa_decision_suspend(p->site->statedir, "builder-7", "root", "x", p->now), 0);
	assert_int_equal(pam_open_session(inner.pamh, 0), PAM_PERM_DENIED);
	assert_int_equal(inner.errors, 1);
	assert_string_equal(support_pam_reason(p), "agent_suspended");
	assert_int_equal(support_pam_lines(p), lines + 1);
	assert_int_equal(fork_command(), 1);
	assert_int_equal(support_pam_lines(p), lines + 2);
	support_pam_end(&inner);
	assert_int_equal(fork_command(), 0); /* which is no sudo's any more */
}

/* A rule that asks people for a password: sudo comes by auth then, which never says yes to an agent. */
TEST(sudo_that_asks_for_a_password_is_refused_inside_a_session_too, here)
{
	struct support_pam *p = *state;
	struct support_pam inner = *p;

	inner.pamh = NULL;
	support_pam_start(&inner, "sudo", "builder-7");
	support_pam_say(&inner, "secret");
	assert_int_equal(authenticate(&inner), PAM_AUTH_ERR);
	assert_string_equal(support_pam_reason(p), "no_session");
	assert_int_equal(log_in(p, "login", support_assertion(p->now)), PAM_SUCCESS);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
	assert_int_equal(authenticate(&inner), PAM_AUTH_ERR);
	assert_string_equal(support_pam_reason(p), "role_denied");
	assert_int_equal(inner.asked, 0); /* never */
	assert_true(inner.errors > 0);	  /* but told */
	assert_int_equal(account(&inner), PAM_SUCCESS);
	support_pam_start(&inner, "sudo", "alice");
	support_pam_say(&inner, "secret");
	assert_int_equal(pam_authenticate(inner.pamh, 0), PAM_USER_UNKNOWN);
	support_pam_end(&inner);
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
}

/* In a child, as root: what account says of this user's sudo to a process with this real uid and gid. */
static int account_with(struct support_pam *p, const char *service, const char *user, uid_t uid, gid_t gid)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		support_pam_start(p, service, user);
		if (setgroups(1, &gid) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, 0, 0) < 0)
			_exit(98);
		_exit(pam_acct_mgmt(p->pamh, 0));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

TEST(a_person_with_a_roles_group_gets_no_sudo, here)
{
	struct support_pam *p = *state;
	unsigned lines = support_pam_lines(p);
	json_t *log;

	if (getuid() != 0)
		skip();
	assert_int_equal(account_with(p, "sudo", "alice", 1000, 1000), PAM_USER_UNKNOWN);
	assert_int_equal(account_with(p, "su", "alice", 1000, SITE_GID_DEPLOY), PAM_USER_UNKNOWN);
	assert_int_equal(account_with(p, "sudo", "root", 0, SITE_GID_DEPLOY), PAM_USER_UNKNOWN);
	assert_int_equal(support_pam_lines(p), lines);
	assert_int_equal(account_with(p, "sudo", "alice", 1000, SITE_GID_DEPLOY), PAM_PERM_DENIED);
	assert_int_equal(support_pam_lines(p), lines + 1);
	log = support_pam_log(p);
	assert_string_equal(json_string_value(json_object_get(log, "event")), "sudo");
	assert_string_equal(json_string_value(json_object_get(log, "reason")), "group_denied");
	assert_string_equal(json_string_value(json_array_get(json_object_get(log, "roles"), 0)), "deploy");
	assert_int_equal(json_integer_value(json_object_get(log, "uid")), 1000);
	assert_null(json_object_get(log, "agent"));
	assert_non_null(json_object_get(log, "command"));
	json_decref(log);
}

/* In a child, as root: auth of su for `user`, with this credential, to a process with this real uid. */
static int su_by(struct support_pam *p, const char *user, uid_t uid, char *credential)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		support_pam_start(p, "su", user);
		support_pam_say(p, credential);
		if (pam_set_item(p->pamh, PAM_RHOST, NULL) != PAM_SUCCESS || setresuid(uid, 0, 0) < 0)
			_exit(98);
		_exit(pam_authenticate(p->pamh, 0));
	}
	free(credential);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* su has no address: who is an agent comes from where its session came from. */
TEST(an_agents_su_comes_from_where_its_session_came_from, here)
{
	struct support_pam *p = *state;

	if (getuid() != 0)
		skip();
	support_set(p->site, "role:audit", "sources", "[\"192.0.2.0/24\"]");
	support_site_publish(p->site);
#define AUDIT support_bent_assertion(p->now, "scope", "\"audit\"")
	/* a person, as ever; an agent outside of a session comes from nowhere */
	assert_int_equal(su_by(p, "builder-7", 1000, AUDIT), PAM_SUCCESS);
	assert_int_equal(su_by(p, "builder-7", SITE_UID, AUDIT), PAM_AUTH_ERR);
	assert_string_equal(support_pam_reason(p), "source_denied");
	/* in a session from 10.1.2.3, which the role does not list */
	assert_int_equal(log_in(p, "sshd", support_bent_assertion(p->now, "scope", "\"deploy\"")),
			 PAM_SUCCESS);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
	assert_int_equal(su_by(p, "builder-7", SITE_UID, AUDIT), PAM_AUTH_ERR);
	assert_string_equal(support_pam_reason(p), "source_denied");
	/* the control: the role lists it */
	support_set(p->site, "role:audit", "sources", "[\"10.1.2.0/24\"]");
	support_site_publish(p->site);
	assert_int_equal(su_by(p, "builder-7", SITE_UID, AUDIT), PAM_SUCCESS);
	/* and the agent itself does not */
	support_set(p->site, "agent:builder-7", "sources", "[\"192.0.2.0/24\"]");
	support_site_publish(p->site);
	assert_int_equal(su_by(p, "builder-7", SITE_UID, AUDIT), PAM_AUTH_ERR);
	assert_string_equal(support_pam_reason(p), "source_denied");
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
#undef AUDIT
}

/* rootpw, targetpw and runaspw have sudo ask PAM about another user than the caller. */
TEST(an_agents_sudo_is_an_agents_whomever_sudo_asks_about, here)
{
	struct support_pam *p = *state;

	if (getuid() != 0)
		skip();
	assert_int_equal(account_with(p, "sudo", "root", SITE_UID, SITE_UID), PAM_PERM_DENIED);
	assert_string_equal(support_pam_reason(p), "no_session");
	assert_int_equal(account_with(p, "sudo", "alice", SITE_UID, SITE_GID_DEPLOY), PAM_PERM_DENIED);
	assert_string_equal(support_pam_reason(p), "no_session");
	assert_int_equal(log_in(p, "login", support_assertion(p->now)), PAM_SUCCESS);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
	assert_int_equal(account_with(p, "sudo", "root", SITE_UID, SITE_GID_AUDIT), PAM_SUCCESS);
	assert_int_equal(account_with(p, "sudo", "root", SITE_UID, SITE_GID_DEPLOY), PAM_PERM_DENIED);
	assert_string_equal(support_pam_reason(p),
			    "role_denied"); /* the session's roles are those that admit login */
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
	/* a person's goes on to the next module, as ever */
	assert_int_equal(account_with(p, "sudo", "root", 1000, 1000), PAM_USER_UNKNOWN);
}

/* Of another source of names: the agent itself is refused by then, and its sessions end. */
TEST(a_person_with_an_agents_uid_keeps_sudo, here)
{
	struct support_pam *p = *state;

	if (getuid() != 0)
		skip();
	support_users_name("carol");
	assert_int_equal(account_with(p, "sudo", "carol", SITE_UID, 20001), PAM_USER_UNKNOWN);
	assert_int_equal(account_with(p, "sudo", "builder-7", SITE_UID, 20001), PAM_AUTHINFO_UNAVAIL);
	support_users_name(NULL);
	assert_int_equal(account_with(p, "sudo", "carol", SITE_UID, 20001), PAM_PERM_DENIED);
}

/* Another source comes first and has a person of the name: the agent's process is no person's by that. */
TEST(an_agent_that_asks_by_a_persons_name_is_refused, here)
{
	struct support_pam *p = *state;

	if (getuid() != 0)
		skip();
	support_users_uid(20001);
	assert_int_equal(account_with(p, "sudo", "builder-7", 20001, 20001), PAM_USER_UNKNOWN);
	assert_int_equal(account_with(p, "sudo", "builder-7", SITE_UID, 20001), PAM_AUTHINFO_UNAVAIL);
	support_users_uid(0);
}

TEST(services_of_the_argument_go_by_the_session_and_no_others, here)
{
	struct support_pam *p = *state;

	support_pam_service(p, "other", "session=doas,other", NULL, NULL);
	support_pam_service(p, "sudo", "session=other", NULL, NULL);
	support_pam_start(p, "other", "builder-7");
	support_pam_say(p, "x");
	assert_int_equal(authenticate(p), PAM_AUTH_ERR);
	assert_int_equal(p->asked, 0);
	support_pam_start(p, "sudo", "builder-7");
	support_pam_say(p, "x");
	assert_int_equal(authenticate(p), PAM_AUTH_ERR);
	assert_int_equal(p->asked, 1);
}

/* As sudo -u builder-7, by somebody: a session of its own, on that person's behalf, for those of the list. */
static int start_by(struct support_pam *p, const char *person)
{
	support_pam_start(p, "sudo", "alice");
	assert_int_equal(pam_set_item(p->pamh, PAM_USER, "builder-7"), PAM_SUCCESS);
	if (person)
		assert_int_equal(pam_set_item(p->pamh, PAM_RUSER, person), PAM_SUCCESS);
	return pam_open_session(p->pamh, 0);
}

TEST(a_person_of_the_list_starts_an_agent, here)
{
	struct support_pam *p = *state;

	assert_int_equal(start_by(p, "alice"), PAM_SUCCESS);
	assert_string_equal(env(p, "AGENTAUTH_ON_BEHALF_OF"), "alice");
	assert_string_equal(env(p, "AGENTAUTH_ROLES"), "deploy");
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
	assert_int_equal(start_by(p, "bob"), PAM_PERM_DENIED);
	assert_string_equal(support_pam_reason(p), "delegation_denied");
	assert_int_equal(start_by(p, NULL), PAM_PERM_DENIED);
	assert_int_equal(start_by(p, "other-1"), PAM_PERM_DENIED);
	assert_int_equal(start_by(p, "root"), PAM_SUCCESS);
	assert_null(env(p, "AGENTAUTH_ON_BEHALF_OF"));
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
}

/* ---- setcred ---------------------------------------------------------------------------------------------------- */

/* In a child, as root: the groups after setcred, space-separated. */
static void groups_after_setcred(struct support_pam *p, const gid_t *before, size_t n, char *ret, size_t cap)
{
	int ends[2], status;
	pid_t pid;
	ssize_t len;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		gid_t list[64];
		char text[512] = "";
		int k;

		if (setgroups(n, before) < 0 || pam_setcred(p->pamh, PAM_ESTABLISH_CRED) != PAM_SUCCESS)
			_exit(1);
		k = getgroups(64, list);
		for (int i = 0; i < k; i++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u", i ? " " : "",
				 list[i]);
		_exit(write(ends[1], text, strlen(text)) == (ssize_t)strlen(text) ? 0 : 2);
	}
	close(ends[1]);
	len = read(ends[0], ret, cap - 1);
	ret[len > 0 ? len : 0] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

TEST(setcred_adds_the_groups_of_the_logins_roles, here)
{
	static const gid_t base[] = {70007, 99999};
	struct support_pam *p = *state;
	char text[512];

	if (getuid() != 0)
		skip();
	assert_int_equal(log_in(p, "sshd", support_bent_assertion(p->now, "scope", "\"deploy\"")),
			 PAM_SUCCESS);
	groups_after_setcred(p, base, 2, text, sizeof(text));
	assert_string_equal(text, "70007 99001 99999"); /* the kernel sorts */
	assert_int_equal(log_in(p, "sshd", support_assertion(p->now)), PAM_SUCCESS);
	groups_after_setcred(p, base, 2, text, sizeof(text));
	assert_string_equal(text, "70007 99001 99002 99999");
	/* nothing twice, and never an empty list */
	groups_after_setcred(p, (const gid_t[]){99001}, 1, text, sizeof(text));
	assert_string_equal(text, "99001 99002");
	support_pam_start(p, "sshd", "builder-7");
	groups_after_setcred(p, NULL, 0, text, sizeof(text));
	assert_string_equal(text, "");
	/* what root starts has the entry's, of the roles that admit the service */
	support_pam_start(p, "su", "builder-7");
	groups_after_setcred(p, base, 2, text, sizeof(text));
	assert_string_equal(text, "70007 99002 99999");
	groups_after_setcred(p, NULL, 0, text, sizeof(text));
	assert_string_equal(text, "99002");
}

/* A verdict on one user adds no group to another. */
TEST(setcred_adds_nothing_for_a_changed_user, here)
{
	struct support_pam *p = *state;

	assert_int_equal(log_in(p, "login", support_assertion(p->now)), PAM_SUCCESS);
	assert_int_equal(pam_set_item(p->pamh, PAM_USER, "other-1"), PAM_SUCCESS);
	assert_int_equal(pam_setcred(p->pamh, PAM_ESTABLISH_CRED), PAM_CRED_ERR);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_PERM_DENIED);
}

TEST(setcred_takes_nothing_away, here)
{
	struct support_pam *p = *state;
	gid_t before[256], after[256];
	int n = getgroups(256, before);

	assert_int_equal(log_in(p, "login", support_assertion(p->now)), PAM_SUCCESS);
	assert_int_equal(pam_setcred(p->pamh, PAM_DELETE_CRED), PAM_SUCCESS);
	assert_int_equal(pam_setcred(p->pamh, PAM_REFRESH_CRED), PAM_SUCCESS);
	assert_int_equal(getgroups(256, after), n);
	assert_memory_equal(before, after, (size_t)n * sizeof(gid_t));
}

/* ---- password ------------------------------------------------------------------------------------------------------ */

TEST(agents_have_no_password_to_change, here)
{
	struct support_pam *p = *state;

	support_pam_start(p, "login", "builder-7");
	assert_int_equal(pam_chauthtok(p->pamh, 0), PAM_PERM_DENIED);
	assert_int_equal(p->errors, 1);
	assert_int_equal(p->asked, 0);
	p->errors = 0;
	assert_int_equal(pam_chauthtok(p->pamh, PAM_SILENT), PAM_PERM_DENIED);
	assert_int_equal(p->errors, 0);
	support_pam_start(p, "login", "alice");
	assert_int_equal(pam_chauthtok(p->pamh, 0), PAM_USER_UNKNOWN);
	assert_int_equal(p->errors, 0);
}

/* ---- PAM_AUTHTOK ------------------------------------------------------------------------------------------------------ */

static int with_authtok(struct support_pam *p, const char *args, const char *token, char *answer)
{
	char before[512];
	int err;

	snprintf(before, sizeof(before), TEST_BUILDDIR "/.libs/support_pam_module.so authtok=%s/token",
		 p->site->dir);
	if (token)
		support_write_file(support_path(p->site->dir, "token"), token, strlen(token));
	support_pam_service(p, "first", args, token ? before : NULL, NULL);
	err = log_in(p, "first", answer);
	return err;
}

TEST(an_earlier_modules_answer_is_used_where_that_is_asked_for, here)
{
	struct support_pam *p = *state;
	char *good = support_assertion(p->now);

	assert_int_equal(with_authtok(p, "use_first_pass", good, strdup("x")), PAM_SUCCESS);
	assert_int_equal(p->asked, 0);
	free(good);
	assert_int_equal(with_authtok(p, "use_first_pass", "hunter2", support_assertion(p->now)),
			 PAM_AUTH_ERR);
	assert_int_equal(p->asked, 0);
	assert_int_equal(with_authtok(p, "use_first_pass", NULL, support_assertion(p->now)), PAM_AUTH_ERR);
	assert_int_equal(p->asked, 0);
	assert_string_equal(support_pam_reason(p), "no_credential");
	good = support_assertion(p->now);
	assert_int_equal(with_authtok(p, "try_first_pass", good, strdup("x")), PAM_SUCCESS);
	assert_int_equal(p->asked, 0);
	free(good);
	assert_int_equal(with_authtok(p, "try_first_pass", "hunter2", support_assertion(p->now)),
			 PAM_SUCCESS);
	assert_int_equal(p->asked, 1);
	assert_int_equal(with_authtok(p, "try_first_pass", NULL, support_assertion(p->now)), PAM_SUCCESS);
	assert_int_equal(with_authtok(p, "", "hunter2", support_assertion(p->now)), PAM_SUCCESS);
	assert_int_equal(p->asked, 1);
}

TEST(the_credential_is_not_left_for_the_next_module, here)
{
	struct support_pam *p = *state;
	char behind[512], *told;
	size_t len;

	snprintf(behind, sizeof(behind), TEST_BUILDDIR "/.libs/support_pam_module.so tell=%s/told",
		 p->site->dir);
	support_pam_service(p, "tell", "", NULL, behind);
	assert_int_equal(log_in(p, "tell", support_assertion(p->now)), PAM_SUCCESS);
	told = support_read_file(support_path(p->site->dir, "told"), &len);
	assert_string_equal(told, "unset");
	free(told);
}

/* ---- what is left behind ------------------------------------------------------------------------------------------- */

#define MASK 0x55

static char *unmask(struct support_pam *p, unsigned n)
{
	char *text = malloc(p->masked_len + 1);

	(void)n;
	for (size_t i = 0; i < p->masked_len; i++)
		text[i] = (char)(p->masked[i] ^ MASK);
	text[p->masked_len] = '\0';
	return text;
}

/* The credential is made by a child, so that making it leaves no copy here; it comes masked. */
static void hide_assertion(struct support_pam *p, int64_t now)
{
	char *credential;
	int ends[2], status;
	size_t len;
	pid_t pid;
	ssize_t n;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		credential = support_assertion(now);
		len = strlen(credential);
		for (size_t i = 0; i < len; i++)
			credential[i] ^= MASK;
		_exit(write(ends[1], credential, len) < 0);
	}
	close(ends[1]);
	p->masked_len = 0;
	while ((n = read(ends[0], p->masked + p->masked_len, sizeof(p->masked) - p->masked_len)) > 0)
		p->masked_len += (size_t)n;
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(p->masked_len > 100);
}

/* How often 24 bytes of the masked credential's signature stand in what this process may write to. */
static unsigned copies_in_memory(const struct support_pam *p)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	unsigned found = 0;
	char line[512], perms[8];
	unsigned long from, to;
	static unsigned char page[1 << 16];
	const unsigned char *tail = (const unsigned char *)p->masked + p->masked_len - 40;

	assert_true(maps && mem >= 0);
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %7s", &from, &to, perms) != 3 || perms[1] != 'w' ||
		    strstr(line, "[v"))
			continue;
		if (to - from > UINT32_C(1) << 30)
			continue; /* a sanitizer's own terabytes: to read them is to fill the machine */
		for (; from < to; from += sizeof(page) - 64) {
			size_t want = to - from < sizeof(page) ? to - from : sizeof(page);
			ssize_t n = pread(mem, page, want, (off_t)from);

			for (ssize_t i = 0; i + 24 <= n; i++) {
				size_t k = 0;

				while (k < 24 && (page[i + (ssize_t)k] ^ MASK) == tail[k])
					k++;
				found += k == 24 && (from + (size_t)i < (size_t)page ||
						     from + (size_t)i >= (size_t)page + sizeof(page));
			}
		}
	}
	fclose(maps);
	close(mem);
	return found;
}

TEST(no_copy_of_a_credential_stays_in_memory, here)
{
	struct support_pam *p = *state;
	char *control;

	support_pam_start(p, "sshd", "builder-7");
	hide_assertion(p, p->now);
	assert_int_equal(copies_in_memory(p), 0);
	control = unmask(p, 0);
	assert_true(copies_in_memory(p) > 0); /* a copy is found where there is one */
	explicit_bzero(control, strlen(control));
	free(control);
	assert_int_equal(copies_in_memory(p), 0);
	p->answer = unmask;
	assert_int_equal(authenticate(p), PAM_SUCCESS);
	assert_int_equal(copies_in_memory(p), 0);
	assert_int_equal(account(p), PAM_SUCCESS);
	assert_int_equal(copies_in_memory(p), 0);
	/* one that is refused, too */
	hide_assertion(p, p->now - 1000);
	support_pam_start(p, "sshd", "builder-7");
	assert_int_equal(authenticate(p), PAM_AUTH_ERR);
	assert_int_equal(copies_in_memory(p), 0);
}

/* Neither in the log nor in the environment nor in the session's record. */
TEST(no_part_of_a_credential_is_written_down, here)
{
	struct support_pam *p = *state;
	char *good = support_assertion(p->now), *forged, command[1024], *text;
	size_t len;

	forged = support_sign(
	    support_bend(support_assertion_claims("builder-7", p->now), "aud", "\"evil\\nresult: ok\""),
	    AA_ALG_ES256, support_key(AA_ALG_ES256, 0), "k1", "JWT");
	assert_int_equal(log_in(p, "sshd", strdup(good)), PAM_SUCCESS);
	assert_int_equal(log_in(p, "sshd", strdup(forged)), PAM_AUTH_ERR);
	snprintf(command, sizeof(command), "grep -rqF -e %.30s -e %.30s %s", strrchr(good, '.') + 1,
		 strrchr(forged, '.') + 1, p->site->dir);
	assert_int_not_equal(system(command), 0);
	text = support_read_file(support_path(p->site->logdir, "audit.jsonl"), &len);
	assert_null(strstr(text, "evil"));
	free(text);
	free(good);
	free(forged);
}

static int open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

TEST(no_descriptor_stays_open_after_a_phase, here)
{
	struct support_pam *p = *state;
	int before;

	assert_int_equal(log_in(p, "login", support_assertion(p->now)),
			 PAM_SUCCESS); /* libraries are loaded */
	before = open_descriptors();
#define SAME(call) \
	do { \
		(void)(call); \
		assert_int_equal(open_descriptors(), before); \
	} while (0)
	SAME(log_in(p, "login", support_assertion(p->now)));
	SAME(account(p));
	SAME(pam_setcred(p->pamh, PAM_ESTABLISH_CRED));
	SAME(pam_open_session(p->pamh, 0));
	SAME(sudo_account(p));
	SAME(pam_close_session(p->pamh, 0));
	SAME(pam_chauthtok(p->pamh, 0));
	SAME(log_in(p, "login", support_assertion(p->now - 5000)));
	SAME(log_in(p, "login", support_bent_token(p->now, "", NULL)));
	support_pam_start(p, "sshd", "retired-1");
	SAME(authenticate(p));
	SAME(account(p));
	support_pam_start(p, "sshd", "alice");
	SAME(authenticate(p));
	assert_int_equal(rename(p->site->statedir, support_path(p->site->dir, "aside")), 0);
	SAME(log_in(p, "login", support_assertion(p->now)));
	assert_int_equal(rename(support_path(p->site->dir, "aside"), p->site->statedir), 0);
#undef SAME
}

static long resident_kib(void)
{
	char text[256] = "";
	long size, resident;
	FILE *f = fopen("/proc/self/statm", "re");

	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	fclose(f);
	assert_int_equal(sscanf(text, "%ld %ld", &size, &resident), 2);
	return resident * sysconf(_SC_PAGESIZE) / 1024;
}

/* Each handle loads the module anew, and lets go of it. */
TEST(a_thousand_handles_leave_nothing, here)
{
	struct support_pam *p = *state;
	long before = 0;
	int descriptors = 0;

	for (int i = 0; i < 1000; i++) {
		if (i == 200) {
			before = resident_kib();
			descriptors = open_descriptors();
		}
		if (i % 10 == 0) {
			assert_int_equal(log_in(p, "login", support_assertion(p->now)), PAM_SUCCESS);
			assert_int_equal(account(p), PAM_SUCCESS);
			assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
			assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
		} else {
			support_pam_start(p, "login", i % 3 ? "alice" : "builder-7");
			(void)authenticate(p);
		}
		support_pam_end(p);
	}
	assert_int_equal(open_descriptors(), descriptors);
#if !defined(__SANITIZE_ADDRESS__) /* its quarantine grows */
	assert_true(resident_kib() - before < 1024);
#else
	(void)before;
#endif
}

/* Names that look like ours in PAM's environment before us mean nothing. */
TEST(the_environment_chooses_nothing, here)
{
	struct support_pam *p = *state;
	char *good = support_assertion(p->now);

	setenv("AGENTAUTH_SESSION", "0123456789abcdef0123456789abcdef", 1);
	setenv("OPENSSL_CONF", "/nonexistent", 1);
	support_pam_start(p, "sshd", "builder-7");
	assert_int_equal(pam_putenv(p->pamh, "AGENTAUTH_ROLES=root"), PAM_SUCCESS);
	assert_int_equal(pam_putenv(p->pamh, "AGENTAUTH_ON_BEHALF_OF=root"), PAM_SUCCESS);
	assert_int_equal(pam_putenv(p->pamh, "AI_AGENT=other-1"), PAM_SUCCESS);
	assert_int_equal(pam_putenv(p->pamh, "AI_AGENT_OPERATOR=root"), PAM_SUCCESS);
	support_pam_say(p, good);
	assert_int_equal(authenticate(p), PAM_SUCCESS);
	assert_string_equal(env(p, "AI_AGENT"), "builder-7");
	assert_null(env(p, "AI_AGENT_OPERATOR"));
	assert_string_equal(env(p, "AGENTAUTH_ROLES"), "deploy,audit");
	assert_null(env(p, "AGENTAUTH_ON_BEHALF_OF")); /* taken out: nobody else's word stands there */
	unsetenv("AGENTAUTH_SESSION");
	unsetenv("OPENSSL_CONF");
	free(good);
}

TEST(the_log_of_all_this_is_one_chain, here)
{
	struct support_pam *p = *state;
	struct aa_audit_check check;

	assert_int_equal(log_in(p, "login", support_assertion(p->now)), PAM_SUCCESS);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
	(void)sudo_account(p);
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
	(void)log_in(p, "login", strdup("x"));
	assert_int_equal(aa_audit_verify(support_path(p->site->logdir, "audit.jsonl"), NULL, &check), 0);
	assert_int_equal(check.bad_line, 0);
	assert_true(check.lines >= 5);
}

/* Three from one address, and the fourth is not listened to; it looks as the others did. */
TEST(too_many_failures_from_one_address_are_not_listened_to, here)
{
	struct support_pam *p = *state;
	unsigned prompts;

	support_set(p->site, "host", "max_failures", "3");
	support_site_publish(p->site);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(
		    log_in(p, "sshd", support_bent_assertion(p->now, "aud", "\"ssh://elsewhere\"")),
		    PAM_AUTH_ERR);
		assert_string_equal(support_pam_reason(p), "wrong_audience");
	}
	prompts = p->asked;
	assert_int_equal(log_in(p, "sshd", support_assertion(p->now)), PAM_AUTH_ERR);
	assert_string_equal(support_pam_reason(p), "rate_limited");
	assert_int_equal(p->asked, prompts);
	/* from elsewhere the agent comes in */
	support_pam_start(p, "sshd", "builder-7");
	assert_int_equal(pam_set_item(p->pamh, PAM_RHOST, "10.1.2.4"), PAM_SUCCESS);
	{
		char *good = support_assertion(p->now);

		support_pam_say(p, good);
		assert_int_equal(authenticate(p), PAM_SUCCESS);
		free(good);
		p->answers = NULL;
		p->n_answers = 0;
	}
	/* no answer at all is no failure of this kind */
	support_set(p->site, "host", "max_failures", "1");
	support_site_publish(p->site);
	for (int i = 0; i < 2; i++) {
		support_pam_start(p, "sshd", "other-1");
		assert_int_equal(authenticate(p), PAM_AUTH_ERR);
		assert_string_equal(support_pam_reason(p), "no_credential");
	}
}
