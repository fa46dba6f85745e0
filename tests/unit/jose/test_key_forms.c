/* SPDX-License-Identifier: Apache-2.0 */
/* test_key_forms.c: PEM, DER, certificates and SSH lines give the key that the JWK gives. */
#include <stdio.h>
#include <stdlib.h>

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "common/jose/key.h"
#include "common/jose/key_any.h"
#include "common/jose/key_form.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_pem.h"
#include "common/jose/key_private.h"
#include "common/jose/key_ssh.h"
#include "common/jose/ssh_wire.h"
#include "tests/unit/jose/jwk_steps.h"
#include "tests/unit/support/jose_make.h"
#include "tests/unit/support/test.h"

static void assert_same_key(const struct aa_key *a, const struct aa_key *b)
{
	char x[44], y[44];

	assert_int_equal(aa_key_thumbprint(a, x), AA_JOSE_OK);
	assert_int_equal(aa_key_thumbprint(b, y), AA_JOSE_OK);
	assert_int_equal(strlen(x), 43);
	assert_string_equal(x, y);
	assert_int_equal(EVP_PKEY_eq(aa_key_pkey(a), aa_key_pkey(b)), 1);
}

TEST(jwk_pem_and_ssh_forms_give_the_same_key)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		const struct aa_key *key = aa_private_key_public(make_key(kinds[i]));
		json_t *jwk = aa_key_to_jwk(key);
		char *texts[3] = {json_dumps(jwk, JSON_INDENT(2)), NULL, NULL};

		assert_int_equal(aa_key_to_pem(key, &texts[1]), AA_JOSE_OK);
		assert_int_equal(aa_key_to_ssh(key, &texts[2]), AA_JOSE_OK);
		for (int k = 0; k < 3; k++) {
			struct aa_key *again = NULL;

			assert_int_equal(aa_key_from_any(texts[k], strlen(texts[k]), &again), AA_JOSE_OK);
			assert_same_key(key, again);
			aa_key_free(again);
			free(texts[k]);
		}
		json_decref(jwk);
	}
}

/* RFC 7638 section 3.1 and RFC 8037 appendix A.3 */
TEST(the_thumbprints_of_the_rfcs_hold)
{
	static const char *const jwks[][2] = {
	    {"{\"kty\":\"RSA\",\"n\":"
	     "\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1"
	     "L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_"
	     "FDW2QvzqY36"
	     "8QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-"
	     "bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPks"
	     "INHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw\",\"e\":\"AQAB\",\"alg\":\"RS256\",\"kid\":"
	     "\"2011-04-29\"}",
	     "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"},
	    {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
	     "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"},
	};

	for (size_t i = 0; i < 2; i++) {
		struct aa_key *key = NULL;
		char print[44];

		assert_int_equal(aa_key_from_any(jwks[i][0], strlen(jwks[i][0]), &key), AA_JOSE_OK);
		assert_int_equal(aa_key_thumbprint(key, print), AA_JOSE_OK);
		assert_string_equal(print, jwks[i][1]);
		aa_key_free(key);
	}
}

/* Not inlined: gcc then takes the text for the variable that holds it. */
__attribute__((noinline)) static char *pem_of(enum aa_alg alg)
{
	char *pem = NULL;

	assert_int_equal(aa_key_to_pem(aa_private_key_public(make_key(alg)), &pem), AA_JOSE_OK);
	return pem;
}

TEST(a_pem_public_key_stands_alone_in_its_file)
{
	char *pem = pem_of(AA_ALG_ES256), text[2048];

	snprintf(text, sizeof(text), "\n%s\r\n \n", pem);
	assert_int_equal(load_any(text), AA_JOSE_OK);
	snprintf(text, sizeof(text), "%s%s", pem, pem);
	assert_int_equal(load_any(text), AA_JOSE_KEY_MALFORMED);
	snprintf(text, sizeof(text), "%sx", pem);
	assert_int_equal(load_any(text), AA_JOSE_KEY_MALFORMED);
	snprintf(text, sizeof(text), "%.*s", (int)strlen(pem) - 10, pem);
	assert_int_equal(load_any(text), AA_JOSE_KEY_MALFORMED);
	free(pem);
}

TEST(private_and_encrypted_pem_is_refused_without_a_prompt)
{
	char *private = NULL;
	size_t len;

	assert_int_equal(aa_private_key_to_pem(make_key(AA_ALG_ES256), &private, &len), AA_JOSE_OK);
	assert_int_equal(load_any(private), AA_JOSE_KEY_PRIVATE);
	free(private);
	assert_int_equal(
	    load_any("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"),
	    AA_JOSE_KEY_ENCRYPTED);
	assert_int_equal(
	    load_any(
		"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAA==\n"
		"-----END RSA PRIVATE KEY-----\n"),
	    AA_JOSE_KEY_ENCRYPTED);
	assert_int_equal(
	    load_any("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"),
	    AA_JOSE_KEY_PRIVATE);
	assert_int_equal(
	    load_any(
		"-----BEGIN PUBLIC KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END PUBLIC KEY-----\n"),
	    AA_JOSE_KEY_MALFORMED);
	assert_int_equal(load_any("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
			 AA_JOSE_KEY_MALFORMED);
}

/* A certificate that this key has signed itself. */
static char *certificate_of(enum aa_alg alg)
{
	EVP_PKEY *pkey = aa_private_key_pkey(make_key(alg));
	BIO *bio = BIO_new(BIO_s_mem());
	X509 *x = X509_new();
	char *text, *copy;
	long len;

	assert_int_equal(X509_set_version(x, 2), 1);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
	X509_gmtime_adj(X509_getm_notBefore(x), -7200);
	X509_gmtime_adj(X509_getm_notAfter(x), -3600); /* over: dates count for nothing */
	assert_int_equal(X509_set_pubkey(x, pkey), 1);
	assert_true(X509_sign(x, pkey, alg == AA_ALG_EDDSA ? NULL : EVP_sha256()) > 0);
	assert_int_equal(PEM_write_bio_X509(bio, x), 1);
	len = BIO_get_mem_data(bio, &text);
	copy = strndup(text, (size_t)len);
	BIO_free(bio);
	X509_free(x);
	return copy;
}

static void is_public_of(const char *text, enum aa_alg alg)
{
	char want[44], got[44];
	struct aa_key *key = NULL;

	assert_int_equal(aa_key_from_any(text, strlen(text), &key), AA_JOSE_OK);
	assert_int_equal(aa_key_thumbprint(aa_private_key_public(make_key(alg)), want), AA_JOSE_OK);
	assert_int_equal(aa_key_thumbprint(key, got), AA_JOSE_OK);
	assert_string_equal(got, want);
	aa_key_free(key);
}

TEST(a_certificate_gives_its_key)
{
	static const enum aa_alg algs[] = {AA_ALG_RS256, AA_ALG_ES256, AA_ALG_ES512, AA_ALG_EDDSA};

	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
		char *pem = certificate_of(algs[i]), *two = malloc(2 * strlen(pem) + 1);

		is_public_of(pem, algs[i]);
		sprintf(two, "%s%s", pem, pem);
		assert_int_equal(load_any(two), AA_JOSE_KEY_MALFORMED); /* which of the two? */
		free(two);
		free(pem);
	}
}

/* Whatever a file ends in, nothing behind its end is read (the suite runs this under ASan), and no key is made of it. */
static void no_key_when_cut(const char *text)
{
	size_t len = strlen(text) - 1; /* without the last line's end it is whole still */

	for (size_t i = 0; i < len; i++) {
		char *cut = malloc(i + 1);
		struct aa_key *key = NULL;

		memcpy(cut, text, i);
		assert_int_not_equal(aa_key_from_any(cut, i, &key), AA_JOSE_OK);
		assert_null(key);
		free(cut);
	}
}

/* The file is whole as PEM, and what is in it ends too soon. */
static void no_key_when_der_is_cut(const char *label, const uint8_t *der, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char *b64 = aa_base64_encode(der, i), *text = malloc(strlen(b64) + 128);

		sprintf(text, "-----BEGIN %s-----\n%s\n-----END %s-----\n", label, b64, label);
		assert_int_not_equal(load_any(text), AA_JOSE_OK);
		free(text);
		free(b64);
	}
}

/* What the first block of the PEM holds, as free() takes it. */
static uint8_t *der_in(const char *pem, size_t *ret_len)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	char *label, *header;
	uint8_t *der, *copy;
	long len;

	assert_int_equal(PEM_read_bio(bio, &label, &header, &der, &len), 1);
	copy = malloc((size_t)len);
	memcpy(copy, der, (size_t)len);
	*ret_len = (size_t)len;
	OPENSSL_free(label);
	OPENSSL_free(header);
	OPENSSL_free(der);
	BIO_free(bio);
	return copy;
}

TEST(a_certificate_cut_anywhere_gives_none)
{
	char *pem = certificate_of(AA_ALG_ES256);
	size_t len;
	uint8_t *der = der_in(pem, &len);

	is_public_of(pem, AA_ALG_ES256);
	no_key_when_cut(pem);
	no_key_when_der_is_cut("CERTIFICATE", der, len);
	free(der);
	free(pem);
}

static char *pkcs1_of(enum aa_alg alg)
{
	uint8_t *der = NULL;
	int len = i2d_PublicKey(aa_private_key_pkey(make_key(alg)), &der);
	char *b64 = aa_base64_encode(der, (size_t)len), *text = malloc(strlen(b64) + 128);

	sprintf(text, "-----BEGIN RSA PUBLIC KEY-----\n%s\n-----END RSA PUBLIC KEY-----\n", b64);
	no_key_when_der_is_cut("RSA PUBLIC KEY", der, (size_t)len);
	free(b64);
	OPENSSL_free(der);
	return text;
}

TEST(a_pkcs1_public_key_is_read)
{
	char *pem = pkcs1_of(AA_ALG_RS256);

	is_public_of(pem, AA_ALG_RS256);
	no_key_when_cut(pem);
	memcpy(strstr(pem, "END RSA"), "END DSA", 7);
	assert_int_equal(load_any(pem), AA_JOSE_KEY_MALFORMED);
	free(pem);
}

static void is_form(const char *bytes, size_t len, const char *name)
{
	const struct aa_private_form *form = aa_private_form(bytes, len);
	struct aa_key *key = NULL;

	assert_non_null(form);
	assert_string_equal(form->name, name);
	assert_int_not_equal(aa_key_from_any(bytes, len, &key), AA_JOSE_OK);
}

static char *json_of(json_t *json)
{
	char *text = json_dumps(json, 0);

	json_decref(json);
	return text;
}

TEST(a_private_half_is_called_by_its_form)
{
	static const struct {
		const char *text, *name;
	} forms[] = {
	    {"-----BEGIN OPENSSH PRIVATE KEY-----\n", "OpenSSH's format"},
	    {"Bag Attributes\n-----BEGIN PRIVATE KEY-----\n", "PKCS#8 in PEM"},
	    {"-----BEGIN PUBLIC KEY-----\n-----BEGIN ENCRYPTED PRIVATE KEY-----\n",
	     "PKCS#8 in PEM, encrypted"},
	    {"-----BEGIN RSA PRIVATE KEY-----\n", "PKCS#1 in PEM"},
	    {"-----BEGIN EC PRIVATE KEY-----\n", "SEC 1 in PEM"},
	    {"-----BEGIN DSA PRIVATE KEY-----\n", "PEM"},
	    {"PuTTY-User-Key-File-3: ssh-ed25519\n", "PuTTY's format"},
	    {" {\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\",\"d\":\"AA\"}", "a JWK"},
	    {"{\"kty\":\"oct\",\"k\":\"AA\"}", "a symmetric JWK"},
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		is_form(forms[i].text, strlen(forms[i].text), forms[i].name);
}

TEST(a_private_half_in_der_is_seen)
{
	EVP_PKEY *pkey = aa_private_key_pkey(make_key(AA_ALG_ES256));
	PKCS12 *p12 = PKCS12_create("x", "x", pkey, NULL, NULL, 0, 0, 0, 0, 0);
	uint8_t *pfx = NULL, *private = NULL, *public = NULL;
	int pfx_len = i2d_PKCS12(p12, &pfx), private_len = i2d_PrivateKey(pkey, &private),
	    public_len = i2d_PUBKEY(pkey, &public);

	is_form((char *)pfx, (size_t)pfx_len, "PKCS#12");
	is_form((char *)private, (size_t)private_len, "DER");
	assert_null(aa_private_form((char *)public, (size_t)public_len));
	OPENSSL_free(pfx);
	OPENSSL_free(private);
	OPENSSL_free(public);
	PKCS12_free(p12);
}

/* A set of which one key is public is no reason to overlook that another is not. */
TEST(a_private_half_in_a_set_is_seen)
{
	json_t *a = aa_key_to_jwk(aa_private_key_public(make_key(AA_ALG_ES256))), *b = json_deep_copy(a);
	char *alone = json_of(json_pack("{s:[O]}", "keys", a)), *both;

	json_object_set_new(b, "d", json_string("AAAA"));
	both = json_of(json_pack("{s:[o, o]}", "keys", a, b));
	assert_null(aa_private_form(alone, strlen(alone)));
	assert_int_equal(load_any(alone), AA_JOSE_OK);
	is_form(both, strlen(both), "a JWK in a set");
	free(alone);
	free(both);
}

TEST(a_public_half_is_called_private_by_nothing)
{
	char *texts[] = {pem_of(AA_ALG_ES256), certificate_of(AA_ALG_ES256), pkcs1_of(AA_ALG_RS256), NULL,
			 json_of(aa_key_to_jwk(aa_private_key_public(make_key(AA_ALG_ES256))))};

	assert_int_equal(aa_key_to_ssh(aa_private_key_public(make_key(AA_ALG_EDDSA)), &texts[3]), AA_JOSE_OK);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_null(aa_private_form(texts[i], strlen(texts[i])));
		assert_int_equal(load_any(texts[i]), AA_JOSE_OK);
		free(texts[i]);
	}
}

/* PEM of these bytes. */
static enum aa_jose_err load_der(const uint8_t *der, size_t len)
{
	char *b64 = aa_base64_encode(der, len), *text = malloc(strlen(b64) + 64);
	enum aa_jose_err err;

	sprintf(text, "-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n", b64);
	err = load_any(text);
	free(text);
	free(b64);
	return err;
}

static uint8_t *der_of(enum aa_alg alg, size_t *ret_len)
{
	char *pem = pem_of(alg);
	uint8_t *der = der_in(pem, ret_len);

	free(pem);
	return der;
}

TEST(every_cut_of_a_der_key_is_refused)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		size_t len;
		uint8_t *der = der_of(kinds[i], &len);

		assert_int_equal(load_der(der, len), AA_JOSE_OK);
		for (size_t cut = 0; cut < len; cut++)
			assert_int_not_equal(load_der(der, cut), AA_JOSE_OK);
		free(der);
	}
}

/* Each byte before the key's own numbers has one value only. */
TEST(no_byte_of_a_der_keys_frame_can_be_changed)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		size_t len, frame = kinds[i] == AA_ALG_RS256 ? 28 : kinds[i] == AA_ALG_EDDSA ? 12 : 0;
		uint8_t *der = der_of(kinds[i], &len);

		for (size_t at = 0; at < (frame ? frame : 24); at++) {
			for (int bit = 0; bit < 8; bit++) {
				der[at] ^= (uint8_t)(1 << bit);
				assert_int_not_equal(load_der(der, len), AA_JOSE_OK);
				der[at] ^= (uint8_t)(1 << bit);
			}
		}
		free(der);
	}
}

TEST(an_ec_key_with_explicit_parameters_is_unfit)
{
	/* SEQUENCE { SEQUENCE { ecPublicKey, SEQUENCE {} }, BIT STRING } */
	static const uint8_t der[] = {0x30, 0x10, 0x30, 0x0b, 0x06, 0x07, 0x2a, 0x86, 0x48,
				      0xce, 0x3d, 0x02, 0x01, 0x30, 0x00, 0x03, 0x01, 0x00};
	uint8_t with_point[sizeof(der) + 1];

	memcpy(with_point, der, sizeof(der));
	with_point[1]++;
	with_point[sizeof(der) - 2] = 2;
	with_point[sizeof(der)] = 4;
	assert_int_equal(load_der(with_point, sizeof(with_point)), AA_JOSE_KEY_UNFIT);
}

static char *ssh_of(enum aa_alg alg)
{
	char *line = NULL;

	assert_int_equal(aa_key_to_ssh(aa_private_key_public(make_key(alg)), &line), AA_JOSE_OK);
	return line;
}

TEST(an_ssh_line_may_have_a_comment_and_nothing_else)
{
	char *line = ssh_of(AA_ALG_EDDSA), text[512];

	snprintf(text, sizeof(text), "%s builder@ci 7\n", line);
	assert_int_equal(load_any(text), AA_JOSE_OK);
	snprintf(text, sizeof(text), "%s\r\n", line); /* of an editor that ends lines so */
	assert_int_equal(load_any(text), AA_JOSE_OK);
	snprintf(text, sizeof(text), "%s\r%s\n", line, line);
	assert_int_equal(load_any(text), AA_JOSE_KEY_MALFORMED);
	snprintf(text, sizeof(text), "%s\n%s\n", line, line);
	assert_int_equal(load_any(text), AA_JOSE_KEY_MALFORMED);
	snprintf(text, sizeof(text), "restrict %s\n", line);
	assert_int_equal(load_any(text), AA_JOSE_KEY_MALFORMED);
	snprintf(text, sizeof(text), "ssh-rsa %s\n", line + strlen("ssh-ed25519 "));
	assert_int_equal(load_any(text), AA_JOSE_KEY_MALFORMED);
	snprintf(text, sizeof(text), "%.*s\n", (int)strlen(line) - 4, line);
	assert_int_equal(load_any(text), AA_JOSE_KEY_MALFORMED);
	assert_int_equal(load_any("ssh-dss AAAAB3NzaC1kc3MAAAAA\n"), AA_JOSE_KEY_UNFIT);
	assert_int_equal(load_any("ssh-ed25519\n"), AA_JOSE_KEY_MALFORMED);
	assert_int_equal(load_any(""), AA_JOSE_KEY_MALFORMED);
	assert_int_equal(load_any(" \n"), AA_JOSE_KEY_MALFORMED);
	assert_int_equal(load_any("<html>"), AA_JOSE_KEY_MALFORMED);
	free(line);
}

/* Says whether a blob that begins with this word of `len` bytes has a type. */
static bool has_type(const char *word, size_t len)
{
	uint8_t blob[256];
	struct aa_ssh_writer out = {blob, 0};
	char type[AA_SSH_TYPE_MAX];

	aa_ssh_put_string(&out, word, len);
	return aa_ssh_type_of((struct aa_ssh_reader){blob, out.n}, type);
}

/* A type that ended at a zero would be shown as another than was said. */
TEST(a_keys_type_is_a_short_text)
{
	char longest[AA_SSH_TYPE_MAX];

	memset(longest, 'x', sizeof(longest));
	assert_true(has_type("ssh-ed25519", 11));
	assert_false(has_type("ssh-ed25519\0x", 13));
	assert_true(has_type(longest, sizeof(longest) - 1));
	assert_false(has_type(longest, sizeof(longest)));
}
