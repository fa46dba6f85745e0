/* SPDX-License-Identifier: Apache-2.0 */
/* support_tokens.c: making credentials, good and bent. */
#include <config.h>

#include "tests/unit/support/support_tokens.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include "common/jose/base64url.h"
#include "common/jose/jws_sign.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_private.h"
#include "tests/unit/support/support_policy.h"

#define KEYS_MAX 4

static void need(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "test support: %s failed\n", what);
		abort();
	}
}

/* ---- keys --------------------------------------------------------------------- */

static struct aa_private_key *keys[AA_ALG_COUNT][KEYS_MAX];

static void free_keys(void)
{
	for (size_t i = 0; i < AA_ALG_COUNT; i++)
		for (size_t k = 0; k < KEYS_MAX; k++)
			aa_private_key_free(keys[i][k]);
}

/* All algorithms of RSA use one key: making one takes time. */
static enum aa_alg family(enum aa_alg alg)
{
	return alg >= AA_ALG_RS256 && alg <= AA_ALG_PS512 ? AA_ALG_RS256 : alg;
}

const struct aa_private_key *support_key(enum aa_alg alg, unsigned n)
{
	static bool registered;
	struct aa_private_key **slot;

	need(n < KEYS_MAX, "support_key");
	if (!registered) {
		registered = true;
		need(atexit(free_keys) == 0, "atexit");
	}
	slot = &keys[family(alg)][n];
	if (!*slot)
		need(aa_private_key_generate(family(alg), 2048, slot) == AA_JOSE_OK, "key generation");
	return *slot;
}

json_t *support_jwks_of(const char *kid, ...)
{
	json_t *list = json_array();
	va_list ap;

	va_start(ap, kid);
	for (; kid; kid = va_arg(ap, const char *)) {
		const struct aa_private_key *key = va_arg(ap, const struct aa_private_key *);
		json_t *jwk = aa_key_to_jwk(aa_private_key_public(key));

		need(jwk != NULL, "aa_key_to_jwk");
		if (*kid)
			json_object_set_new(jwk, "kid", json_string(kid));
		json_object_set_new(jwk, "use", json_string("sig"));
		json_array_append_new(list, jwk);
	}
	va_end(ap);
	return json_pack("{s:o}", "keys", list);
}

/* ---- signing any bytes ----------------------------------------------------------- */

static const EVP_MD *md_of(enum aa_alg alg)
{
	static const char *const names[] = {"SHA256", "SHA384", "SHA512"};

	return aa_alg_same(alg, AA_ALG_EDDSA) ? NULL
					      : EVP_get_digestbyname(names[((int)alg - AA_ALG_RS256) % 3]);
}

static size_t raw_ecdsa(unsigned char *sig, size_t len, int n)
{
	const unsigned char *der = sig;
	ECDSA_SIG *rs = d2i_ECDSA_SIG(NULL, &der, (long)len);

	need(rs && BN_bn2binpad(ECDSA_SIG_get0_r(rs), sig, n) == n &&
		 BN_bn2binpad(ECDSA_SIG_get0_s(rs), sig + n, n) == n,
	     "ECDSA");
	ECDSA_SIG_free(rs);
	return 2 * (size_t)n;
}

static size_t sign_input(const char *input, enum aa_alg alg, const struct aa_private_key *key,
			 unsigned char *sig, size_t cap)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY *pkey = aa_private_key_pkey(key);
	EVP_PKEY_CTX *pctx;
	size_t len = cap;

	need(ctx && EVP_DigestSignInit(ctx, &pctx, md_of(alg), NULL, pkey) == 1, "EVP_DigestSignInit");
	if (alg >= AA_ALG_PS256 && alg <= AA_ALG_PS512)
		need(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1 &&
			 EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST) == 1,
		     "PSS");
	need(EVP_DigestSign(ctx, sig, &len, (const unsigned char *)input, strlen(input)) == 1,
	     "EVP_DigestSign");
	EVP_MD_CTX_free(ctx);
	if (EVP_PKEY_get_base_id(pkey) == EVP_PKEY_EC)
		len = raw_ecdsa(sig, len, (EVP_PKEY_get_bits(pkey) + 7) / 8);
	return len;
}

static char *join(const char *a, const char *b)
{
	char *out = NULL;

	need(asprintf(&out, "%s.%s", a, b) > 0, "asprintf");
	return out;
}

static char *input_of(const void *header, size_t header_len, const void *payload, size_t payload_len)
{
	char *h = aa_base64url_encode(header, header_len), *p = aa_base64url_encode(payload, payload_len),
	     *input = join(h, p);

	free(h);
	free(p);
	return input;
}

static char *with_signature(char *input, const void *signature, size_t len)
{
	char *tail = aa_base64url_encode(signature, len), *token = join(input, tail);

	free(tail);
	free(input);
	return token;
}

char *support_sign_bytes(const void *header, size_t header_len, const void *payload, size_t payload_len,
			 enum aa_alg alg, const struct aa_private_key *key)
{
	char *input = input_of(header, header_len, payload, payload_len);
	unsigned char sig[2048];
	size_t len = sign_input(input, alg, key, sig, sizeof(sig));

	return with_signature(input, sig, len);
}

char *support_sign_text(const char *header, const char *payload, enum aa_alg alg,
			const struct aa_private_key *key)
{
	return support_sign_bytes(header, strlen(header), payload, strlen(payload), alg, key);
}

char *support_forge(const char *header, const char *payload, const void *signature, size_t signature_len)
{
	return with_signature(input_of(header, strlen(header), payload, strlen(payload)), signature,
			      signature_len);
}

char *support_sign_pkey(const char *header, const char *payload, EVP_PKEY *pkey)
{
	char *input = input_of(header, strlen(header), payload, strlen(payload));
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char sig[2048];
	size_t len = sizeof(sig);

	need(ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1 &&
		 EVP_DigestSign(ctx, sig, &len, (const unsigned char *)input, strlen(input)) == 1,
	     "EVP_DigestSign");
	EVP_MD_CTX_free(ctx);
	return with_signature(input, sig, len);
}

char *support_hmac(const char *header, const char *payload, const char *secret)
{
	char *input = input_of(header, strlen(header), payload, strlen(payload));
	unsigned char mac[32];
	unsigned len = 0;

	need(HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)input, strlen(input), mac,
		  &len) != NULL,
	     "HMAC");
	return with_signature(input, mac, len);
}

char *support_pss(const char *header, const char *payload, const struct aa_private_key *key, int salt)
{
	char *input = input_of(header, strlen(header), payload, strlen(payload));
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char sig[512];
	size_t len = sizeof(sig);
	EVP_PKEY_CTX *pctx;

	need(ctx && EVP_DigestSignInit(ctx, &pctx, EVP_sha256(), NULL, aa_private_key_pkey(key)) == 1 &&
		 EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1 &&
		 EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salt) == 1 &&
		 EVP_DigestSign(ctx, sig, &len, (const unsigned char *)input, strlen(input)) == 1,
	     "PSS");
	EVP_MD_CTX_free(ctx);
	return with_signature(input, sig, len);
}

size_t support_ecdsa_der(const char *input, const struct aa_private_key *key, unsigned char *out, size_t cap)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = cap;

	need(ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, aa_private_key_pkey(key)) == 1 &&
		 EVP_DigestSign(ctx, out, &len, (const unsigned char *)input, strlen(input)) == 1,
	     "ECDSA");
	EVP_MD_CTX_free(ctx);
	return len;
}

/* ---- RSA padding, RFC 8017 section 9.2 ------------------------------------------------- */

static const char *const rsa_forms[SUPPORT_RSA_FORMS] = {
    "EMSA-PKCS1-v1_5",	     "junk behind a short padding",
    "fewer than eight FF",   "another byte among the FF",
    "block type 2",	     "no DigestInfo",
    "DigestInfo of SHA-1",   "DigestInfo without its NULL",
    "a length in long form", "no zero before DigestInfo",
};

const char *support_rsa_form_name(int form)
{
	return rsa_forms[form];
}

/* The encoded message of `n` bytes: 00 01 FF … 00, what is given, and junk where the padding is short. */
static void encode_message(unsigned char *em, size_t n, const unsigned char *info, size_t info_len,
			   size_t junk)
{
	memset(em, 0xff, n);
	em[0] = 0;
	em[1] = 1;
	em[n - junk - info_len - 1] = 0;
	memcpy(em + n - junk - info_len, info, info_len);
	memset(em + n - junk, 0x5a, junk);
}

static size_t digest_info(unsigned char *out, const unsigned char *hash, int form)
{
	static const unsigned char sha256[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
					       0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
	static const unsigned char sha1[] = {0x30, 0x2d, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e,
					     0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x20};
	static const unsigned char no_null[] = {0x30, 0x2f, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48,
						0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x04, 0x20};
	static const unsigned char long_form[] = {0x30, 0x81, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48,
						  0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
	const unsigned char *prefix = sha256;
	size_t n = sizeof(sha256);

	if (form == 5) {
		n = 0;
	} else if (form == 6) {
		prefix = sha1;
		n = sizeof(sha1);
	} else if (form == 7) {
		prefix = no_null;
		n = sizeof(no_null);
	} else if (form == 8) {
		prefix = long_form;
		n = sizeof(long_form);
	}
	memcpy(out, prefix, n);
	memcpy(out + n, hash, 32);
	return n + 32;
}

static void bend_message(unsigned char *em, size_t n, size_t info_len, int form)
{
	if (form == 2) {
		em[4] = 0; /* two FF; the rest of the padding is read as what follows */
	} else if (form == 3) {
		em[20] = 0xfe;
	} else if (form == 4) {
		em[1] = 2;
	} else if (form == 9) {
		em[n - info_len - 1] = 0xff;
	}
}

char *support_rsa_form(const char *header, const char *payload, const struct aa_private_key *key, int form)
{
	char *input = input_of(header, strlen(header), payload, strlen(payload));
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(aa_private_key_pkey(key), NULL);
	unsigned char em[256], sig[256], hash[32], info[64];
	size_t len = sizeof(sig), info_len;

	need(EVP_Digest(input, strlen(input), hash, NULL, EVP_sha256(), NULL) == 1, "EVP_Digest");
	info_len = digest_info(info, hash, form);
	encode_message(em, sizeof(em), info, info_len, form == 1 ? 100 : 0);
	bend_message(em, sizeof(em), info_len, form);
	need(ctx && EVP_PKEY_sign_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1 &&
		 EVP_PKEY_sign(ctx, sig, &len, em, sizeof(em)) == 1 && len == sizeof(sig),
	     "raw RSA");
	EVP_PKEY_CTX_free(ctx);
	return with_signature(input, sig, len);
}

/* ---- claims ------------------------------------------------------------------------- */

static json_t *new_jti(void)
{
	static unsigned n;
	char text[64];

	snprintf(text, sizeof(text), "jti-%d-%u", (int)getpid(), n++);
	return json_string(text);
}

json_t *support_assertion_claims(const char *agent, int64_t now)
{
	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:o}", "iss", agent, "sub", agent, "aud", SITE_AUDIENCE,
			 "iat", (json_int_t)now, "exp", (json_int_t)now + 60, "jti", new_jti());
}

json_t *support_token_claims(int64_t now)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:o, s:s}", "iss", SITE_ISSUER, "sub",
			 "svc-builder-7", "azp", "builder-7", "aud", SITE_AUDIENCE, "iat", (json_int_t)now,
			 "exp", (json_int_t)now + 600, "jti", new_jti(), "scope", "host.deploy host.audit");
}

json_t *support_bend(json_t *claims, const char *member, const char *text)
{
	if (text)
		need(json_object_set_new(claims, member, support_json(text)) == 0, member);
	else
		(void)json_object_del(claims, member);
	return claims;
}

char *support_sign(json_t *claims, enum aa_alg alg, const struct aa_private_key *key, const char *kid,
		   const char *typ)
{
	json_t *header = json_pack("{s:s*, s:s*}", "typ", typ, "kid", kid);
	char *text = json_dumps(claims, JSON_COMPACT), *token = NULL;

	need(text && aa_jws_sign(header, text, strlen(text), alg, key, &token) == AA_JOSE_OK, "aa_jws_sign");
	free(text);
	json_decref(header);
	json_decref(claims);
	return token;
}

char *support_assertion(int64_t now)
{
	return support_bent_assertion(now, "", NULL);
}

char *support_bent_assertion(int64_t now, const char *member, const char *text)
{
	json_t *claims = support_bend(support_assertion_claims("builder-7", now), member, text);

	return support_sign(claims, AA_ALG_ES256, support_key(AA_ALG_ES256, 0), "k1", "JWT");
}

char *support_bent_token(int64_t now, const char *member, const char *text)
{
	json_t *claims = support_bend(support_token_claims(now), member, text);

	return support_sign(claims, AA_ALG_RS256, support_key(AA_ALG_RS256, 0), "r1", "at+jwt");
}
