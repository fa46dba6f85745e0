/* SPDX-License-Identifier: Apache-2.0 */
/* test_jws.c: taking tokens apart: THREATS 1 to 8. */
#include "common/jose/jws.h"
#include "common/jose/key.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_private.h"
#include "tests/unit/support/jose_make.h"
#include "tests/unit/support/test.h"

#include <pthread.h>
#include <stdlib.h>

static char *good_token(void)
{
	return make_signed("{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"JWT\"}", "{\"iss\":\"a\"}",
			   AA_ALG_ES256, make_key(AA_ALG_ES256));
}

/* A token with this header, properly signed with ES256 whatever the header says. */
static enum aa_jose_err check_header(const char *header)
{
	char *token = make_signed(header, "{\"iss\":\"a\"}", AA_ALG_ES256, make_key(AA_ALG_ES256));
	enum aa_jose_err err = check_token(token, aa_private_key_public(make_key(AA_ALG_ES256)));

	free(token);
	return err;
}

TEST(a_good_token_gives_its_parts)
{
	char *token = good_token();
	struct aa_jws *jws = NULL;

	assert_int_equal(aa_jws_parse(token, strlen(token), AA_JWS_MAX, &jws), AA_JOSE_OK);
	assert_int_equal(jws->alg, AA_ALG_ES256);
	assert_string_equal(jws->kid, "k1");
	assert_string_equal(jws->typ, "JWT");
	assert_string_equal((const char *)jws->payload, "{\"iss\":\"a\"}");
	assert_int_equal(jws->payload_len, 11);
	assert_int_equal(jws->signature_len, 64);
	assert_ptr_equal(jws->input, token);
	assert_int_equal(jws->input_len, strrchr(token, '.') - token);
	aa_jws_free(jws);
	free(token);
}

TEST(nothing_is_given_up_where_there_is_nothing)
{
	aa_jws_free(NULL);
}

TEST(alg_is_one_of_ten_names_in_exact_case)
{
	static const char *const bad[] = {
	    "{\"alg\":\"none\"}",
	    "{\"alg\":\"None\"}",
	    "{\"alg\":\"NONE\"}",
	    "{\"alg\":\"nOnE\"}",
	    "{\"alg\":\"\"}",
	    "{\"alg\":null}",
	    "{\"alg\":256}",
	    "{\"alg\":true}",
	    "{\"alg\":[\"ES256\"]}",
	    "{\"alg\":{\"x\":\"ES256\"}}",
	    "{\"alg\":\"es256\"}",
	    "{\"alg\":\"ES256 \"}",
	    "{\"alg\":\" ES256\"}",
	    "{\"alg\":\"ES2567\"}",
	    "{\"alg\":\"ES25\"}",
	    "{\"alg\":\"HS256\"}",
	    "{\"alg\":\"HS384\"}",
	    "{\"alg\":\"HS512\"}",
	    "{\"alg\":\"ES256K\"}",
	    "{\"alg\":\"Ed25519\"}",
	    "{\"alg\":\"RSA-OAEP\"}",
	    "{\"alg\":\"dir\"}",
	    "{}",
	    "{\"typ\":\"JWT\"}",
	    "{\"Alg\":\"ES256\"}",
	    "{\"alg \":\"ES256\"}",
	    "{\"x\":{\"alg\":\"ES256\"}}",
	    "{\"x\":[\"alg\",\"ES256\"]}",
	    "{\"x\":\"alg\",\"y\":\"ES256\"}",
	    "{\"\\u0061lg\":\"ES256\"}",
	    "{\"alg\":\"\\u0045S256\"}",
	    "{\"alg\":\"RS256RS256RS256RS256\"}",
	    /* cut, where the name or its end would come */
	    "{\"alg\"",
	    "{\"alg\":",
	    "{\"alg\":\"",
	    "{\"alg\":\"ES256",
	};

	assert_int_equal(check_header("{\"alg\":\"ES256\"}"), AA_JOSE_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(check_header(bad[i]), AA_JOSE_ALG);
}

TEST(what_is_no_algorithm_has_no_algorithms_name)
{
	for (int alg = AA_ALG_INVALID + 1; alg < AA_ALG_COUNT; alg++)
		assert_int_equal(aa_alg_from_name(aa_alg_name((enum aa_alg)alg)), alg);
	assert_string_equal(aa_alg_name(AA_ALG_INVALID), "invalid");
	assert_string_equal(aa_alg_name(AA_ALG_COUNT), "invalid");
	assert_int_equal(aa_alg_from_name("invalid"), AA_ALG_INVALID);
}

TEST(alg_is_found_wherever_it_stands_in_the_header)
{
	assert_int_equal(check_header("{ \"typ\" : \"JWT\" ,\r\n \"alg\"\t:\n\"ES256\" }"), AA_JOSE_OK);
	assert_int_equal(check_header("{\"x\":{\"alg\":\"none\"},\"alg\":\"ES256\"}"), AA_JOSE_OK);
	assert_int_equal(check_header("{\"x\":[\"alg\",{\"alg\":1}],\"y\":\"alg\",\"alg\":\"ES256\"}"),
			 AA_JOSE_OK);
	assert_int_equal(check_header("{\"x\":\"\\\"alg\\\":\\\"none\\\"\",\"alg\":\"ES256\"}"), AA_JOSE_OK);
}

TEST(a_second_alg_is_refused_in_any_spelling)
{
	assert_int_equal(check_header("{\"alg\":\"ES256\",\"alh\":\"ES256\"}"), AA_JOSE_OK);
	assert_int_equal(check_header("{\"alg\":\"ES256\",\"alg\":\"ES256\"}"), AA_JOSE_MALFORMED);
	assert_int_equal(check_header("{\"alg\":\"ES256\",\"alg\":\"none\"}"), AA_JOSE_MALFORMED);
	assert_int_equal(check_header("{\"alg\":\"ES256\",\"\\u0061lg\":\"none\"}"), AA_JOSE_MALFORMED);
}

TEST(a_header_is_an_object)
{
	static const char *const bad[] = {"[]",
					  "[\"alg\",\"ES256\"]",
					  "[{\"alg\":\"ES256\"}]",
					  "\"ES256\"",
					  "null",
					  "1",
					  "{\"alg\":\"ES256\"",
					  "{\"alg\":\"ES256\"}}",
					  "{\"alg\":\"ES256\"}{}",
					  "{\"alg\":\"ES256\",}",
					  "\xef\xbb\xbf{\"alg\":\"ES256\"}",
					  "{\"a\":\"\xff\",\"alg\":\"ES256\"}",
					  "}{\"alg\":\"ES256\"}",
					  "{\"alg\":\"ES256\",\"x\":\"\\u0000\"}"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(check_header(bad[i]), AA_JOSE_MALFORMED);
}

TEST(crit_and_b64_are_refused_whatever_they_say)
{
	static const char *const bad[] = {"\"crit\":[\"exp\"]",
					  "\"crit\":[]",
					  "\"crit\":null",
					  "\"crit\":\"exp\"",
					  "\"crit\":[\"b64\"],\"b64\":false",
					  "\"b64\":false",
					  "\"b64\":true",
					  "\"b64\":\"x\""};

	assert_int_equal(check_header("{\"alg\":\"ES256\",\"cry\":[\"exp\"]}"), AA_JOSE_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char header[128];

		snprintf(header, sizeof(header), "{\"alg\":\"ES256\",%s}", bad[i]);
		assert_int_equal(check_header(header), AA_JOSE_MALFORMED);
	}
}

TEST(kid_and_typ_are_plain_strings)
{
	static const char *const bad[] = {"\"kid\":1",
					  "\"kid\":null",
					  "\"kid\":[\"k1\"]",
					  "\"kid\":{}",
					  "\"kid\":\"\"",
					  "\"kid\":\"a\\nb\"",
					  "\"kid\":\"a\\u001bb\"",
					  "\"kid\":\"\\u00e9\"",
					  "\"kid\":\"a\\u007fb\"",
					  "\"typ\":1",
					  "\"typ\":null",
					  "\"typ\":[\"JWT\"]"};
	char header[512], kid[258];

	assert_int_equal(check_header("{\"alg\":\"ES256\",\"kid\":\"../../dev/null\",\"typ\":\"at+jwt\"}"),
			 AA_JOSE_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(header, sizeof(header), "{\"alg\":\"ES256\",%s}", bad[i]);
		assert_int_equal(check_header(header), AA_JOSE_MALFORMED);
	}
	memset(kid, 'k', sizeof(kid));
	kid[257] = 0;
	snprintf(header, sizeof(header), "{\"alg\":\"ES256\",\"kid\":\"%s\"}", kid + 1);
	assert_int_equal(check_header(header), AA_JOSE_OK);
	snprintf(header, sizeof(header), "{\"alg\":\"ES256\",\"kid\":\"%s\"}", kid);
	assert_int_equal(check_header(header), AA_JOSE_MALFORMED);
}

TEST(a_key_that_the_token_brings_is_not_used)
{
	struct aa_private_key *other = NULL;
	char *jwk, *token, header[1024];
	json_t *json;

	assert_int_equal(aa_private_key_generate(AA_ALG_ES256, 0, &other), AA_JOSE_OK);
	json = aa_key_to_jwk(aa_private_key_public(other));
	jwk = json_dumps(json, JSON_COMPACT);
	snprintf(header, sizeof(header),
		 "{\"alg\":\"ES256\",\"jwk\":%s,\"jku\":\"https://evil.example/jwks\","
		 "\"x5u\":\"https://evil.example/x\",\"x5c\":[\"AAAA\"]}",
		 jwk);
	token = make_signed(header, "x", AA_ALG_ES256, other);
	assert_int_equal(check_token(token, aa_private_key_public(make_key(AA_ALG_ES256))),
			 AA_JOSE_SIGNATURE);
	free(token);
	/* and the members are no reason to refuse a token that the right key signed */
	token = make_signed(header, "x", AA_ALG_ES256, make_key(AA_ALG_ES256));
	assert_int_equal(check_token(token, aa_private_key_public(make_key(AA_ALG_ES256))), AA_JOSE_OK);
	free(token);
	free(jwk);
	json_decref(json);
	aa_private_key_free(other);
}

TEST(a_token_has_exactly_three_segments)
{
	char *token = good_token(), *dot = strchr(token, '.'), *dot2 = strrchr(token, '.'), text[2048];

	assert_int_equal(parse_only(token), AA_JOSE_OK);
	assert_int_equal(parse_only(""), AA_JOSE_MALFORMED);
	assert_int_equal(parse_only("."), AA_JOSE_MALFORMED);
	assert_int_equal(parse_only(".."), AA_JOSE_MALFORMED);
	assert_int_equal(parse_only("..."), AA_JOSE_MALFORMED);
	assert_int_equal(parse_only("...."), AA_JOSE_MALFORMED);
	snprintf(text, sizeof(text), "%.*s", (int)(dot - token), token);
	assert_int_equal(parse_only(text), AA_JOSE_MALFORMED);
	snprintf(text, sizeof(text), "%.*s", (int)(dot2 - token), token);
	assert_int_equal(parse_only(text), AA_JOSE_MALFORMED);
	snprintf(text, sizeof(text), "%.*s", (int)(dot2 + 1 - token), token); /* no signature */
	assert_int_equal(parse_only(text), AA_JOSE_MALFORMED);
	snprintf(text, sizeof(text), "%.*s.%s", (int)(dot - token), token, dot2); /* an empty payload */
	assert_int_equal(parse_only(text), AA_JOSE_OK);
	assert_int_equal(parse_only(dot), AA_JOSE_MALFORMED); /* no header */
	snprintf(text, sizeof(text), "%s.", token);
	assert_int_equal(parse_only(text), AA_JOSE_MALFORMED);
	snprintf(text, sizeof(text), "%s.AAAA.AAAA", token); /* as many as a JWE has */
	assert_int_equal(parse_only(text), AA_JOSE_MALFORMED);
	snprintf(text, sizeof(text), "{\"protected\":\"%.*s\"}", (int)(dot - token), token);
	assert_int_equal(parse_only(text), AA_JOSE_MALFORMED);
	free(token);
}

TEST(white_space_around_or_inside_a_token_is_refused)
{
	static const char spaces[] = " \t\r\n";
	char *token = good_token(), text[2048];
	size_t len = strlen(token);

	for (const char *s = spaces; *s; s++) {
		snprintf(text, sizeof(text), "%s%c", token, *s);
		assert_int_equal(parse_only(text), AA_JOSE_MALFORMED);
		snprintf(text, sizeof(text), "%c%s", *s, token);
		assert_int_equal(parse_only(text), AA_JOSE_MALFORMED);
		for (size_t at = 0; at <= len; at++) {
			snprintf(text, sizeof(text), "%.*s%c%s", (int)at, token, *s, token + at);
			assert_int_equal(parse_only(text), AA_JOSE_MALFORMED);
		}
	}
	free(token);
}

TEST(a_zero_byte_ends_nothing)
{
	char *token = good_token(), text[2048];
	size_t len = strlen(token);

	memcpy(text, token, len + 1);
	assert_int_equal(check_bytes(text, len, AA_JWS_MAX, NULL), AA_JOSE_OK);
	assert_int_equal(check_bytes(text, len + 1, AA_JWS_MAX, NULL), AA_JOSE_MALFORMED);
	free(token);
}

/* Each segment is checked: 32 and 64 bytes leave bits unused, so the last digit has spellings that mean the
 * same. */
TEST(unused_bits_and_foreign_digits_are_refused_in_every_segment)
{
	const struct aa_key *key = aa_private_key_public(make_key(AA_ALG_EDDSA));
	/* header and payload of 3k + 1 bytes, so that all three segments end in unused bits */
	char *token =
	    make_signed("{\"alg\":\"EdDSA\", \"x\":\"12\"}", "1234", AA_ALG_EDDSA, make_key(AA_ALG_EDDSA));
	char *ends[3] = {strchr(token, '.') - 1, strrchr(token, '.') - 1, token + strlen(token) - 1};

	assert_int_equal(check_token(token, key), AA_JOSE_OK);
	for (int i = 0; i < 3; i++) {
		static const char digits[] = "+/=?. \n~";
		char good = *ends[i];

		*ends[i] = (char)(good + 1);
		assert_int_equal(check_token(token, key), AA_JOSE_MALFORMED);
		for (const char *d = digits; *d; d++) {
			*ends[i] = *d;
			assert_int_equal(check_token(token, key), AA_JOSE_MALFORMED);
		}
		*ends[i] = good;
	}
	assert_int_equal(check_token(token, key), AA_JOSE_OK);
	free(token);
}

static char *sized_token(size_t len)
{
	static const char head[] = "eyJhbGciOiJFUzI1NiJ9.", tail[] = ".AAAA";
	char *token = malloc(len + 1);

	memset(token, 'A', len);
	memcpy(token, head, strlen(head));
	memcpy(token + len - strlen(tail), tail, strlen(tail) + 1);
	return token;
}

TEST(a_token_longer_than_the_cap_is_refused_unread)
{
	static const size_t sizes[] = {AA_JWS_MAX + 1, 65536, 1 << 20, 16 << 20};
	char *token;

	/* 16384 - 26 is a multiple of 4 with two more digits: canonical A's */
	token = sized_token(AA_JWS_MAX);
	assert_int_equal(parse_only(token), AA_JOSE_OK);
	assert_int_equal(check_bytes(token, AA_JWS_MAX, AA_JWS_MAX - 1, NULL), AA_JOSE_OVERSIZE);
	free(token);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		token = sized_token(sizes[i]);
		assert_int_equal(parse_only(token), AA_JOSE_OVERSIZE);
		free(token);
	}
}

static char *nested_header(size_t depth)
{
	char *header = malloc(2 * depth + 64), *p = stpcpy(header, "{\"alg\":\"ES256\",\"x\":");

	for (size_t i = 1; i < depth; i++)
		*p++ = '[';
	for (size_t i = 1; i < depth; i++)
		*p++ = ']';
	stpcpy(p, depth > 1 ? "}" : "1}");
	return header;
}

TEST(nesting_past_the_cap_is_refused)
{
	char *header = nested_header(AA_JSON_DEPTH_MAX), *deeper = nested_header(AA_JSON_DEPTH_MAX + 1),
	     *deep = nested_header(5000);

	assert_int_equal(check_header(header), AA_JOSE_OK);
	assert_int_equal(check_header(deeper), AA_JOSE_MALFORMED);
	assert_int_equal(check_header(deep), AA_JOSE_MALFORMED);
	free(header);
	free(deeper);
	free(deep);
}

struct small_stack {
	const char *token;
	size_t len;
	const struct aa_key *key;
	enum aa_jose_err err;
};

static void *check_on_small_stack(void *data)
{
	struct small_stack *job = data;

	job->err = check_bytes(job->token, job->len, 16 << 20, job->key);
	return NULL;
}

static enum aa_jose_err on_small_stack(const char *token, const struct aa_key *key)
{
	struct small_stack job = {token, strlen(token), key, AA_JOSE_CRYPTO};
	pthread_attr_t attr;
	pthread_t thread;

	assert_int_equal(pthread_attr_init(&attr), 0);
	assert_int_equal(pthread_attr_setstacksize(&attr, 65536), 0);
	assert_int_equal(pthread_create(&thread, &attr, check_on_small_stack, &job), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	pthread_attr_destroy(&attr);
	return job.err;
}

TEST(a_stack_of_64_kib_is_enough_for_every_size_and_algorithm)
{
	static const size_t sizes[] = {AA_JWS_MAX, 65536, 1 << 20, 16 << 20};
	char *deep = nested_header(4000), *token;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		token = sized_token(sizes[i]);
		assert_int_equal(on_small_stack(token, NULL), AA_JOSE_OK);
		free(token);
	}
	token = make_signed(deep, "x", AA_ALG_ES256, make_key(AA_ALG_ES256));
	assert_int_equal(on_small_stack(token, NULL), AA_JOSE_MALFORMED);
	free(token);
	free(deep);
	for (int alg = AA_ALG_RS256; alg < AA_ALG_COUNT; alg++) {
		char header[32];

		snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", aa_alg_name((enum aa_alg)alg));
		token = make_signed(header, "x", (enum aa_alg)alg, make_key((enum aa_alg)alg));
		assert_int_equal(on_small_stack(token, aa_private_key_public(make_key((enum aa_alg)alg))),
				 AA_JOSE_OK);
		free(token);
	}
}

TEST(every_cut_of_a_good_token_is_refused)
{
	char *token = good_token();
	const struct aa_key *key = aa_private_key_public(make_key(AA_ALG_ES256));
	size_t len = strlen(token);

	for (size_t cut = 0; cut < len; cut++) {
		char *copy = malloc(cut + 1);

		memcpy(copy, token, cut);
		assert_int_not_equal(check_bytes(copy, cut, AA_JWS_MAX, key), AA_JOSE_OK);
		free(copy);
	}
	assert_int_equal(check_token(token, key), AA_JOSE_OK);
	free(token);
}

TEST(no_byte_of_a_good_token_can_be_changed)
{
	char *token = good_token();
	const struct aa_key *key = aa_private_key_public(make_key(AA_ALG_ES256));

	for (size_t at = 0; token[at]; at++) {
		char good = token[at];

		for (int bit = 0; bit < 8; bit++) {
			token[at] = (char)(good ^ (1 << bit));
			assert_int_not_equal(check_bytes(token, strlen(token), AA_JWS_MAX, key), AA_JOSE_OK);
		}
		token[at] = good;
	}
	assert_int_equal(check_token(token, key), AA_JOSE_OK);
	free(token);
}
