/* SPDX-License-Identifier: Apache-2.0 */
/* test_assertion.c: a good assertion, its algorithms and its form. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/key_jwk.h"
#include "common/jose/key_pem.h"
#include "common/jose/key_private.h"
#include "common/verify/roles.h"
#include "common/verify/verdict.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"
#include "tests/unit/verify/assertion_steps.h"

/* ---- a good one ---------------------------------------------------------------------- */

TEST(the_verifier_accepts_a_good_assertion, site)
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

TEST(the_verifier_accepts_every_algorithm_of_the_contract, site)
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

TEST(the_verifier_refuses_alg_none_and_its_like, site)
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

TEST(the_verifier_refuses_a_header_that_is_no_object, site)
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

TEST(the_verifier_refuses_algorithms_outside_the_list, site)
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

TEST(the_verifier_refuses_an_algorithm_that_is_not_the_keys, site)
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
TEST(the_verifier_refuses_an_algorithm_that_the_key_itself_excludes, site)
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
TEST(the_verifier_refuses_hs256_keyed_with_the_public_key, site)
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

TEST(the_verifier_refuses_what_is_not_three_segments, site)
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
TEST(the_verifier_refuses_an_empty_payload, site)
{
	char *payload = payload_text();

	expect(*state, with_payload(payload), AA_OK, "with its claims");
	expect(*state, with_payload(""), AA_MALFORMED, "an empty payload");
	expect(*state, with_payload("{}"), AA_CLAIM_REQUIRED, "an empty object");
	free(payload);
}

/* One byte of each segment in turn becomes what base64url does not have, or a second spelling of the same bytes. */
TEST(the_verifier_refuses_base64url_that_is_not_canonical, site)
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
