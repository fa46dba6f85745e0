/* SPDX-License-Identifier: Apache-2.0 */
/* test_second_opinion.c: 10,000 RS* and ES* tokens, good and bent, from a fixed seed: common/jose decides, libjwt gives its opinion. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include <jwt.h>
#include <openssl/bn.h>
#include <openssl/ec.h>

#include "common/jose/json.h"
#include "common/jose/jws.h"
#include "common/jose/jws_sign.h"
#include "common/jose/jws_verify.h"
#include "common/jose/key_pem.h"
#include "common/jose/key_private.h"
#include "tests/unit/jose/bends.h"
#include "tests/unit/support/jose_make.h"
#include "tests/unit/support/test.h"

/* ---- keys -------------------------------------------------------------------------------------------- */

BEFORE_ALL(make_keys)
{
	for (size_t a = 0; a < N_ALGS; a++) {
		assert_int_equal(aa_key_to_pem(aa_private_key_public(make_key(algs[a])), &pems[a]),
				 AA_JOSE_OK);
		if (a == 0 || !is_rsa(a))
			assert_int_equal(aa_private_key_generate(algs[a], 2048, &strangers[a]), AA_JOSE_OK);
	}
}

AFTER_ALL(free_keys)
{
	for (size_t a = 0; a < N_ALGS; a++) {
		free(pems[a]);
		aa_private_key_free(strangers[a]);
	}
}

/* ---- the bends that need no more than a payload or a curve ---- */

static char *payload_twice(size_t a, size_t variant)
{
	static const char *const twice[VARIANTS] = {
	    "{\"sub\":\"other-1\",\"sub\":\"builder-7\"}", "{\"a\":{\"b\":1,\"b\":2}}",
	    "{\"exp\":1,\"exp\":4102444800}", "{\"a\":[{\"b\":1,\"\\u0062\":2}]}"};

	return with_payload(a, twice[variant]);
}

static char *payload_trailing(size_t a, size_t variant)
{
	static const char *const trailing[VARIANTS] = {"{\"a\":1}x", "{\"a\":1}{\"a\":2}", "{\"a\":1},",
						       "{\"a\":1}]"};

	return with_payload(a, trailing[variant]);
}

static char *payload_no_object(size_t a, size_t variant)
{
	static const char *const others[VARIANTS] = {"[1]", "\"text\"", "7", "null"};

	return with_payload(a, others[variant]);
}

static char *payload_cut(size_t a, size_t variant)
{
	char *payload = strdup(payloads[variant]), *token;

	strrchr(payload, '}')[0] = '\0';
	token = with_payload(a, payload);
	free(payload);
	return token;
}

static char *payload_encoding(size_t a, size_t variant)
{
	static const char *const bad[VARIANTS] = {"{\"a\":\"\xff\"}", "{\"a\":\"\xc0\xaf\"}",
						  "{\"a\":\"\\ud800\"}", "\xef\xbb\xbf{\"a\":1}"};

	return with_payload(a, bad[variant]);
}

static char *payload_with_nul(size_t a, size_t variant)
{
	static const char payload[] = "{\"sub\":\"builder-7\"}\0,\"sub\":\"other-1\"}";
	char *header = header_of(a, ",\"typ\":\"JWT\""), *token;
	json_t *head = make_json(header);

	(void)variant;
	assert_int_equal(aa_jws_sign(head, payload, sizeof(payload) - 1, algs[a], make_key(algs[a]), &token),
			 AA_JOSE_OK);
	json_decref(head);
	free(header);
	return token;
}

static char *payload_deep(size_t a, size_t variant)
{
	char payload[512] = "{\"a\":";

	(void)variant;
	for (int i = 0; i < 100; i++)
		strcat(payload, "[");
	for (int i = 0; i < 100; i++)
		strcat(payload, "]");
	strcat(payload, "}");
	return with_payload(a, payload);
}

static char *payload_long(size_t a, size_t variant)
{
	char *payload = malloc(AA_JWS_MAX + 64), *token;

	(void)variant;
	assert_non_null(payload);
	strcpy(payload, "{\"a\":\"");
	memset(payload + 6, 'x', AA_JWS_MAX);
	strcpy(payload + 6 + AA_JWS_MAX, "\"}");
	token = with_payload(a, payload);
	free(payload);
	return token;
}

static char *header_no_object(size_t a, size_t variant)
{
	return sign_text(a, "[\"alg\",\"RS256\"]", payloads[variant]);
}

/* ECDSA: two numbers of the curve's length, RFC 7518 section 3.4. */

static char *zero_r(size_t a, size_t variant)
{
	char *input;
	size_t len;
	uint8_t *sig;

	if (is_rsa(a))
		return NULL;
	sig = signature_of(a, variant, &input, &len);
	memset(sig + (variant % 2 ? len / 2 : 0), 0, len / 2);
	return with_signature(input, sig, len);
}

/* n - s in the place of s: as good an ECDSA signature as the one it comes from. */
static char *negated_s(size_t a, size_t variant)
{
	static const int curves[] = {NID_X9_62_prime256v1, NID_secp384r1, NID_secp521r1};
	EC_GROUP *group;
	char *input;
	size_t len;
	uint8_t *sig;
	BIGNUM *s;

	if (is_rsa(a))
		return NULL;
	sig = signature_of(a, variant, &input, &len);
	s = BN_bin2bn(sig + len / 2, (int)(len / 2), NULL);
	group = EC_GROUP_new_by_curve_name(curves[a - 3]);
	assert_int_equal(BN_sub(s, EC_GROUP_get0_order(group), s), 1);
	assert_true(BN_bn2binpad(s, sig + len / 2, (int)(len / 2)) > 0);
	BN_free(s);
	EC_GROUP_free(group);
	return with_signature(input, sig, len);
}

static char *der_signature(size_t a, size_t variant)
{
	ECDSA_SIG *pair = ECDSA_SIG_new();
	unsigned char *der = NULL;
	char *input;
	size_t len;
	uint8_t *sig;
	int der_len;

	if (is_rsa(a)) {
		ECDSA_SIG_free(pair);
		return NULL;
	}
	sig = signature_of(a, variant, &input, &len);
	ECDSA_SIG_set0(pair, BN_bin2bn(sig, (int)(len / 2), NULL),
		       BN_bin2bn(sig + len / 2, (int)(len / 2), NULL));
	der_len = i2d_ECDSA_SIG(pair, &der);
	ECDSA_SIG_free(pair);
	free(sig);
	sig = malloc((size_t)der_len);
	assert_non_null(sig);
	memcpy(sig, der, (size_t)der_len);
	OPENSSL_free(der);
	return with_signature(input, sig, (size_t)der_len);
}

/* The header names the algorithm of another curve; the signature is of the key's own curve, with the hash of
 * that one. */
static char *wrong_curve(size_t a, size_t variant)
{
	static const char *const hashes[] = {"SHA384", "SHA512", "SHA256"};
	const unsigned char *at;
	unsigned char der[512];
	size_t der_len = sizeof(der), n;
	char header[64], *input;
	EVP_MD_CTX *ctx;
	ECDSA_SIG *pair;
	uint8_t *sig;

	if (is_rsa(a))
		return NULL;
	snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"typ\":\"JWT\"}",
		 aa_alg_name(algs[3 + (a - 3 + 1) % 3]));
	input = make_input(header, payloads[variant]);
	ctx = EVP_MD_CTX_new();
	assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, hashes[a - 3], NULL, NULL,
					       aa_private_key_pkey(make_key(algs[a])), NULL),
			 1);
	assert_int_equal(EVP_DigestSign(ctx, der, &der_len, (const uint8_t *)input, strlen(input)), 1);
	EVP_MD_CTX_free(ctx);
	at = der;
	pair = d2i_ECDSA_SIG(NULL, &at, (long)der_len);
	n = a == 3 ? 32 : a == 4 ? 48 : 66;
	sig = calloc(2, n);
	assert_non_null(sig);
	assert_true(BN_bn2binpad(ECDSA_SIG_get0_r(pair), sig, (int)n) > 0 &&
		    BN_bn2binpad(ECDSA_SIG_get0_s(pair), sig + n, (int)n) > 0);
	ECDSA_SIG_free(pair);
	return with_signature(input, sig, 2 * n);
}

/* ---- the bends, and where the two differ
 * ------------------------------------------------------------------- */

struct bend {
	const char *name;
	char *(*make)(size_t a, size_t variant);
	bool fresh; /* each token is another one; else there are as many as variants */
	bool good;  /* common/jose accepts it */
};

static const struct bend bends[] = {
    {"as it is", good, true, true},
    {"a bit of the signature", flip_signature, true, false},
    {"a signature that is too short", shorten_signature, true, false},
    {"a signature that is too long", lengthen_signature, true, false},
    {"another token's signature", other_half, true, false},
    {"signed by a stranger", by_stranger, false, false},
    {"signed by the key in its header", by_key_in_header, false, false},
    {"another alg of this kind of key", other_alg, false, false},
    {"a character", change_character, true, false},
    {"cut", cut, true, false},
    {"an empty signature", no_signature, true, false},
    {"two segments", two_segments, true, false},
    {"four segments", four_segments, true, false},
    {"five segments", five_segments, true, false},
    {"a dot behind", dot_behind, true, false},
    {"a blank before", blank_before, true, false},
    {"a line feed behind", line_feed_behind, true, false},
    {"padding", padded, true, false},
    {"+ and /", plain_base64, true, false},
    {"a foreign character", foreign_character, true, false},
    {"a character too many", odd_length, true, false},
    {"unused bits", unused_bits, true, false},
    {"typ at+jwt", typ_at_jwt, false, true},
    {"typ JOSE", typ_jose, false, true},
    {"typ jwt", typ_lower, false, true},
    {"no typ", no_typ, false, true},
    {"members that are not used", unknown_member, false, true},
    {"crit", crit, false, false},
    {"b64", b64, false, false},
    {"a kid that is a number", kid_number, false, false},
    {"a member of the header twice", header_twice, false, false},
    {"alg twice", alg_twice, false, false},
    {"alg in small letters", alg_lower, false, false},
    {"no alg", alg_missing, false, false},
    {"an alg that is a number", alg_number, false, false},
    {"alg none", alg_none, false, false},
    {"alg none, with a signature", alg_none_signed, false, false},
    {"HS256 with the public key as the secret", hmac_with_public_key, false, false},
    {"PS256", pss, false, true},
    {"a member of the payload twice", payload_twice, false, false},
    {"text behind the payload", payload_trailing, false, false},
    {"a payload that is no object", payload_no_object, false, false},
    {"a payload that is cut", payload_cut, false, false},
    {"a payload in a bad encoding", payload_encoding, false, false},
    {"a NUL in the payload", payload_with_nul, false, false},
    {"a payload that is deep", payload_deep, false, false},
    {"a payload that is long", payload_long, false, false},
    {"a header that is no object", header_no_object, false, false},
    {"a number of the signature zero", zero_r, true, false},
    {"the other s", negated_s, true, true},
    {"a signature in DER", der_signature, true, false},
    {"the alg of another curve", wrong_curve, false, false},
};

#define N_BENDS (sizeof(bends) / sizeof(*bends))

/* What libjwt says otherwise, and why common/jose is right. */
static const struct difference {
	const char *bend;
	bool core, libjwt;
	const char *why;
} differences[] = {
    {"padding", false, true,
     "base64url of a JWS has no padding (RFC 7515 section 2): one token has one form, or a revoked jti's "
     "digest has many"},
    {"+ and /", false, true, "that is base64, and not base64url: another form of the same token"},
    {"unused bits", false, true, "bits that no encoder sets: another form of the same token"},
    {"a character too many", false, true, "a length that no bytes have: libjwt drops the rest"},
    {"a line feed behind", false, true, "white space is no part of a token: libjwt's decoder skips it"},
    {"a dot behind", false, true, "a fourth segment, if an empty one: libjwt stops at the third dot"},
    {"typ at+jwt", true, false,
     "RFC 9068 section 2.1 demands this type of access tokens; libjwt knows JWT alone"},
    {"typ JOSE", true, false, "JWT-SVIDs may have it; libjwt knows JWT alone"},
    {"PS256", true, false, "libjwt 1.10 has no PSS, 1.17 none with a key that is for RSA of any kind"},
    {"crit", false, true,
     "what is not understood must be refused (RFC 7515 section 4.1.11); libjwt does not look"},
    {"b64", false, true, "RFC 7797 changes what is signed and needs crit; libjwt does not look"},
    {"a kid that is a number", false, true,
     "a kid is a string (RFC 7515 section 4.1.4); libjwt does not look"},
    {"a member of the header twice", false, true,
     "two readers would read two tokens; jansson lets the last one win"},
    {"alg twice", false, true, "the same, for the algorithm itself: none first, the true one last"},
    {"a member of the payload twice", false, true, "the same, for what it claims"},
    {"alg in small letters", false, true,
     "names of algorithms are compared exactly (RFC 7515 section 4.1.1)"},
    {"HS256 with the public key as the secret", false, true,
     "a public key is no secret: anybody could have made this token"},
    {"the alg of another curve", false, true,
     "ES256 is P-256 and no other curve (RFC 7518 section 3.4); libjwt takes the key's"},
    {"a payload that is no object", false, true,
     "claims are a JSON object (RFC 7519 section 7.2); libjwt takes an array"},
    {"a NUL in the payload", false, true,
     "libjwt reads up to the NUL, and what is behind it is signed as well"},
    {"a payload that is deep", false, true, "nesting has a cap, since readers recurse"},
    {"a payload that is long", false, true, "a login reads 16 KiB at most"},
};

#define N_DIFFERENCES (sizeof(differences) / sizeof(*differences))

/* ---- both opinions
 * ------------------------------------------------------------------------------------------ */

static bool core_accepts(size_t a, const char *token)
{
	struct aa_jws *jws = NULL;
	json_t *payload = NULL;
	bool yes = aa_jws_parse(token, strlen(token), AA_JWS_MAX, &jws) == AA_JOSE_OK &&
		   aa_jws_verify(jws, aa_private_key_public(make_key(algs[a]))) == AA_JOSE_OK &&
		   aa_json_object((const char *)jws->payload, jws->payload_len, &payload) == AA_JOSE_OK;

	json_decref(payload);
	aa_jws_free(jws);
	return yes;
}

static bool libjwt_accepts(size_t a, const char *token)
{
	jwt_t *jwt = NULL;
	bool yes = jwt_decode(&jwt, token, (const unsigned char *)pems[a], (int)strlen(pems[a])) == 0;

	jwt_free(jwt);
	return yes;
}

static char *token_of(size_t b, size_t a, size_t variant)
{
	static char *made[N_BENDS][N_ALGS][VARIANTS];
	char **slot = &made[b][a][variant];

	if (bends[b].fresh)
		return bends[b].make(a, variant);
	if (!*slot)
		*slot = bends[b].make(a, variant);
	return *slot ? strdup(*slot) : NULL;
}

static size_t find_difference(const char *bend, bool core, bool libjwt)
{
	size_t i = 0;

	while (i < N_DIFFERENCES && (strcmp(differences[i].bend, bend) != 0 || differences[i].core != core ||
				     differences[i].libjwt != libjwt))
		i++;
	return i;
}

/* Debian 13's libjwt (1.17), which knows of PS256, has come to our opinion here; Debian 12's (1.10) has not. */
static bool may_be_gone(const struct difference *d)
{
	return jwt_str_alg("PS256") != JWT_ALG_INVAL &&
	       (strncmp(d->bend, "typ ", 4) == 0 || strcmp(d->bend, "alg in small letters") == 0);
}

TEST(libjwt_agrees_but_for_what_is_listed)
{
	unsigned seen[N_DIFFERENCES] = {0}, agreed = 0, unlisted = 0, tried[N_BENDS] = {0};
	bool core, libjwt;

	state_of_chance = SEED;
	for (unsigned i = 0; i < TOKENS;) {
		size_t b = chance(N_BENDS), a = chance(N_ALGS), variant = chance(VARIANTS), d;
		char *token = token_of(b, a, variant);

		if (!token)
			continue;
		i++;
		tried[b]++;
		core = core_accepts(a, token);
		libjwt = libjwt_accepts(a, token);
		if (core != bends[b].good)
			fail_msg("%s, %s: common/jose %s it: %.200s", bends[b].name, aa_alg_name(algs[a]),
				 core ? "accepts" : "refuses", token);
		d = core == libjwt ? N_DIFFERENCES : find_difference(bends[b].name, core, libjwt);
		if (core == libjwt)
			agreed++;
		else if (d == N_DIFFERENCES && unlisted++ < 20)
			print_error("%s, %s: common/jose %s and libjwt %s\n", bends[b].name,
				    aa_alg_name(algs[a]), core ? "accepts" : "refuses",
				    libjwt ? "accepts" : "refuses");
		else if (d < N_DIFFERENCES)
			seen[d]++;
		free(token);
	}
	for (size_t b = 0; b < N_BENDS; b++)
		if (tried[b] < 20)
			fail_msg("%s was tried %u times only", bends[b].name, tried[b]);
	for (size_t d = 0; d < N_DIFFERENCES; d++)
		if (seen[d] == 0 && !may_be_gone(&differences[d]))
			fail_msg("listed, but it never occurs: %s (%s)", differences[d].bend,
				 differences[d].why);
	if (unlisted)
		fail_msg("%u differences are not listed", unlisted);
	print_message("%u tokens, %u agreed upon\n", TOKENS, agreed);
}
