/* SPDX-License-Identifier: Apache-2.0 */
/* test_assertion.c: the way of an assertion from bytes to verdict, and every bend of it (RFC 7515, RFC 7523). */
#include <config.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/base64url.h"
#include "common/jose/key.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_pem.h"
#include "common/jose/key_private.h"
#include "common/jose/key_ssh.h"
#include "common/verify/roles.h"
#include "common/verify/verdict.h"
#include "common/verify/verify.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"

#define KEY support_key(AA_ALG_ES256, 0)
#define HEADER "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"k1\"}"
static int setup(void **state)
{
	*state = support_site_new(NOW);
	return 0;
}

static int teardown(void **state)
{
	support_site_free(*state);
	return 0;
}

FIXTURE(here, setup, teardown);

static void expect(const struct support_site *site, char *credential, enum aa_reason want, const char *what)
{
	enum aa_reason reason = support_reason(site, NOW, credential);

	if (reason != want)
		fail_msg("%s: %s, not %s", what, aa_reason_name(reason), aa_reason_name(want));
}

static char *payload_text(void)
{
	json_t *claims = support_assertion_claims("builder-7", NOW);
	char *text = json_dumps(claims, JSON_COMPACT);

	json_decref(claims);
	return text;
}

/* The good payload under any header, signed as ES256 with the right key. */
static char *with_header(const char *header)
{
	char *payload = payload_text(), *token = support_sign_text(header, payload, AA_ALG_ES256, KEY);

	free(payload);
	return token;
}

static char *with_payload(const char *payload)
{
	return support_sign_text(HEADER, payload, AA_ALG_ES256, KEY);
}

/* ---- a good one ---------------------------------------------------------------------- */

TEST(accepts_a_good_assertion, here)
{
	const struct support_site *site = *state;
	struct aa_login login = support_login(site, NOW);
	struct aa_verdict v;

	support_verify(site, &login, support_assertion(NOW), &v);
	assert_int_equal(v.reason, AA_OK);
	assert_int_equal(v.kind, AA_KIND_ASSERTION);
	assert_null(v.issuer);
	assert_string_equal(v.kid, "k1");
	assert_string_equal(v.alg, "ES256");
	assert_string_equal(v.replay_space, "agent:builder-7");
	assert_true(v.once);
	assert_int_equal(v.iat, NOW);
	assert_int_equal(v.expires, NOW + 60);
	assert_int_equal(v.roles.n, 2);
	assert_true(aa_roles_have(&v.roles, "deploy"));
	assert_true(aa_roles_have(&v.roles, "audit"));
	assert_int_equal(aa_roles_max_session(&v.roles), 3600);
	aa_verdict_clear(&v);
}

static void put_keys(struct support_site *site, enum aa_alg alg)
{
	const struct aa_key *key = aa_private_key_public(support_key(alg, 0));
	char *ssh = NULL;

	assert_int_equal(aa_key_to_ssh(key, &ssh), AA_JOSE_OK);
	json_object_set_new(support_record(site, "agent:builder-7"), "keys",
			    json_pack("[{s:s, s:o, s:s, s:s}]", "kid", "k1", "jwk", aa_key_to_jwk(key), "ssh",
				      ssh, "state", "active"));
	support_site_publish(site);
	free(ssh);
}

TEST(accepts_every_algorithm_of_the_contract, here)
{
	struct support_site *site = *state;

	for (int i = AA_ALG_INVALID + 1; i < AA_ALG_COUNT; i++) {
		enum aa_alg alg = (enum aa_alg)i;
		const struct aa_private_key *key = support_key(alg, 0), *wrong = support_key(alg, 1);

		put_keys(site, alg);
		expect(site, support_sign(support_assertion_claims("builder-7", NOW), alg, key, "k1", "JWT"),
		       AA_OK, aa_alg_name(alg));
		expect(site,
		       support_sign(support_assertion_claims("builder-7", NOW), alg, wrong, "k1", "JWT"),
		       AA_BAD_SIGNATURE, aa_alg_name(alg));
	}
}

/* ---- 1, 2, 3: algorithms ---------------------------------------------------------------- */

TEST(refuses_alg_none_and_its_like, here)
{
	static const char *const headers[] = {
	    "{\"alg\":\"none\",\"kid\":\"k1\"}",
	    "{\"alg\":\"None\",\"kid\":\"k1\"}",
	    "{\"alg\":\"NONE\",\"kid\":\"k1\"}",
	    "{\"alg\":\"nOnE\",\"kid\":\"k1\"}",
	    "{\"kid\":\"k1\"}",
	    "{\"alg\":null,\"kid\":\"k1\"}",
	    "{\"alg\":0,\"kid\":\"k1\"}",
	    "{\"alg\":\"\",\"kid\":\"k1\"}",
	    "{\"alg\":[\"ES256\"],\"kid\":\"k1\"}",
	    "{\"alg\":true,\"kid\":\"k1\"}",
	    "{\"alg\":{\"alg\":\"ES256\"}}",
	    "{\"x\":{\"alg\":\"ES256\"}}",
	};

	expect(*state, with_header(HEADER), AA_OK, HEADER);
	for (size_t i = 0; i < COUNT(headers); i++) {
		char *payload = payload_text();

		expect(*state, with_header(headers[i]), AA_ALG_NOT_ALLOWED, headers[i]);
		/* with no signature at all, too: never accepted, whatever it is called */
		assert_int_not_equal(support_reason(*state, NOW, support_forge(headers[i], payload, "", 0)),
				     AA_OK);
		free(payload);
	}
}

TEST(refuses_a_header_that_is_no_object, here)
{
	static const char *const headers[] = {"[\"ES256\"]",
					      "[{\"alg\":\"ES256\"}]",
					      "\"ES256\"",
					      "1",
					      "null",
					      "true",
					      "{\"alg\":\"ES256\"",
					      "{\"alg\":\"ES256\"}}",
					      "{\"alg\":\"ES256\"} x"};

	expect(*state, with_header("{\"alg\":\"ES256\"}"), AA_OK, "control");
	for (size_t i = 0; i < COUNT(headers); i++)
		expect(*state, with_header(headers[i]), AA_MALFORMED, headers[i]);
}

TEST(refuses_algorithms_outside_the_list, here)
{
	static const char *const algs[] = {
	    "es256",  "Es256",	"ES256K", "ES257", "RS1",     "RSA", "HS256",	     "HS512",
	    "EdDSA ", "ES256 ", " ES256", "EDDSA", "A128GCM", "dir", "ES256\\u0000", "ES2\\u00356"};

	expect(*state, with_header(HEADER), AA_OK, HEADER);
	for (size_t i = 0; i < COUNT(algs); i++) {
		char header[128];
		enum aa_reason reason;

		snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"kid\":\"k1\"}", algs[i]);
		reason = support_reason(*state, NOW, with_header(header));
		if (reason != AA_ALG_NOT_ALLOWED)
			fail_msg("%s: %s", header, aa_reason_name(reason));
	}
}

TEST(refuses_an_algorithm_that_is_not_the_keys, here)
{
	static const char *const algs[] = {"RS256", "PS256", "ES384", "ES512", "EdDSA", "RS512"};

	expect(*state, with_header(HEADER), AA_OK, HEADER);
	for (size_t i = 0; i < COUNT(algs); i++) {
		char header[128];

		snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"kid\":\"k1\"}", algs[i]);
		expect(*state, with_header(header), AA_ALG_NOT_ALLOWED, header);
	}
}

/* A key whose own JWK says PS256 does not verify RS256, though the arithmetic would. */
TEST(refuses_an_algorithm_that_the_key_itself_excludes, here)
{
	struct support_site *site = *state;
	const struct aa_private_key *key = support_key(AA_ALG_RS256, 0);
	json_t *jwk;

	put_keys(site, AA_ALG_RS256);
	expect(site, support_sign(support_assertion_claims("builder-7", NOW), AA_ALG_RS256, key, "k1", "JWT"),
	       AA_OK, "RS256");
	jwk = json_object_get(
	    json_array_get(json_object_get(support_record(site, "agent:builder-7"), "keys"), 0), "jwk");
	json_object_set_new(jwk, "alg", json_string("PS256"));
	support_site_publish(site);
	expect(site, support_sign(support_assertion_claims("builder-7", NOW), AA_ALG_PS256, key, "k1", "JWT"),
	       AA_OK, "PS256");
	expect(site, support_sign(support_assertion_claims("builder-7", NOW), AA_ALG_RS256, key, "k1", "JWT"),
	       AA_ALG_NOT_ALLOWED, "RS256 with a PS256 key");
}

/* HS256 over the public key in each form that an attacker has of it. */
TEST(refuses_hs256_keyed_with_the_public_key, here)
{
	static const char header[] = "{\"alg\":\"HS256\",\"kid\":\"k1\"}";
	const struct aa_key *key = aa_private_key_public(support_key(AA_ALG_RS256, 0));
	char *secrets[3] = {NULL}, *payload = payload_text();
	json_t *jwk = aa_key_to_jwk(key);

	put_keys(*state, AA_ALG_RS256);
	expect(*state,
	       support_sign(support_assertion_claims("builder-7", NOW), AA_ALG_RS256,
			    support_key(AA_ALG_RS256, 0), "k1", "JWT"),
	       AA_OK, "RS256");
	assert_int_equal(aa_key_to_pem(key, &secrets[0]), AA_JOSE_OK);
	secrets[1] = json_dumps(jwk, JSON_COMPACT);
	secrets[2] = strdup("");
	for (size_t i = 0; i < COUNT(secrets); i++) {
		expect(*state, support_hmac(header, payload, secrets[i]), AA_ALG_NOT_ALLOWED, "HS256");
		free(secrets[i]);
	}
	json_decref(jwk);
	free(payload);
}

/* ---- 4, 5: the form -------------------------------------------------------------------------- */

TEST(refuses_what_is_not_three_segments, here)
{
	char *good = support_assertion(NOW), *h = strdup(good), *p = strchr(h, '.'), *s;
	char text[8192];

	*p++ = '\0';
	s = strchr(p, '.');
	*s++ = '\0';
#define TRY(...) \
	do { \
		snprintf(text, sizeof(text), __VA_ARGS__); \
		assert_int_not_equal(support_reason(*state, NOW, strdup(text)), AA_OK); \
	} while (0)
	snprintf(text, sizeof(text), "%s.%s.%s", h, p, s);
	assert_int_equal(support_reason(*state, NOW, strdup(text)), AA_OK);
	TRY("%s.%s", h, p);
	TRY("%s.%s.", h, p);
	TRY("%s..%s", h, s);
	TRY(".%s.%s", p, s);
	TRY("..");
	TRY(".");
	TRY("%s", h);
	TRY("%s.%s.%s.", h, p, s);
	TRY(".%s.%s.%s", h, p, s);
	TRY("%s.%s.%s.%s", h, p, s, s);
	TRY("%s.%s.%s.%s.%s", h, p, s, s, s);
	TRY(" %s.%s.%s", h, p, s);
	TRY("%s.%s.%s ", h, p, s);
	TRY("%s.%s.%s\n", h, p, s);
	TRY("\t%s.%s.%s\r\n", h, p, s);
	TRY("Bearer %s.%s.%s", h, p, s);
	TRY("\"%s.%s.%s\"", h, p, s);
	TRY("{\"payload\":\"%s\",\"protected\":\"%s\",\"signature\":\"%s\"}", p, h, s);
	TRY("{\"payload\":\"%s\",\"signatures\":[{\"protected\":\"%s\",\"signature\":\"%s\"}]}", p, h, s);
#undef TRY
	free(h);
	free(good);
}

/* A signed token may say nothing (RFC 7515 section 2), and a credential may not: it is its claims. */
TEST(refuses_an_empty_payload, here)
{
	char *payload = payload_text();

	expect(*state, with_payload(payload), AA_OK, "with its claims");
	expect(*state, with_payload(""), AA_MALFORMED, "an empty payload");
	expect(*state, with_payload("{}"), AA_CLAIM_REQUIRED, "an empty object");
	free(payload);
}

/* One byte of each segment in turn becomes what base64url does not have, or a second spelling of the same bytes. */
TEST(refuses_base64url_that_is_not_canonical, here)
{
	static const char foreign[] = "+/=*?!~ \t\n\\\"\x7f\x80\xff";
	char *good = support_assertion(NOW);
	size_t len = strlen(good), last;

	assert_int_equal(support_reason(*state, NOW, strdup(good)), AA_OK);
	for (size_t at = 1; at < len; at += 17)
		for (const char *c = foreign; *c; c++) {
			char *bent = strdup(good);

			if (bent[at] == '.')
				at++;
			bent[at] = *c;
			expect(*state, bent, AA_MALFORMED, "a foreign character");
		}
	/* the 64 bytes of an ES256 signature leave two bits of the last character unused */
	last = len - 1;
	for (int add = 1; add < 4; add++) {
		static const char alphabet[] =
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
		char *bent = strdup(good);

		bent[last] = alphabet[(strchr(alphabet, bent[last]) - alphabet) + add];
		expect(*state, bent, AA_MALFORMED, "unused bits");
	}
	for (int n = 1; n < 4; n++) {
		char *bent = malloc(len + 8);

		snprintf(bent, len + 8, "%s%.*s", good, n, "====");
		expect(*state, bent, AA_MALFORMED, "padding");
	}
	free(good);
}

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

TEST(refuses_what_is_longer_than_16_kib, here)
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

TEST(refuses_nesting_past_a_cap, here)
{
	expect(*state, nested(AA_JSON_DEPTH_MAX - 1), AA_OK, "as deep as may be");
	expect(*state, nested(AA_JSON_DEPTH_MAX), AA_MALFORMED, "one deeper");
	expect(*state, nested(1500), AA_MALFORMED, "1500 deep");
}

struct on_thread {
	const struct support_site *site;
	char *token;
	enum aa_reason reason;
};

static void *verify_on_thread(void *data)
{
	struct on_thread *t = data;

	t->reason = support_reason(t->site, NOW, t->token);
	return NULL;
}

static enum aa_reason on_small_stack(const struct support_site *site, char *token)
{
	struct on_thread t = {site, token, AA_INTERNAL};
	pthread_attr_t attr;
	pthread_t thread;

	assert_int_equal(pthread_attr_init(&attr), 0);
#if defined(__SANITIZE_ADDRESS__)
	assert_int_equal(pthread_attr_setstacksize(&attr, 512 * 1024), 0); /* its red zones are not ours */
#else
	assert_int_equal(pthread_attr_setstacksize(&attr, 64 * 1024), 0);
#endif
	assert_int_equal(pthread_create(&thread, &attr, verify_on_thread, &t), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	pthread_attr_destroy(&attr);
	return t.reason;
}

TEST(a_stack_of_64_kib_is_enough, here)
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

TEST(refuses_json_that_two_readers_could_read_differently, here)
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

TEST(refuses_a_header_that_two_readers_could_read_differently, here)
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

TEST(refuses_critical_extensions, here)
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
TEST(never_uses_a_key_that_the_token_brings, here)
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

TEST(a_key_id_is_a_short_plain_string, here)
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

TEST(an_assertion_is_of_type_jwt_or_says_nothing, here)
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

/* ---- 10: signatures ------------------------------------------------------------------------------------------------ */

/* The good token with its signature replaced. */
static char *with_raw_signature(const char *good, const void *sig, size_t len)
{
	const char *dot = strrchr(good, '.');
	char *tail = aa_base64url_encode(sig, len), *token = malloc(strlen(good) + strlen(tail) + 2);

	sprintf(token, "%.*s.%s", (int)(dot - good), good, tail);
	free(tail);
	return token;
}

TEST(refuses_ecdsa_signatures_that_are_not_two_numbers_in_range, here)
{
	static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0,	0,    0,    0,	  0xff, 0xff, 0xff,
					  0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
					  0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
	char *good = support_assertion(NOW);
	uint8_t *sig = NULL, bent[80];
	size_t len;

	assert_int_equal(
	    aa_base64url_decode(strrchr(good, '.') + 1, strlen(strrchr(good, '.') + 1), &sig, &len),
	    AA_JOSE_OK);
	assert_int_equal(len, 64);
	expect(*state, with_raw_signature(good, sig, 64), AA_OK, "as it is");
#define BEND(n, ...) \
	do { \
		memset(bent, 0, sizeof(bent)); \
		memcpy(bent, sig, 64); \
		__VA_ARGS__; \
		expect(*state, with_raw_signature(good, bent, n), AA_BAD_SIGNATURE, #__VA_ARGS__); \
	} while (0)
	BEND(63, (void)0);
	BEND(65, (void)0);
	BEND(72, (void)0);
	BEND(32, (void)0);
	BEND(1, (void)0);
	BEND(64, memset(bent, 0, 64));
	BEND(64, memset(bent, 0, 32));
	BEND(64, memset(bent + 32, 0, 32));
	BEND(64, memcpy(bent, order, 32));
	BEND(64, memcpy(bent + 32, order, 32));
	BEND(64, memset(bent, 0xff, 64));
	BEND(64, bent[63] ^= 1);
	BEND(64, bent[0] ^= 0x80);
	BEND(64, memcpy(bent, sig + 32, 32); memcpy(bent + 32, sig, 32));
#undef BEND
	free(sig);
	free(good);
}

TEST(refuses_ecdsa_signatures_in_asn1, here)
{
	char *good = support_assertion(NOW), *input = strdup(good);
	uint8_t der[80];
	size_t len;

	*strrchr(input, '.') = '\0';
	len = support_ecdsa_der(input, KEY, der, sizeof(der));
	expect(*state, with_raw_signature(good, der, len), AA_BAD_SIGNATURE, "DER");
	assert_int_equal(support_reason(*state, NOW, good), AA_OK);
	free(input);
}

TEST(refuses_rsa_signatures_of_another_form, here)
{
	const struct aa_private_key *key = support_key(AA_ALG_RS256, 0);
	char *good;
	uint8_t *sig = NULL, bent[400] = {0};
	size_t len;

	put_keys(*state, AA_ALG_RS256);
	good = support_sign(support_assertion_claims("builder-7", NOW), AA_ALG_RS256, key, "k1", "JWT");
	assert_int_equal(
	    aa_base64url_decode(strrchr(good, '.') + 1, strlen(strrchr(good, '.') + 1), &sig, &len),
	    AA_JOSE_OK);
	assert_int_equal(len, 256);
	memcpy(bent + 1, sig, 256);
	expect(*state, with_raw_signature(good, bent, 257), AA_BAD_SIGNATURE, "a zero before it");
	memcpy(bent, sig, 256);
	expect(*state, with_raw_signature(good, bent, 257), AA_BAD_SIGNATURE, "a zero behind it");
	expect(*state, with_raw_signature(good, bent, 255), AA_BAD_SIGNATURE, "cut");
	memset(bent, 0, sizeof(bent));
	expect(*state, with_raw_signature(good, bent, 256), AA_BAD_SIGNATURE, "zeros");
	bent[255] = 1;
	expect(*state, with_raw_signature(good, bent, 256), AA_BAD_SIGNATURE, "one");
	assert_int_equal(support_reason(*state, NOW, good), AA_OK);
	free(sig);
}

/* Padding that OpenSSL's loose readers, or others', have taken: each is built with the private key, so that only the form
 * is wrong. */
TEST(refuses_rsa_padding_that_is_not_exact, here)
{
	put_keys(*state, AA_ALG_RS256);
	for (int form = 0; form < SUPPORT_RSA_FORMS; form++) {
		char *payload = payload_text();
		char *token = support_rsa_form("{\"alg\":\"RS256\",\"kid\":\"k1\"}", payload,
					       support_key(AA_ALG_RS256, 0), form);

		expect(*state, token, form == SUPPORT_RSA_GOOD ? AA_OK : AA_BAD_SIGNATURE,
		       support_rsa_form_name(form));
		free(payload);
	}
}

TEST(refuses_a_pss_salt_of_another_length, here)
{
	static const int salts[] = {0, 20, 31, 33, 64};
	char *payload = payload_text();

	put_keys(*state, AA_ALG_PS256);
	expect(*state,
	       support_pss("{\"alg\":\"PS256\",\"kid\":\"k1\"}", payload, support_key(AA_ALG_PS256, 0), 32),
	       AA_OK, "32");
	for (size_t i = 0; i < COUNT(salts); i++)
		expect(*state,
		       support_pss("{\"alg\":\"PS256\",\"kid\":\"k1\"}", payload,
				   support_key(AA_ALG_PS256, 0), salts[i]),
		       AA_BAD_SIGNATURE, "another salt");
	free(payload);
}

/* Every bit of the signed input counts. */
TEST(refuses_a_changed_byte_anywhere, here)
{
	char *good = support_assertion(NOW);
	size_t len = strlen(good);

	for (size_t i = 0; i < len; i++) {
		char *bent = strdup(good);

		bent[i] = bent[i] == 'A' ? 'B' : 'A';
		assert_int_not_equal(support_reason(*state, NOW, bent), AA_OK);
	}
	assert_int_equal(support_reason(*state, NOW, good), AA_OK);
}

/* ---- 11, 12: issuer, audience, subject ------------------------------------------------------------------------------ */

struct bend {
	const char *member, *text;
	enum aa_reason reason;
};

static void check_bends(const struct support_site *site, const struct bend *bends, size_t n)
{
	expect(site, support_assertion(NOW), AA_OK, "control");
	for (size_t i = 0; i < n; i++) {
		char what[512];

		snprintf(what, sizeof(what), "%s = %.400s", bends[i].member,
			 bends[i].text ? bends[i].text : "(absent)");
		expect(site, support_bent_assertion(NOW, bends[i].member, bends[i].text), bends[i].reason,
		       what);
	}
}

TEST(refuses_another_issuer_or_audience, here)
{
	static const struct bend bends[] = {
	    {"iss", NULL, AA_CLAIM_REQUIRED},
	    {"iss", "\"\"", AA_MALFORMED},
	    {"iss", "[\"builder-7\"]", AA_MALFORMED},
	    {"iss", "\"builder-7/\"", AA_UNKNOWN_ISSUER},
	    {"iss", "\"BUILDER-7\"", AA_UNKNOWN_ISSUER},
	    {"iss", "\"builder-7 \"", AA_UNKNOWN_ISSUER},
	    {"iss", "\"https://idp.example.com/realms/agents/\"", AA_UNKNOWN_ISSUER},
	    {"iss", "\"other-1\"", AA_WRONG_SUBJECT},
	    {"aud", NULL, AA_CLAIM_REQUIRED},
	    {"aud", "\"ssh://web02.example.com\"", AA_WRONG_AUDIENCE},
	    {"aud", "\"ssh://web01.example.com/\"", AA_WRONG_AUDIENCE},
	    {"aud", "[\"ssh://web02.example.com\",\"ssh://web03.example.com\"]", AA_WRONG_AUDIENCE},
	    {"aud", "[]", AA_WRONG_AUDIENCE},
	    {"aud", "[\"ssh://web02.example.com\",\"ssh://web01.example.com\"]", AA_OK},
	};

	check_bends(*state, bends, COUNT(bends));
}

TEST(refuses_another_subject, here)
{
	static const struct bend bends[] = {
	    {"sub", NULL, AA_CLAIM_REQUIRED},
	    {"sub", "\"other-1\"", AA_WRONG_SUBJECT},
	    {"sub", "\"builder-7@example.com\"", AA_WRONG_SUBJECT},
	    {"sub", "\"system:builder-7\"", AA_WRONG_SUBJECT},
	    {"sub", "\"Builder-7\"", AA_WRONG_SUBJECT},
	    {"sub", "[\"builder-7\"]", AA_MALFORMED},
	    {"sub", "null", AA_MALFORMED},
	};

	check_bends(*state, bends, COUNT(bends));
	/* No other claim stands in for it. */
	expect(
	    *state,
	    support_sign(support_bend(support_bend(support_assertion_claims("builder-7", NOW), "sub", NULL),
				      "preferred_username", "\"builder-7\""),
			 AA_ALG_ES256, KEY, "k1", "JWT"),
	    AA_CLAIM_REQUIRED, "preferred_username");
}

TEST(refuses_another_agents_good_assertion, here)
{
	struct aa_login login = support_login(*state, NOW);
	const struct aa_private_key *others = support_key(AA_ALG_ES256, 1);
	struct aa_verdict v;

	login.agent = "other-1";
	support_verify(
	    *state, &login,
	    support_sign(support_assertion_claims("other-1", NOW), AA_ALG_ES256, others, "k1", "JWT"), &v);
	assert_int_equal(v.reason, AA_OK);
	aa_verdict_clear(&v);
	expect(*state,
	       support_sign(support_assertion_claims("other-1", NOW), AA_ALG_ES256, others, "k1", "JWT"),
	       AA_WRONG_SUBJECT, "other-1's own");
	expect(*state,
	       support_sign(support_assertion_claims("builder-7", NOW), AA_ALG_ES256, others, "k1", "JWT"),
	       AA_BAD_SIGNATURE, "other-1's key under builder-7's name");
}

TEST(refuses_delegation_in_an_assertion, here)
{
	static const struct bend bends[] = {
	    {"act", "{\"sub\":\"builder-7\"}", AA_DELEGATION_DENIED},
	    {"act", "{}", AA_DELEGATION_DENIED},
	    {"act", "null", AA_DELEGATION_DENIED},
	    {"may_act", "{\"sub\":\"builder-7\"}", AA_OK},
	};

	check_bends(*state, bends, COUNT(bends));
}

/* ---- 14, 15, 20: scope, times, jti --------------------------------------------------------------------------------------- */

TEST(scope_only_narrows, here)
{
	static const struct bend bends[] = {
	    {"scope", "\"deploy\"", AA_OK},
	    {"scope", "\"deploy audit\"", AA_OK},
	    {"scope", "\"deploy sudo\"", AA_ROLE_DENIED},
	    {"scope", "\"docker\"", AA_ROLE_DENIED},
	    {"scope", "\"inside\"", AA_ROLE_DENIED}, /* a role, and not the agent's */
	    {"scope", "\"agent-deploy\"", AA_ROLE_DENIED},
	    {"scope", "\"Deploy\"", AA_ROLE_DENIED},
	    {"scope", "\" \"", AA_ROLE_DENIED},
	    {"scope", "\"\"", AA_MALFORMED},
	    {"scope", "[\"deploy\"]", AA_MALFORMED},
	    {"scope", "null", AA_MALFORMED},
	    {"scope", "{}", AA_MALFORMED},
	    {"scope", "1", AA_MALFORMED},
	    {"roles", "[\"root\"]", AA_OK}, /* no claim of ours: grants nothing */
	    {"groups", "[\"sudo\"]", AA_OK},
	};
	struct aa_login login = support_login(*state, NOW);
	struct aa_verdict v;

	check_bends(*state, bends, COUNT(bends));
	support_verify(*state, &login, support_bent_assertion(NOW, "scope", "\"audit\""), &v);
	assert_int_equal(v.reason, AA_OK);
	assert_int_equal(v.roles.n, 1);
	assert_true(aa_roles_have(&v.roles, "audit"));
	assert_int_equal(aa_roles_max_session(&v.roles), 0);
	aa_verdict_clear(&v);
	support_verify(*state, &login,
		       support_bent_assertion(NOW, "groups", "[\"sudo\",\"docker\",\"lxd\",\"adm\"]"), &v);
	assert_int_equal(v.roles.n, 2);
	aa_verdict_clear(&v);
}

TEST(a_scope_of_ten_thousand_words_is_refused, here)
{
	char *text = malloc(80000);
	size_t n = 0;

	n += (size_t)sprintf(text + n, "\"deploy");
	for (int i = 0; i < 170; i++)
		n += (size_t)sprintf(text + n, " deploy");
	sprintf(text + n, "\"");
	expect(*state, support_bent_assertion(NOW, "scope", text), AA_MALFORMED, "more than 1024 bytes");
	for (int i = 170; i < 10000; i++)
		n += (size_t)sprintf(text + n, " deploy");
	sprintf(text + n, "\"");
	expect(*state, support_bent_assertion(NOW, "scope", text), AA_OVERSIZE, "ten thousand");
	free(text);
}

TEST(times_are_held_to, here)
{
	static const struct bend bends[] = {
	    {"exp", NULL, AA_CLAIM_REQUIRED},
	    {"exp", "1800000060.5", AA_OK},
	    {"exp", "1800000300.5", AA_OK},
	    {"exp", "1800000301.5", AA_LIFETIME_TOO_LONG},
	    {"exp", "\"1800000060\"", AA_MALFORMED},
	    {"exp", "1.8e9", AA_MALFORMED},
	    {"exp", "null", AA_MALFORMED},
	    {"exp", "-1", AA_MALFORMED},
	    {"exp", "9223372036854775807", AA_MALFORMED},
	    {"exp", "1800000301", AA_LIFETIME_TOO_LONG},
	    {"exp", "1800000300", AA_OK},
	    {"iat", NULL, AA_CLAIM_REQUIRED},
	    {"iat", "1800000031", AA_NOT_YET_VALID},
	    {"iat", "1800000030", AA_OK},
	    {"iat", "1000000000", AA_LIFETIME_TOO_LONG},
	    {"iat", "\"1800000000\"", AA_MALFORMED},
	    {"nbf", "1800000031", AA_NOT_YET_VALID},
	    {"nbf", "1800000030", AA_OK},
	    {"nbf", "1800000061", AA_MALFORMED}, /* exp < nbf */
	    {"nbf", "0", AA_OK},
	    {"nbf", "-1", AA_MALFORMED},
	    {"nbf", "false", AA_MALFORMED},
	};

	check_bends(*state, bends, COUNT(bends));
	assert_int_equal(support_reason(*state, NOW + 89, support_assertion(NOW)), AA_OK);
	assert_int_equal(support_reason(*state, NOW + 90, support_assertion(NOW)), AA_EXPIRED);
}

TEST(a_clock_at_1970_or_behind_admits_nothing, here)
{
	assert_int_equal(support_reason(*state, NOW, support_assertion(NOW)), AA_OK);
	assert_int_equal(support_reason(*state, 0, support_assertion(NOW)), AA_NOT_YET_VALID);
	assert_int_equal(support_reason(*state, NOW - 31, support_assertion(NOW)), AA_NOT_YET_VALID);
	assert_int_equal(support_reason(*state, 0, support_assertion(0)), AA_MALFORMED);
}

TEST(an_assertion_must_have_a_usable_jti, here)
{
	static const struct bend bends[] = {
	    {"jti", NULL, AA_CLAIM_REQUIRED}, {"jti", "\"\"", AA_MALFORMED},
	    {"jti", "7", AA_MALFORMED},	      {"jti", "null", AA_MALFORMED},
	    {"jti", "[\"a\"]", AA_MALFORMED}, {"jti", "{}", AA_MALFORMED},
	    {"jti", "\"a\"", AA_OK},	      {"jti", "\"a\\u001bb\"", AA_MALFORMED},
	};
	char text[300];

	check_bends(*state, bends, COUNT(bends));
	text[0] = '"';
	memset(text + 1, 'j', 257);
	strcpy(text + 257, "\"");
	expect(*state, support_bent_assertion(NOW, "jti", text), AA_OK, "256 bytes");
	strcpy(text + 257, "j\"");
	expect(*state, support_bent_assertion(NOW, "jti", text), AA_MALFORMED, "257 bytes");
}

/* ---- nonce, task, proof ------------------------------------------------------------------------------------------------- */

static enum aa_reason with_nonce(const struct support_site *site, const char *prompted, const char *carried)
{
	struct aa_login login = support_login(site, NOW);
	struct aa_verdict v;
	enum aa_reason reason;

	login.nonce = prompted;
	support_verify(site, &login, support_bent_assertion(NOW, "nonce", carried), &v);
	reason = v.reason;
	aa_verdict_clear(&v);
	return reason;
}

TEST(a_nonce_is_the_prompts, here)
{
	struct support_site *site = *state;

	assert_int_equal(with_nonce(site, "abc", "\"abc\""), AA_OK);
	assert_int_equal(with_nonce(site, "abc", NULL), AA_OK);
	assert_int_equal(with_nonce(site, "abc", "\"abd\""), AA_NONCE_MISMATCH);
	assert_int_equal(with_nonce(site, NULL, "\"abc\""), AA_NONCE_MISMATCH);
	assert_int_equal(with_nonce(site, "abc", "\"\""), AA_MALFORMED);
	assert_int_equal(with_nonce(site, "abc", "1"), AA_MALFORMED);
	support_set(site, "host", "nonce", "\"required\"");
	support_site_publish(site);
	assert_int_equal(with_nonce(site, "abc", "\"abc\""), AA_OK);
	assert_int_equal(with_nonce(site, "abc", NULL), AA_NONCE_REQUIRED);
}

TEST(a_task_is_a_short_plain_string, here)
{
	static const struct bend bends[] = {
	    {"task", "\"deploy app 1.2\"", AA_OK},
	    {"task", "\"\"", AA_MALFORMED},
	    {"task", "\"a\\nresult: ok\"", AA_MALFORMED},
	    {"task", "1", AA_MALFORMED},
	};
	struct aa_login login = support_login(*state, NOW);
	struct aa_verdict v;
	char text[200];

	check_bends(*state, bends, COUNT(bends));
	text[0] = '"';
	memset(text + 1, 't', 129);
	strcpy(text + 129, "\"");
	support_verify(*state, &login, support_bent_assertion(NOW, "task", text), &v);
	assert_int_equal(v.reason, AA_OK);
	assert_int_equal(strlen(v.task), 128);
	aa_verdict_clear(&v);
	strcpy(text + 129, "t\"");
	expect(*state, support_bent_assertion(NOW, "task", text), AA_MALFORMED, "129 bytes");
}

TEST(a_bound_assertion_wants_its_key, here)
{
	expect(
	    *state,
	    support_bent_assertion(NOW, "cnf", "{\"jkt\":\"0000000000000000000000000000000000000000000\"}"),
	    AA_PROOF_REQUIRED, "cnf");
}

/* What a refusal leaves in the verdict grants nothing. */
TEST(a_refusal_holds_no_role, here)
{
	struct aa_login login = support_login(*state, NOW);
	struct aa_verdict v;

	support_verify(*state, &login, support_bent_assertion(NOW, "exp", "1799999000"), &v);
	assert_int_not_equal(v.reason, AA_OK);
	assert_int_equal(v.roles.n, 0);
	assert_null(v.roles.v);
	assert_string_equal(v.kid, "k1"); /* for the log */
	aa_verdict_clear(&v);
	assert_null(v.kid);
	assert_int_equal(v.reason, AA_INTERNAL);
}

TEST(nobody_is_never_accepted, here)
{
	char *good = support_assertion(NOW);
	struct aa_verdict v = {0};

	aa_verify_nobody(good, strlen(good), &v);
	assert_int_equal(v.reason, AA_AGENT_RETIRED);
	aa_verify_nobody("", 0, &v);
	assert_int_equal(v.reason, AA_AGENT_RETIRED);
	aa_verdict_clear(&v);
	free(good);
}

/* ---- what a refusal is about ------------------------------------------------------------------ */

static void expect_claim(const struct support_site *site, char *credential, enum aa_reason reason,
			 const char *claim)
{
	struct aa_login login = support_login(site, NOW);
	struct aa_verdict verdict = {0};
	const char *said;

	support_verify(site, &login, credential, &verdict);
	said = verdict.claim ? verdict.claim : aa_reason_claim(verdict.reason);
	if (verdict.reason != reason || !said != !claim || (said && strcmp(said, claim) != 0))
		fail_msg("%s about %s, not %s about %s", aa_reason_name(verdict.reason),
			 said ? said : "nothing", aa_reason_name(reason), claim ? claim : "nothing");
	aa_verdict_clear(&verdict);
}

static const struct about {
	const char *member, *text;
	enum aa_reason reason;
	const char *claim;
} assertion_bends[] =
    {
	{"x", "1", AA_OK, NULL},
	{"iss", "7", AA_MALFORMED, "iss"},
	{"iss", "\"other-1\"", AA_WRONG_SUBJECT, "iss"},
	{"iss", "\"https://nobody.example\"", AA_UNKNOWN_ISSUER, "iss"},
	{"sub", NULL, AA_CLAIM_REQUIRED, "sub"},
	{"sub", "\"other-1\"", AA_WRONG_SUBJECT, "sub"},
	{"act", "{}", AA_DELEGATION_DENIED, "act"},
	{"jti", NULL, AA_CLAIM_REQUIRED, "jti"},
	{"aud", NULL, AA_CLAIM_REQUIRED, "aud"},
	{"aud", "\"ssh://x\"", AA_WRONG_AUDIENCE, "aud"},
	{"aud", "7", AA_MALFORMED, "aud"},
	{"exp", NULL, AA_CLAIM_REQUIRED, "exp"},
	{"exp", "1500000000", AA_MALFORMED, "exp"}, /* before iat */
	{"exp", "1900000000", AA_LIFETIME_TOO_LONG, "exp"},
	{"iat", NULL, AA_CLAIM_REQUIRED, "iat"},
	{"iat", "\"x\"", AA_MALFORMED, "iat"},
	{"nbf", "\"x\"", AA_MALFORMED, "nbf"},
	{"nonce", "7", AA_MALFORMED, "nonce"},
	{"nonce", "\"x\"", AA_NONCE_MISMATCH, "nonce"},
	{"cnf", "7", AA_PROOF_REQUIRED, "cnf"},
	{"task", "7", AA_MALFORMED, "task"},
	{"scope", "7", AA_MALFORMED, "scope"},
	{"scope", "\"sudo\"", AA_ROLE_DENIED, "scope"},
},
  token_bends[] = {
      {"x", "1", AA_OK, NULL},
      {"aud", "\"ssh://x\"", AA_WRONG_AUDIENCE, "aud"},
      {"exp", "true", AA_MALFORMED, "exp"},
      {"jti", "7", AA_MALFORMED, "jti"},
      {"cnf", "7", AA_PROOF_REQUIRED, "cnf"},
      {"act", "7", AA_MALFORMED, "act"},
      {"scope", "\"sudo\"", AA_ROLE_DENIED, "scope"},
      {"azp", NULL, AA_CLAIM_REQUIRED, "azp"},
      {"azp", "\"other\"", AA_WRONG_SUBJECT, "azp"},
      {"sub", NULL, AA_CLAIM_REQUIRED, "sub"},
      {"sub", "\"nobody\"", AA_DELEGATION_DENIED, "sub"},
      {"act", "{\"sub\":\"other-1\"}", AA_WRONG_SUBJECT, "act"},
};

TEST(a_refusal_names_the_claim_that_it_is_about, here)
{
	struct support_site *site = *state;

	for (size_t i = 0; i < sizeof(assertion_bends) / sizeof(assertion_bends[0]); i++) {
		const struct about *b = &assertion_bends[i];
		json_t *claims = support_bend(support_assertion_claims("builder-7", NOW), b->member, b->text);

		expect_claim(site, support_sign(claims, AA_ALG_ES256, KEY, "k1", "JWT"), b->reason, b->claim);
	}
	for (size_t i = 0; i < sizeof(token_bends) / sizeof(token_bends[0]); i++) {
		const struct about *b = &token_bends[i];
		json_t *claims = support_bend(support_token_claims(NOW), b->member, b->text);

		expect_claim(site,
			     support_sign(claims, AA_ALG_RS256, support_key(AA_ALG_RS256, 0), "r1", "at+jwt"),
			     b->reason, b->claim);
	}
	expect_claim(site,
		     support_sign(support_assertion_claims("builder-7", NOW), AA_ALG_ES256, KEY, "k9", "JWT"),
		     AA_UNKNOWN_KEY, "kid");
	expect_claim(site,
		     support_sign(support_assertion_claims("builder-7", NOW), AA_ALG_ES256, KEY, "k1", "x"),
		     AA_WRONG_TYPE, "typ");
	expect_claim(
	    site,
	    support_sign(support_assertion_claims("builder-7", NOW - 1000), AA_ALG_ES256, KEY, "k1", "JWT"),
	    AA_EXPIRED, "exp");
	expect_claim(
	    site,
	    support_sign(support_assertion_claims("builder-7", NOW + 1000), AA_ALG_ES256, KEY, "k1", "JWT"),
	    AA_NOT_YET_VALID, "iat");
	expect_claim(site,
		     support_sign(support_assertion_claims("builder-7", NOW), AA_ALG_ES256,
				  support_key(AA_ALG_ES256, 3), "k1", "JWT"),
		     AA_BAD_SIGNATURE, NULL);
}
