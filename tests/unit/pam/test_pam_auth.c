/* SPDX-License-Identifier: Apache-2.0 */
/* test_pam_auth.c: a login, and the answer in its parts. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/jose.h"
#include "common/state/session_id.h"
#include "tests/unit/pam/pam_steps.h"
#include "tests/unit/support/support_pam.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"

/* ---- a login ---------------------------------------------------------------------- */

TEST(a_good_assertion_logs_in, pam)
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
	assert_member(log, "event", "auth");
	assert_member(log, "agent", "builder-7");
	assert_member(log, "service", "sshd");
	assert_member(log, "rhost", "10.1.2.3");
	assert_member(log, "kind", "assertion");
	assert_member(log, "kid", "k1");
	assert_member(log, "alg", "ES256");
	assert_member(log, "session", env(p, "AGENTAUTH_SESSION"));
	assert_int_equal(json_integer_value(json_object_get(log, "uid")), SITE_UID);
	assert_non_null(json_object_get(log, "micros"));
	json_decref(log);
	assert_int_equal(account(p), PAM_SUCCESS);
	assert_int_equal(support_pam_lines(p), 1); /* a login's yes is logged once */
}

TEST(a_delegated_token_tells_for_whom, pam)
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
	assert_member(log, "on_behalf_of", "user-alice");
	assert_member(log, "issuer", "corp");
	assert_member(log, "scope", "host.deploy");
	assert_int_equal(json_array_size(json_object_get(log, "actors")), 2);
	json_decref(log);
}

/* A token that is past its exp for so long logs in, or is refused at once: never first the one, then the other. It is a
 * short one, since what was issued before process 1 began is refused, and in a container that is not long ago. */
TEST(a_token_within_the_skew_has_one_verdict_in_every_phase, pam)
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
	assert_member(log, "claim", "exp");
	json_decref(log);
}

/* On Debian a stack has the module by a line of its own and by one of a common file. */
TEST(a_second_line_of_the_stack_opens_no_second_session, pam)
{
	struct support_pam *p = *state;

	assert_int_equal(log_in(p, "sshd", support_assertion(p->now)), PAM_SUCCESS);
	assert_int_equal(account(p), PAM_SUCCESS);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_close_session(p->pamh, 0), PAM_SUCCESS);
	assert_int_not_equal(pam_open_session(p->pamh, 0), PAM_SUCCESS);
}

#define NONCE_LEN (int)(sizeof("password-") - 1 + 22)

TEST(the_prompt_is_of_version_one, pam)
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

TEST(the_prompts_nonce_is_held_against_the_assertions, pam)
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

TEST(an_answer_comes_in_parts, pam)
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

TEST(a_line_end_or_blank_behind_an_answer_is_no_part_of_it, pam)
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
TEST(answers_of_every_length_are_taken, pam)
{
	static const size_t sizes[] = {511, 512, 1023, 1024, 4095, 4096, 16383, 16384};
	struct support_pam *p = *state;

	for (size_t i = 0; i < COUNT(sizes); i++) {
		assert_int_equal(log_in(p, "sshd", assertion_of(p, sizes[i])), PAM_SUCCESS);
		assert_int_equal(in_parts_of(p, 511, assertion_of(p, sizes[i])), PAM_SUCCESS);
	}
}

TEST(an_answer_that_a_client_cut_is_called_truncated, pam)
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

/* Whole bytes of the signature are left, so nothing else tells that it was cut. */
TEST(an_answer_that_was_cut_within_its_signature_is_called_truncated, pam)
{
	static const size_t cuts[] = {512, 1022, 1023};
	struct support_pam *p = *state;
	unsigned tried = 0;

	for (size_t i = 0; i < COUNT(cuts); i++) {
		char *good = assertion_of(p, cuts[i] + 10);

		/* 86 digits, of which four are three bytes; not every length can be had */
		if (strlen(good) % 4 == (cuts[i] + 2) % 4) {
			assert_int_equal(log_in(p, "sshd", strndup(good, cuts[i])), PAM_AUTH_ERR);
			assert_string_equal(support_pam_reason(p), "truncated");
			/* at a length at which no client cuts it is another's, or damaged */
			assert_int_equal(log_in(p, "sshd", strndup(good, cuts[i] - 40)), PAM_AUTH_ERR);
			assert_string_equal(support_pam_reason(p), "bad_signature");
			tried++;
		}
		assert_int_equal(log_in(p, "sshd", good), PAM_SUCCESS);
	}
	assert_true(tried > 0);
}

TEST(a_part_that_is_missing_is_called_truncated, pam)
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
TEST(the_number_of_parts_is_capped, pam)
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

TEST(an_answer_that_is_too_long_is_called_oversize, pam)
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

TEST(no_answer_is_no_credential, pam)
{
	static const char *const empty[] = {NULL, "", "+"};
	struct support_pam *p = *state;

	for (size_t i = 0; i < COUNT(empty); i++) {
		assert_int_equal(log_in(p, "sshd", empty[i] ? strdup(empty[i]) : NULL), PAM_AUTH_ERR);
		assert_string_equal(support_pam_reason(p), "no_credential");
		assert_int_equal(p->asked, 1);
	}
}

TEST(a_conversation_that_fails_is_no_credential, pam)
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
