/* SPDX-License-Identifier: Apache-2.0 */
/* test_assertion_json.c: size, depth, JSON, the header and the type of an assertion. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/key_jwk.h"
#include "common/jose/key_private.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"
#include "tests/unit/verify/assertion_steps.h"

/* ---- 6: size and depth ---------------------------------------------------------------------------- */

/* A good assertion with a claim of padding, so that it is `want` bytes long in all, or up to three less. */
static char *of_size(size_t want)
{
	char *token = NULL;

	for (size_t pad = want * 3 / 4; pad > 0; pad--) {
		json_t *claims = support_assertion_claims("builder-7", NOW);
		char *text = malloc(pad + 1);

		memset(text, 'x', pad);
		text[pad] = '\0';
		json_object_set_new(claims, "pad", json_string(text));
		free(text);
		token = support_sign(claims, AA_ALG_ES256, KEY, "k1", "JWT");
		if (strlen(token) <= want)
			return token;
		pad -= strlen(token) > want + 64 ? (strlen(token) - want) / 2 : 0;
		free(token);
	}
	return NULL;
}

TEST(the_verifier_refuses_what_is_longer_than_16_kib, site)
{
	static const size_t sizes[] = {65536, 1 << 20, 16 << 20};
	char *fits = of_size(16384), *longer;

	assert_true(strlen(fits) > 16380);
	longer = malloc(strlen(fits) + 8);
	sprintf(longer, "%s%s", fits, "AAAA");
	assert_int_equal(support_reason(*state, NOW, fits), AA_OK);
	expect(*state, longer, AA_OVERSIZE, "16 KiB and a bit");
	for (size_t i = 0; i < COUNT(sizes); i++) {
		char *huge = malloc(sizes[i] + 1);

		memset(huge, 'A', sizes[i]);
		huge[sizes[i] / 3] = huge[sizes[i] / 3 * 2] = '.';
		huge[sizes[i]] = '\0';
		expect(*state, huge, AA_OVERSIZE, "huge");
	}
}

static char *nested(unsigned depth)
{
	char text[4096], *payload = payload_text(), *token;
	size_t n = (size_t)snprintf(text, sizeof(text), "%.*s,\"deep\":", (int)strlen(payload) - 1, payload);

	memset(text + n, '[', depth);
	memset(text + n + depth, ']', depth);
	strcpy(text + n + 2 * depth, "}");
	token = with_payload(text);
	free(payload);
	return token;
}

TEST(the_verifier_refuses_nesting_past_a_cap, site)
{
	expect(*state, nested(AA_JSON_DEPTH_MAX - 1), AA_OK, "as deep as may be");
	expect(*state, nested(AA_JSON_DEPTH_MAX), AA_MALFORMED, "one deeper");
	expect(*state, nested(1500), AA_MALFORMED, "1500 deep");
}

TEST(a_stack_of_64_kib_is_enough, site)
{
	char *huge = malloc((1 << 20) + 1);

	memset(huge, '[', 1 << 20);
	huge[1 << 20] = '\0';
	assert_int_equal(on_small_stack(*state, support_assertion(NOW)), AA_OK);
	assert_int_equal(on_small_stack(*state, of_size(16384)), AA_OK);
	assert_int_equal(on_small_stack(*state, nested(1500)), AA_MALFORMED);
	assert_int_equal(on_small_stack(*state, huge), AA_OVERSIZE);
}

/* ---- 7: JSON -------------------------------------------------------------------------------------------- */

TEST(the_verifier_refuses_json_that_two_readers_could_read_differently, site)
{
	static const struct {
		const char *before, *after; /* around the members of a good payload */
		size_t zeros;		    /* bytes of `after` from its first zero byte on */
	} cases[] = {
	    {"\xef\xbb\xbf{", "}", 0},
	    {"{", "} x", 0},
	    {"{", "}{}", 0},
	    {"{", "}\xc3", 0},
	    {"[{", "}]", 0},
	    {"\"", "\"", 0},
	    {"{", ",\"sub\":\"builder-7\"}", 0},
	    {"{", ",\"s\\u0075b\":\"builder-7\"}", 0},
	    {"{", ",\"x\":{\"a\":1,\"a\":2}}", 0},
	    {"{", ",\"x\":[[{\"a\":1,\"a\":1}]]}", 0},
	    {"{", ",\"x\":\"\\u0000\"}", 0},
	    {"{", ",\"x\\u0000\":1}", 0},
	    {"{", ",\"x\":\"\xff\"}", 0},
	    {"{", ",\"x\":\"\xc0\xaf\"}", 0},
	    {"{", ",\"x\":\"\xed\xa0\x80\"}", 0},
	    {"{", ",\"x\":\"\\ud800\"}", 0},
	    {"{", ",\"x\":01}", 0},
	    {"{", ",\"x\":1e999}", 0},
	    {"{", ",\"x\":NaN}", 0},
	    {"{", ",}", 0},
	    {"{", ",\"x\":1", 0},
	    {"{", ",'x':1}", 0},
	    {"{", "}", 1},			   /* a zero byte at the end */
	    {"{", "}\0{\"sub\":\"other-1\"}", 18}, /* and something behind it */
	};
	char *payload = payload_text();

	expect(*state, with_payload(payload), AA_OK, "control");
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[2048] = {0};
		size_t n = (size_t)snprintf(text, sizeof(text), "%s%.*s", cases[i].before,
					    (int)strlen(payload) - 2, payload + 1);
		size_t after = strlen(cases[i].after) + cases[i].zeros;

		memcpy(text + n, cases[i].after, after);
		expect(*state, support_sign_bytes(HEADER, strlen(HEADER), text, n + after, AA_ALG_ES256, KEY),
		       AA_MALFORMED, cases[i].after);
	}
	free(payload);
}

TEST(the_verifier_refuses_a_header_that_two_readers_could_read_differently, site)
{
	static const char *const headers[] = {
	    "\xef\xbb\xbf{\"alg\":\"ES256\"}",
	    "{\"alg\":\"ES256\",\"alg\":\"ES256\"}",
	    "{\"alg\":\"ES256\",\"al\\u0067\":\"none\"}",
	    "{\"alg\":\"ES256\",\"x\":{\"a\":1,\"a\":2}}",
	    "{\"alg\":\"ES256\",\"x\":\"\\u0000\"}",
	    "{\"alg\":\"ES256\",\"x\":\"\xff\"}",
	    "{\"alg\":\"ES256\"}\n{}",
	};

	expect(*state, with_header(" {\"alg\" : \"ES256\"}\n"), AA_OK, "white space is JSON's own");
	for (size_t i = 0; i < COUNT(headers); i++)
		expect(*state, with_header(headers[i]), AA_MALFORMED, headers[i]);
}

/* ---- 8: header members --------------------------------------------------------------------------------------- */

TEST(the_verifier_refuses_critical_extensions, site)
{
	static const char *const members[] = {"\"crit\":[\"exp\"]",
					      "\"crit\":[]",
					      "\"crit\":null",
					      "\"crit\":\"\"",
					      "\"b64\":false",
					      "\"b64\":true",
					      "\"crit\":[\"b64\"],\"b64\":false"};

	expect(*state, with_header("{\"alg\":\"ES256\",\"x\":[\"exp\"]}"), AA_OK,
	       "an unknown member is ignored");
	for (size_t i = 0; i < COUNT(members); i++) {
		char header[256];

		snprintf(header, sizeof(header), "{\"alg\":\"ES256\",%s}", members[i]);
		expect(*state, with_header(header), AA_MALFORMED, header);
	}
}

/* The attacker's own key, in every member that could bring one. */
TEST(the_verifier_never_uses_a_key_that_the_token_brings, site)
{
	const struct aa_private_key *mine = support_key(AA_ALG_ES256, 3);
	char *jwk = NULL, header[2048], *payload = payload_text();
	json_t *json = aa_key_to_jwk(aa_private_key_public(mine));

	jwk = json_dumps(json, JSON_COMPACT);
	snprintf(header, sizeof(header),
		 "{\"alg\":\"ES256\",\"kid\":\"k1\",\"jwk\":%s,\"jku\":\"file:///dev/"
		 "stdin\",\"x5u\":\"https://127.0.0.1:1/\","
		 "\"x5c\":[\"AAAA\"],\"x5t\":\"AAAA\"}",
		 jwk);
	expect(*state, support_sign_text(header, payload, AA_ALG_ES256, mine), AA_BAD_SIGNATURE,
	       "an attacker's jwk");
	expect(*state, support_sign_text(header, payload, AA_ALG_ES256, KEY), AA_OK,
	       "the same header, the right key");
	json_decref(json);
	free(jwk);
	free(payload);
}

TEST(a_key_id_is_a_short_plain_string, site)
{
	static const struct {
		const char *kid;
		enum aa_reason reason;
	} cases[] = {
	    {"\"k1\"", AA_OK},
	    {"\"../../etc/passwd\"", AA_UNKNOWN_KEY},
	    {"\"k1 \"", AA_UNKNOWN_KEY},
	    {"\"K1\"", AA_UNKNOWN_KEY},
	    {"\"' OR '1'='1\"", AA_UNKNOWN_KEY},
	    {"\"\"", AA_MALFORMED},
	    {"1", AA_MALFORMED},
	    {"null", AA_MALFORMED},
	    {"[\"k1\"]", AA_MALFORMED},
	    {"{\"kid\":\"k1\"}", AA_MALFORMED},
	    {"\"k1\\n\"", AA_MALFORMED},
	    {"\"\\u001b[2J\"", AA_MALFORMED},
	    {"\"k\\u00e9\"", AA_MALFORMED},
	};
	char header[1024], kid[400];

	for (size_t i = 0; i < COUNT(cases); i++) {
		snprintf(header, sizeof(header), "{\"alg\":\"ES256\",\"kid\":%s}", cases[i].kid);
		expect(*state, with_header(header), cases[i].reason, header);
	}
	memset(kid, 'k', sizeof(kid));
	snprintf(header, sizeof(header), "{\"alg\":\"ES256\",\"kid\":\"%.256s\"}", kid);
	expect(*state, with_header(header), AA_UNKNOWN_KEY, "256 bytes");
	snprintf(header, sizeof(header), "{\"alg\":\"ES256\",\"kid\":\"%.257s\"}", kid);
	expect(*state, with_header(header), AA_MALFORMED, "257 bytes");
}

/* ---- 9: types --------------------------------------------------------------------------------------------------- */

TEST(an_assertion_is_of_type_jwt_or_says_nothing, site)
{
	static const struct {
		const char *typ;
		enum aa_reason reason;
	} cases[] = {{"JWT", AA_OK},
		     {"jwt", AA_OK},
		     {"at+jwt", AA_WRONG_TYPE},
		     {"application/at+jwt", AA_WRONG_TYPE},
		     {"dpop+jwt", AA_WRONG_TYPE},
		     {"secevent+jwt", AA_WRONG_TYPE},
		     {"logout+jwt", AA_WRONG_TYPE},
		     {"", AA_WRONG_TYPE}};

	for (size_t i = 0; i < COUNT(cases); i++)
		expect(*state,
		       support_sign(support_assertion_claims("builder-7", NOW), AA_ALG_ES256, KEY, "k1",
				    cases[i].typ),
		       cases[i].reason, cases[i].typ);
	expect(*state,
	       support_sign(support_assertion_claims("builder-7", NOW), AA_ALG_ES256, KEY, "k1", NULL), AA_OK,
	       "no typ");
	expect(*state, with_header("{\"alg\":\"ES256\",\"typ\":1}"), AA_MALFORMED, "a typ that is a number");
}
