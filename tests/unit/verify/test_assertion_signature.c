/* SPDX-License-Identifier: Apache-2.0 */
/* test_assertion_signature.c: signatures that are not exactly what the algorithm makes. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/base64url.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"
#include "tests/unit/verify/assertion_steps.h"

/* The good token with its signature replaced. */
static char *with_raw_signature(const char *good, const void *sig, size_t len)
{
	const char *dot = strrchr(good, '.');
	char *tail = aa_base64url_encode(sig, len), *token = malloc(strlen(good) + strlen(tail) + 2);

	sprintf(token, "%.*s.%s", (int)(dot - good), good, tail);
	free(tail);
	return token;
}

TEST(the_verifier_refuses_ecdsa_signatures_that_are_not_two_numbers_in_range, site)
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

TEST(the_verifier_refuses_ecdsa_signatures_in_asn1, site)
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

TEST(the_verifier_refuses_rsa_signatures_of_another_form, site)
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
TEST(the_verifier_refuses_rsa_padding_that_is_not_exact, site)
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

TEST(the_verifier_refuses_a_pss_salt_of_another_length, site)
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
TEST(the_verifier_refuses_a_changed_byte_anywhere, site)
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
