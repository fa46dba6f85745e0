/* SPDX-License-Identifier: Apache-2.0 */
/* test_second_opinion.c: 10,000 RS* and ES* tokens, good and bent, from a fixed seed: common/jose decides,
 * libjwt gives its opinion. Where the two differ the table below says so and why; a difference that it lacks
 * fails the test, and so does one that never occurs. SECURITY.md has a line for each. */
#include <config.h>

#include "common/jose/json.h"
#include "common/jose/jws.h"
#include "common/jose/jws_sign.h"
#include "common/jose/jws_verify.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_pem.h"
#include "common/jose/key_private.h"
#include "tests/unit/support/jose_make.h"
#include "tests/unit/support/test.h"

#include <stdio.h>
#include <stdlib.h>

#include <jwt.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/hmac.h>

#define TOKENS 10000
#define SEED UINT64_C(0x5eed0fa9e47a0711)
#define VARIANTS 4 /* signed tokens of each kind: signing is what costs */

/* ---- chance, the same in every run --------------------------------------------------------------- */

static uint64_t state_of_chance;

static unsigned chance(unsigned n)
{
	state_of_chance ^= state_of_chance << 13;
	state_of_chance ^= state_of_chance >> 7;
	state_of_chance ^= state_of_chance << 17;
	return (unsigned)((state_of_chance >> 11) % n);
}

/* ---- keys -------------------------------------------------------------------------------------------- */

static const enum aa_alg algs[] = {AA_ALG_RS256, AA_ALG_RS384, AA_ALG_RS512,
				   AA_ALG_ES256, AA_ALG_ES384, AA_ALG_ES512};
#define N_ALGS (sizeof(algs) / sizeof(*algs))

static struct aa_private_key *strangers[N_ALGS]; /* who are not believed */
static char *pems[N_ALGS];

static bool is_rsa(size_t a)
{
	return algs[a] < AA_ALG_ES256;
}

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
	make_free();
}

static const struct aa_private_key *stranger(size_t a)
{
	return strangers[is_rsa(a) ? 0 : a];
}

/* ---- good tokens ------------------------------------------------------------------------------------- */

/* Each one literal: clang warns of pieces in a list, as a forgotten comma makes them. */
#define PLAIN "{\"iss\":\"https://idp.example.com\",\"sub\":\"builder-7\",\"exp\":4102444800}"
#define FULL \
	"{\"iss\":\"https://idp.example.com/realms/agents\",\"aud\":[\"ssh://" \
	"web01.example.com\",\"account\"]," \
	"\"azp\":\"builder-7\",\"realm_access\":{\"roles\":[\"a\",\"b\"]},\"scope\":\"profile email\"," \
	"\"exp\":4102444800,\"iat\":1700000000,\"jti\":\"x\"}"
#define TYPES \
	"{\"name\":\"\xc3\xa9\xe2\x82\xac \\u00e9 " \
	"\\\"quoted\\\"\",\"n\":-0.5e3,\"t\":true,\"f\":false,\"z\":null," \
	"\"deep\":{\"a\":[[[1]]]}}"
#define SPACED " { \"iss\" : \"https://idp.example.com\" , \"exp\" : 1 } "

static const char *const payloads[VARIANTS] = {PLAIN, FULL, TYPES, SPACED};

static char *header_of(size_t a, const char *more)
{
	char *text;

	assert_true(asprintf(&text, "{\"alg\":\"%s\",\"kid\":\"k1\"%s}", aa_alg_name(algs[a]), more) > 0);
	return text;
}

/* With this header and payload as they stand; the signature holds. */
static char *sign_text(size_t a, const char *header, const char *payload)
{
	return make_signed(header, payload, algs[a], make_key(algs[a]));
}

static char *with_header(size_t a, size_t variant, const char *more)
{
	char *header = header_of(a, more), *token = sign_text(a, header, payloads[variant]);

	free(header);
	return token;
}

static char *with_payload(size_t a, const char *payload)
{
	char *header = header_of(a, ",\"typ\":\"JWT\""), *token = sign_text(a, header, payload);

	free(header);
	return token;
}

static char *good(size_t a, size_t variant)
{
	static char *made[N_ALGS][VARIANTS];

	if (!made[a][variant])
		made[a][variant] = with_header(a, variant, ",\"typ\":\"JWT\"");
	return strdup(made[a][variant]);
}

/* ---- bends: each gives a token from malloc(), or NULL where it does not apply ----------------------------
 */

/* The signature of a good token, as bytes; *ret_input is what it is over. */
static uint8_t *signature_of(size_t a, size_t variant, char **ret_input, size_t *ret_len)
{
	char *token = good(a, variant), *dot = strrchr(token, '.');
	uint8_t *sig = make_bytes(dot + 1, ret_len);

	*dot = '\0';
	*ret_input = token;
	return sig;
}

static char *with_signature(char *input, uint8_t *sig, size_t len)
{
	char *token = make_token(input, sig, len);

	free(input);
	free(sig);
	return token;
}

static char *flip_signature(size_t a, size_t variant)
{
	char *input;
	size_t len;
	uint8_t *sig = signature_of(a, variant, &input, &len);

	sig[chance((unsigned)len)] ^= (uint8_t)(1U << chance(8));
	return with_signature(input, sig, len);
}

static char *shorten_signature(size_t a, size_t variant)
{
	char *input;
	size_t len;
	uint8_t *sig = signature_of(a, variant, &input, &len);

	return with_signature(input, sig, len - 1 - chance(8));
}

static char *lengthen_signature(size_t a, size_t variant)
{
	char *input;
	size_t len;
	uint8_t *sig = signature_of(a, variant, &input, &len);

	sig = realloc(sig, len + 8);
	assert_non_null(sig);
	memset(sig + len, 0, 8);
	return with_signature(input, sig, len + 1 + chance(8));
}

static char *other_half(size_t a, size_t variant)
{
	char *input, *unused;
	size_t len, other_len;
	uint8_t *sig = signature_of(a, variant, &input, &len);
	uint8_t *other = signature_of(a, (variant + 1) % VARIANTS, &unused, &other_len);

	free(unused);
	free(sig);
	return with_signature(input, other, other_len);
}

static char *by_stranger(size_t a, size_t variant)
{
	char *header = header_of(a, ",\"typ\":\"JWT\""), *token;

	token = make_signed(header, payloads[variant], algs[a], stranger(a));
	free(header);
	return token;
}

static char *by_key_in_header(size_t a, size_t variant)
{
	json_t *jwk = aa_key_to_jwk(aa_private_key_public(stranger(a)));
	char *text = json_dumps(jwk, JSON_COMPACT), *more, *header, *token;

	assert_true(asprintf(&more, ",\"jwk\":%s", text) > 0);
	header = header_of(a, more);
	token = make_signed(header, payloads[variant], algs[a], stranger(a));
	json_decref(jwk);
	free(text);
	free(more);
	free(header);
	return token;
}

/* The header says another algorithm of the same kind of key than the one that signed. */
static char *other_alg(size_t a, size_t variant)
{
	size_t said = is_rsa(a) ? (a + 1) % 3 : 3 + (a + 1) % 3;
	char *header = header_of(said, ",\"typ\":\"JWT\""), *token = sign_text(a, header, payloads[variant]);

	free(header);
	return token;
}

/* Any character but the last of a segment, whose unused bits are a bend of their own. */
static char *change_character(size_t a, size_t variant)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	char *token = good(a, variant), old;
	size_t at;

	do
		at = chance((unsigned)strlen(token));
	while (token[at] == '.' || token[at + 1] == '.' || token[at + 1] == '\0');
	old = token[at];
	while (token[at] == old)
		token[at] = letters[chance(64)];
	return token;
}

static char *cut(size_t a, size_t variant)
{
	char *token = good(a, variant);

	token[chance((unsigned)strlen(token))] = '\0';
	return token;
}

static char *no_signature(size_t a, size_t variant)
{
	char *token = good(a, variant);

	strrchr(token, '.')[1] = '\0';
	return token;
}

static char *two_segments(size_t a, size_t variant)
{
	char *token = good(a, variant);

	*strrchr(token, '.') = '\0';
	return token;
}

static char *around(const char *before, char *token, const char *after)
{
	char *all;

	assert_true(asprintf(&all, "%s%s%s", before, token, after) > 0);
	free(token);
	return all;
}

static char *four_segments(size_t a, size_t variant)
{
	return around("", good(a, variant), ".e30");
}

static char *five_segments(size_t a, size_t variant)
{
	return around("", good(a, variant), ".e30.e30");
}

static char *dot_behind(size_t a, size_t variant)
{
	return around("", good(a, variant), ".");
}

static char *blank_before(size_t a, size_t variant)
{
	return around(" ", good(a, variant), "");
}

static char *line_feed_behind(size_t a, size_t variant)
{
	return around("", good(a, variant), "\n");
}

static char *padded(size_t a, size_t variant)
{
	char *token = good(a, variant);
	size_t over = strlen(strrchr(token, '.') + 1) % 4;

	if (over == 0) {
		free(token);
		return NULL;
	}
	return around("", token, over == 2 ? "==" : "=");
}

/* Base64 with + and / in the signature. */
static char *plain_base64(size_t a, size_t variant)
{
	char *token = good(a, variant), *at;
	bool any = false;

	for (at = strrchr(token, '.'); *at; at++) {
		any = any || *at == '-' || *at == '_';
		*at = *at == '-' ? '+' : *at == '_' ? '/' : *at;
	}
	if (any)
		return token;
	free(token);
	return NULL;
}

static char *foreign_character(size_t a, size_t variant)
{
	static const char foreign[] = "*!,:;~";
	char *token = good(a, variant), *dot = strrchr(token, '.');

	dot[1 + chance((unsigned)strlen(dot + 1) - 1)] = foreign[chance(6)];
	return token;
}

/* A character more than a whole number of bytes makes. */
static char *odd_length(size_t a, size_t variant)
{
	char *token = good(a, variant);
	size_t over = strlen(strrchr(token, '.') + 1) % 4;

	return around("", token, over == 2 ? "AAA" : over == 3 ? "AA" : "A");
}

/* The unused bits of the last character set: the same bytes for a decoder that does not look. */
static char *unused_bits(size_t a, size_t variant)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	char *token = good(a, variant), *last = token + strlen(token) - 1;
	size_t over = strlen(strrchr(token, '.') + 1) % 4;

	if (over == 0) {
		free(token);
		return NULL;
	}
	*last = letters[(size_t)(strchr(letters, *last) - letters) + 1];
	return token;
}

static char *typ_at_jwt(size_t a, size_t variant)
{
	return with_header(a, variant, ",\"typ\":\"at+jwt\"");
}

static char *typ_jose(size_t a, size_t variant)
{
	return with_header(a, variant, ",\"typ\":\"JOSE\"");
}

static char *typ_lower(size_t a, size_t variant)
{
	return with_header(a, variant, ",\"typ\":\"jwt\"");
}

static char *no_typ(size_t a, size_t variant)
{
	return with_header(a, variant, "");
}

static char *unknown_member(size_t a, size_t variant)
{
	return with_header(
	    a, variant,
	    ",\"typ\":\"JWT\",\"x5t\":\"abc\",\"x5c\":[\"MIIB\"],\"jku\":\"https://evil.example\"");
}

static char *crit(size_t a, size_t variant)
{
	return with_header(a, variant, ",\"typ\":\"JWT\",\"crit\":[\"exp\"],\"exp\":1");
}

static char *b64(size_t a, size_t variant)
{
	return with_header(a, variant, ",\"typ\":\"JWT\",\"b64\":true");
}

static char *kid_number(size_t a, size_t variant)
{
	char *header, *token;

	assert_true(asprintf(&header, "{\"alg\":\"%s\",\"kid\":7}", aa_alg_name(algs[a])) > 0);
	token = sign_text(a, header, payloads[variant]);
	free(header);
	return token;
}

static char *header_twice(size_t a, size_t variant)
{
	return with_header(a, variant, ",\"typ\":\"JWT\",\"kid\":\"k2\"");
}

/* alg twice: the last is the true one. */
static char *alg_twice(size_t a, size_t variant)
{
	char *header, *token;

	assert_true(
	    asprintf(&header, "{\"alg\":\"none\",\"typ\":\"JWT\",\"alg\":\"%s\"}", aa_alg_name(algs[a])) > 0);
	token = sign_text(a, header, payloads[variant]);
	free(header);
	return token;
}

static char *alg_as(size_t a, size_t variant, const char *alg)
{
	char *header, *token;

	assert_true(asprintf(&header, "{%s%s%s\"typ\":\"JWT\"}", alg ? "\"alg\":" : "", alg ? alg : "",
			     alg ? "," : "") > 0);
	token = sign_text(a, header, payloads[variant]);
	free(header);
	return token;
}

static char *alg_lower(size_t a, size_t variant)
{
	char name[16];

	snprintf(name, sizeof(name), "\"%s\"", aa_alg_name(algs[a]));
	name[1] = (char)(name[1] + ('a' - 'A'));
	return alg_as(a, variant, name);
}

static char *alg_missing(size_t a, size_t variant)
{
	return alg_as(a, variant, NULL);
}

static char *alg_number(size_t a, size_t variant)
{
	return alg_as(a, variant, "256");
}

static char *alg_none(size_t a, size_t variant)
{
	char *token = alg_as(a, variant, "\"none\"");

	strrchr(token, '.')[1] = '\0';
	return token;
}

static char *alg_none_signed(size_t a, size_t variant)
{
	return alg_as(a, variant, "\"none\"");
}

/* HMAC with the public key's PEM as the secret: what who knows only the public key can make. */
static char *hmac_with_public_key(size_t a, size_t variant)
{
	char *input = make_input("{\"alg\":\"HS256\",\"typ\":\"JWT\"}", payloads[variant]), *token;
	unsigned char mac[32];
	unsigned len = sizeof(mac);

	assert_non_null(HMAC(EVP_sha256(), pems[a], (int)strlen(pems[a]), (unsigned char *)input,
			     strlen(input), mac, &len));
	token = make_token(input, mac, len);
	free(input);
	return token;
}

static char *pss(size_t a, size_t variant)
{
	return is_rsa(a) ? make_signed("{\"alg\":\"PS256\",\"typ\":\"JWT\"}", payloads[variant], AA_ALG_PS256,
				       make_key(AA_ALG_PS256))
			 : NULL;
}

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

/* What follows a NUL is not seen by who reads the payload as a C string. */
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
