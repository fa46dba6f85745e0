/* SPDX-License-Identifier: Apache-2.0 */
/* test_private_forms.c: private keys in the forms of other programs: OpenSSH's, JWK, PKCS#12. */
#include "common/jose/jws_sign.h"
#include "common/jose/key.h"
#include "common/jose/key_any.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_private.h"
#include "common/jose/key_ssh.h"
#include "tests/unit/support/jose_make.h"
#include "tests/unit/support/test.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/pkcs12.h>

#include <stdio.h>
#include <stdlib.h>

/* As ssh-keygen wrote them, for this test alone. */
static const struct {
	const char *private, *public;
} openssh[] = {
    {"-----BEGIN OPENSSH PRIVATE KEY-----\n"
     "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n"
     "QyNTUxOQAAACCdCI2D2xmvw6nF2HXCHpAIFTBB/8N0K0Vuww/xvLv+jQAAAIipD7TaqQ+0\n"
     "2gAAAAtzc2gtZWQyNTUxOQAAACCdCI2D2xmvw6nF2HXCHpAIFTBB/8N0K0Vuww/xvLv+jQ\n"
     "AAAEBabOBTDrqqcQNPS2spycPWqxiWBP13llnsvcB+NnZvbJ0IjYPbGa/DqcXYdcIekAgV\n"
     "MEH/w3QrRW7DD/G8u/6NAAAABHRlc3QB\n"
     "-----END OPENSSH PRIVATE KEY-----\n",
     "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0IjYPbGa/DqcXYdcIekAgVMEH/w3QrRW7DD/G8u/6N"},
    {"-----BEGIN OPENSSH PRIVATE KEY-----\n"
     "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAaAAAABNlY2RzYS\n"
     "1zaGEyLW5pc3RwMjU2AAAACG5pc3RwMjU2AAAAQQSHylTEcuU9GN/EkH4W02f86Hrt2S1L\n"
     "2U1s9vH2x32IJUcTqwvR9nBWTEXfwPQt3IsBfnXUkRfXLUw3rFD3nmROAAAAoD4pxDk+Kc\n"
     "Q5AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBIfKVMRy5T0Y38SQ\n"
     "fhbTZ/zoeu3ZLUvZTWz28fbHfYglRxOrC9H2cFZMRd/A9C3ciwF+ddSRF9ctTDesUPeeZE\n"
     "4AAAAhANH4dAYt2N7l3tdEyo+B2tYBGm43oH0TYbLuibX8K2U2AAAABHRlc3QBAgM=\n"
     "-----END OPENSSH PRIVATE KEY-----\n",
     "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBIfKVMRy5T0Y38SQfh"
     "bTZ/zoeu3ZLUvZTWz28fbHfYglRxOrC9H2cFZMRd/A9C3ciwF+ddSRF9ctTDesUPeeZE4="},
    {"-----BEGIN OPENSSH PRIVATE KEY-----\n"
     "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAiAAAABNlY2RzYS\n"
     "1zaGEyLW5pc3RwMzg0AAAACG5pc3RwMzg0AAAAYQQhDG6N9oeeuZyrl4m9vAwIp5ujPf0u\n"
     "/kohJb2ziidUSF15EFjn9QiVMOjTXj6rNTPF9SuzkQN/V92dkICfHY0oqFSSZmGAIrrSak\n"
     "v8UIpuqNJ2mtWKY/cm1tbSIYiK2N8AAADQPV+RdD1fkXQAAAATZWNkc2Etc2hhMi1uaXN0\n"
     "cDM4NAAAAAhuaXN0cDM4NAAAAGEEIQxujfaHnrmcq5eJvbwMCKeboz39Lv5KISW9s4onVE\n"
     "hdeRBY5/UIlTDo014+qzUzxfUrs5EDf1fdnZCAnx2NKKhUkmZhgCK60mpL/FCKbqjSdprV\n"
     "imP3JtbW0iGIitjfAAAAMQC4VQX39cJeCdFeHX0lwcijZsSI9aQQcfhpnbEZhqsEdMUjY9\n"
     "IyWtRA+TAk+/QoYtQAAAAEdGVzdAECAw==\n"
     "-----END OPENSSH PRIVATE KEY-----\n",
     "ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBCEMbo32h565nKuXib"
     "28DAinm6M9/S7+SiElvbOKJ1RIXXkQWOf1CJUw6NNePqs1M8X1K7ORA39X3Z2QgJ8djSioVJJmYYAiutJqS/xQim6o"
     "0naa1Ypj9ybW1tIhiIrY3w=="},
    {"-----BEGIN OPENSSH PRIVATE KEY-----\n"
     "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAArAAAABNlY2RzYS\n"
     "1zaGEyLW5pc3RwNTIxAAAACG5pc3RwNTIxAAAAhQQAru2m6A1xbaai2sna1NALhsjx6hCF\n"
     "EvcUQh7cJ3B2SoDaIhhXRAcVzNU/S92sfVvRe2+hTK+3AuFjAT5DMp0m6KgA4Yx5ONjvXP\n"
     "eA5gVQz4Jf3nhHsinVF6boVojo93Ouj7wcoLTipz9Epfl/9cCW959/lrEr9cd1SCXEg+wP\n"
     "O6QSmFEAAAEI0s+jS9LPo0sAAAATZWNkc2Etc2hhMi1uaXN0cDUyMQAAAAhuaXN0cDUyMQ\n"
     "AAAIUEAK7tpugNcW2motrJ2tTQC4bI8eoQhRL3FEIe3CdwdkqA2iIYV0QHFczVP0vdrH1b\n"
     "0XtvoUyvtwLhYwE+QzKdJuioAOGMeTjY71z3gOYFUM+CX954R7Ip1Rem6FaI6Pdzro+8HK\n"
     "C04qc/RKX5f/XAlveff5axK/XHdUglxIPsDzukEphRAAAAQgH/5WZY5yhDqhIrR+GRxauF\n"
     "aDmhWy1hU9bXJhQl9WPu186EwtDn6PkMQqrA8XHIX69Sig/7dW0wv+fGPncV/h+dGAAAAA\n"
     "R0ZXN0AQIDBAUG\n"
     "-----END OPENSSH PRIVATE KEY-----\n",
     "ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBACu7aboDXFtpqLayd"
     "rU0AuGyPHqEIUS9xRCHtwncHZKgNoiGFdEBxXM1T9L3ax9W9F7b6FMr7cC4WMBPkMynSboqADhjHk42O9c94DmBVDP"
     "gl/eeEeyKdUXpuhWiOj3c66PvBygtOKnP0Sl+X/1wJb3n3+WsSv1x3VIJcSD7A87pBKYUQ=="},
    {"-----BEGIN OPENSSH PRIVATE KEY-----\n"
     "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAABFwAAAAdzc2gtcn\n"
     "NhAAAAAwEAAQAAAQEAvBygSUBisKXaT/Ef56ARToNZiJwATzagNonw0HlNNEZP1+81DH8F\n"
     "HSbzm4xHU7cM+ZPz1Knef8yHirucfR7LYoB0ElYjtIMPCBz6OZ2EqdRcGrfMv39bH5OTfI\n"
     "hJrKpjpNUvc9oq7AmP2tpT9R8dNYGUrCy4bnBoJUaxjQwDDwUq1vtKsqR1fRpKz8YzWbcK\n"
     "CHWn0mWX/yZSfRfA3mxHHyN4oGWwVpfbtoUmDN9GdT3IicOM55LR9iPHZzCt3hSi3Ogex6\n"
     "BjvFQ36VBXSKyHdFdm9HR4sgkX+/hpVPwJXrN8uTerzQXUw9ECAS6ME2e+98Mq8KcFApt6\n"
     "sL3ejcTWIQAAA8AHjh/RB44f0QAAAAdzc2gtcnNhAAABAQC8HKBJQGKwpdpP8R/noBFOg1\n"
     "mInABPNqA2ifDQeU00Rk/X7zUMfwUdJvObjEdTtwz5k/PUqd5/zIeKu5x9HstigHQSViO0\n"
     "gw8IHPo5nYSp1Fwat8y/f1sfk5N8iEmsqmOk1S9z2irsCY/a2lP1Hx01gZSsLLhucGglRr\n"
     "GNDAMPBSrW+0qypHV9GkrPxjNZtwoIdafSZZf/JlJ9F8DebEcfI3igZbBWl9u2hSYM30Z1\n"
     "PciJw4znktH2I8dnMK3eFKLc6B7HoGO8VDfpUFdIrId0V2b0dHiyCRf7+GlU/Ales3y5N6\n"
     "vNBdTD0QIBLowTZ773wyrwpwUCm3qwvd6NxNYhAAAAAwEAAQAAAQBNFiwHKKfovOaUWPsa\n"
     "l8lP09rWdRtZWsjX4Lo7LGJbeC7TDfc+yjSlyCcPSLKYF0ztX9iNfxkrZPzseMp9qaduE7\n"
     "a9JuiV2hlIWVufTbImSFyAJG720LFeZMMNRupuJBsWWriJ8M8jEB4P8OVz706wdQwgbGkd\n"
     "9Nlw4SH0a4Y7Wk3eUmMjhYeE5W4+ebouZcj4X4BaWY/ZWV83Ne0LV010NGzwjXdsOFem2P\n"
     "+Q4HeVcqPMUuFU4N5mYkAye7LB9hBRoK8FTLiwy/JDP0LynhSqZ5i3iesSWxvic9kEISgo\n"
     "zJVXTMJUn+pcpoJ9sHtvMqGCZM8raY4qo0ip4IvzT7VDAAAAgQCxos2eL8VMrQueci90NW\n"
     "6SWKNnBW9hjuY9a9+kQMtN5WJyh6cJQl7qgYQ/ZhdFW0a1KTXnZfuPP4M6K698vGncZXzO\n"
     "OnT3Mac6Rn7oj23cv8ymmX2wyDd32HMsqEnCdxX6oAWKS4VUJqnb8ZDMVwnAmhPz0k5KXg\n"
     "ROEBox/MaDJAAAAIEA7MCBYoVjKr2yx1m2Z8zLsMbuemcLi9ACc6+E1qnGOF/Pxkqkfo7X\n"
     "c02pBfd3tLsKZoAMDyqnzEJkSdMwZVvI+7Hy69KVDSmcbrUumZzPpbzhDQTQJMEZT10LTM\n"
     "Xti1D3jHgrt2v/mtjvYpD98vw1L2Ev7AB2G6Vgzu18ctQI9Q8AAACBAMtnxzaG78XQKFaA\n"
     "89OJhrWlDuTX0GWT0j73nmrwgTylAoT+3Eyha5oCIDH3lANjscM1fwaqK9Lq0FLTATq5Vf\n"
     "gIK5QZdGutVwKjQd38iHeUxbgz8+V65f3rUIlwn6PuFwHbNr93mU6tidg/d29Y/0zA2ho5\n"
     "HByXxDxoHKlnlGHPAAAABHRlc3QBAgMEBQY=\n"
     "-----END OPENSSH PRIVATE KEY-----\n",
     "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC8HKBJQGKwpdpP8R/noBFOg1mInABPNqA2ifDQeU00Rk/X7zUMfw"
     "UdJvObjEdTtwz5k/PUqd5/zIeKu5x9HstigHQSViO0gw8IHPo5nYSp1Fwat8y/f1sfk5N8iEmsqmOk1S9z2irsCY/a"
     "2lP1Hx01gZSsLLhucGglRrGNDAMPBSrW+0qypHV9GkrPxjNZtwoIdafSZZf/JlJ9F8DebEcfI3igZbBWl9u2hSYM30"
     "Z1PciJw4znktH2I8dnMK3eFKLc6B7HoGO8VDfpUFdIrId0V2b0dHiyCRf7+GlU/Ales3y5N6vNBdTD0QIBLowTZ773"
     "wyrwpwUCm3qwvd6NxNYh"},
};
#define N_OPENSSH (sizeof(openssh) / sizeof(openssh[0]))

/* Its passphrase is "secret". */
static const char openssh_encrypted[] =
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    "b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABABocftcG\n"
    "FO+mL9g6BTrGlgAAAAEAAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIOWWv2gp8e1Y/iLl\n"
    "8VyHW41kduxz9Y1iapkigEtj3rjdAAAAkIemphfPawrcwIpq+Z4JQlRurLxJHiZ3s3pJny\n"
    "473sZ/GR1KM0ZKYPLHqrObxSrn4wHwgg9UJqMZDsrbDNxVsLeE9691P4xHxD3OEV/qmhQm\n"
    "OapE0kUOlKn18N3mF/J946EREg0Iw/+akttJwMKIBzJR68Mjzl6s3nzb31MVEyqI1eaMCJ\n"
    "eIraP9vFcHGDMXLA==\n"
    "-----END OPENSSH PRIVATE KEY-----\n";

static enum aa_jose_err load(const char *bytes, size_t len, const char *passphrase)
{
	struct aa_private_key *key = NULL;
	enum aa_jose_err err = aa_private_key_from_any(bytes, len, passphrase, &key);

	assert_true((err == AA_JOSE_OK) == (key != NULL));
	aa_private_key_free(key);
	return err;
}

static void assert_same_key(const struct aa_key *one, const struct aa_key *other)
{
	char a[44], b[44];

	assert_int_equal(aa_key_thumbprint(one, a), AA_JOSE_OK);
	assert_int_equal(aa_key_thumbprint(other, b), AA_JOSE_OK);
	assert_string_equal(a, b);
}

/* The bytes are the private half of this key, and what it signs is verified by it. */
static void is_private_of(const char *bytes, size_t len, const struct aa_key *public)
{
	struct aa_private_key *key = NULL;
	json_t *header = json_object();
	char *token = NULL;

	assert_int_equal(aa_private_key_from_any(bytes, len, NULL, &key), AA_JOSE_OK);
	assert_same_key(aa_private_key_public(key), public);
	assert_int_equal(aa_jws_sign(header, "x", 1, aa_key_default_alg(public), key, &token), AA_JOSE_OK);
	assert_int_equal(check_token(token, public), AA_JOSE_OK);
	free(token);
	json_decref(header);
	aa_private_key_free(key);
}

static void no_key_when_cut(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char *cut = malloc(i + 1); /* of this size, so that ASan sees a read behind it */

		memcpy(cut, bytes, i);
		assert_int_not_equal(load(cut, i, NULL), AA_JOSE_OK);
		free(cut);
	}
}

/* ---- OpenSSH's format ---------------------------------------------------- */

TEST(openssh_keys_of_each_kind_are_read)
{
	for (size_t i = 0; i < N_OPENSSH; i++) {
		struct aa_key *public = NULL;

		assert_int_equal(aa_key_from_ssh(openssh[i].public, strlen(openssh[i].public), &public),
				 AA_JOSE_OK);
		is_private_of(openssh[i].private, strlen(openssh[i].private), public);
		assert_int_equal(load(openssh[i].private, strlen(openssh[i].private), "not needed"),
				 AA_JOSE_OK);
		aa_key_free(public);
	}
}

#define OPENSSH_BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----\n"
#define OPENSSH_END "\n-----END OPENSSH PRIVATE KEY-----\n"

/* What is between the two lines. */
static uint8_t *openssh_bytes(const char *text, size_t *ret_len)
{
	const char *p = text + strlen(OPENSSH_BEGIN);
	char *b64 = calloc(1, strlen(text));
	uint8_t *bytes = NULL;
	size_t n = 0;

	for (; *p != '-'; p++)
		if (*p != '\n')
			b64[n++] = *p;
	assert_int_equal(aa_base64_decode(b64, n, &bytes, ret_len), AA_JOSE_OK);
	free(b64);
	return bytes;
}

static enum aa_jose_err load_openssh(const uint8_t *bytes, size_t len, struct aa_private_key **ret)
{
	char *b64 = aa_base64_encode(bytes, len), *text = malloc(strlen(b64) + 128);
	enum aa_jose_err err;

	sprintf(text, OPENSSH_BEGIN "%s" OPENSSH_END, b64);
	err = aa_private_key_from_any(text, strlen(text), NULL, ret);
	free(text);
	free(b64);
	return err;
}

TEST(openssh_keys_cut_anywhere_are_none)
{
	for (size_t i = 0; i < N_OPENSSH; i++) {
		struct aa_private_key *key = NULL;
		size_t len;
		uint8_t *bytes = openssh_bytes(openssh[i].private, &len);

		for (size_t cut = 0; cut < len; cut++)
			assert_int_not_equal(load_openssh(bytes, cut, &key), AA_JOSE_OK);
		assert_null(key);
		assert_int_equal(load_openssh(bytes, len, &key), AA_JOSE_OK);
		no_key_when_cut(openssh[i].private, strlen(openssh[i].private) - 1);
		aa_private_key_free(key);
		free(bytes);
	}
}

/* A byte that is bent is noticed, or says nothing of the key: it stands in the comment. */
TEST(openssh_keys_bent_anywhere_are_none)
{
	for (size_t i = 0; i < 3; i++) {
		size_t len, taken = 0;
		uint8_t *bytes = openssh_bytes(openssh[i].private, &len);

		for (size_t at = 0; at < len; at++) {
			struct aa_private_key *key = NULL;

			bytes[at] ^= 1;
			taken += load_openssh(bytes, len, &key) == AA_JOSE_OK;
			bytes[at] ^= 1;
			aa_private_key_free(key);
		}
		assert_in_range(taken, strlen("test"),
				strlen("test") + 1); /* its length may take in the padding */
		free(bytes);
	}
}

TEST(openssh_keys_with_a_passphrase_are_called_encrypted)
{
	assert_int_equal(load(openssh_encrypted, strlen(openssh_encrypted), NULL), AA_JOSE_KEY_ENCRYPTED);
	assert_int_equal(load(openssh_encrypted, strlen(openssh_encrypted), "secret"), AA_JOSE_KEY_ENCRYPTED);
}

/* ---- JWK ----------------------------------------------------------------- */

static void set_bytes(json_t *jwk, const char *name, const uint8_t *bytes, size_t len)
{
	char *text = aa_base64url_encode(bytes, len);

	json_object_set_new(jwk, name, json_string(text));
	free(text);
}

static void set_number(json_t *jwk, const char *name, const EVP_PKEY *pkey, const char *param)
{
	uint8_t bytes[1024];
	BIGNUM *bn = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(pkey, param, &bn), 1);
	set_bytes(jwk, name, bytes, (size_t)BN_bn2bin(bn, bytes));
	BN_free(bn);
}

static json_t *private_jwk(enum aa_alg alg)
{
	EVP_PKEY *pkey = aa_private_key_pkey(make_key(alg));
	json_t *jwk = make_jwk(alg);
	uint8_t seed[32];
	size_t len = sizeof(seed);

	if (EVP_PKEY_is_a(pkey, "RSA")) {
		set_number(jwk, "d", pkey, OSSL_PKEY_PARAM_RSA_D);
		set_number(jwk, "p", pkey, OSSL_PKEY_PARAM_RSA_FACTOR1);
		set_number(jwk, "q", pkey, OSSL_PKEY_PARAM_RSA_FACTOR2);
	} else if (EVP_PKEY_is_a(pkey, "EC")) {
		set_number(jwk, "d", pkey, OSSL_PKEY_PARAM_PRIV_KEY);
	} else {
		assert_int_equal(EVP_PKEY_get_raw_private_key(pkey, seed, &len), 1);
		set_bytes(jwk, "d", seed, len);
	}
	return jwk;
}

static enum aa_jose_err load_jwk(const json_t *jwk)
{
	char *text = json_dumps(jwk, 0);
	enum aa_jose_err err = load(text, strlen(text), NULL);

	free(text);
	return err;
}

static const enum aa_alg kinds[] = {AA_ALG_RS256, AA_ALG_ES256, AA_ALG_ES384, AA_ALG_ES512, AA_ALG_EDDSA};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

TEST(private_jwks_of_each_kind_are_read)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		json_t *jwk = private_jwk(kinds[i]);
		char *text = json_dumps(jwk, 0);

		is_private_of(text, strlen(text), aa_private_key_public(make_key(kinds[i])));
		no_key_when_cut(text, strlen(text));
		free(text);
		json_decref(jwk);
	}
}

TEST(a_private_jwk_whose_halves_do_not_belong_together_is_none)
{
	static const uint8_t other[] = {1,  2,	3,  4,	5,  6,	7,  8,	9,  10, 11, 12, 13, 14, 15, 16,
					17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 33};

	for (size_t i = 0; i < N_KINDS; i++) {
		json_t *jwk = private_jwk(kinds[i]);

		assert_int_equal(load_jwk(jwk), AA_JOSE_OK);
		set_bytes(jwk, "d", other, sizeof(other));
		assert_int_equal(load_jwk(jwk), AA_JOSE_KEY_MALFORMED);
		json_object_del(jwk, "d");
		assert_int_equal(load_jwk(jwk), AA_JOSE_KEY_MALFORMED);
		json_decref(jwk);
	}
}

TEST(a_private_jwk_keeps_its_labels)
{
	json_t *jwk = private_jwk(AA_ALG_ES256);
	struct aa_private_key *key = NULL;
	char *text;

	json_object_set_new(jwk, "kid", json_string("mine"));
	json_object_set_new(jwk, "key_ops", json_pack("[s]", "sign"));
	text = json_dumps(jwk, 0);
	assert_int_equal(aa_private_key_from_any(text, strlen(text), NULL, &key), AA_JOSE_OK);
	assert_string_equal(aa_key_kid(aa_private_key_public(key)), "mine");
	json_object_set_new(jwk, "key_ops", json_pack("[s]", "verify"));
	assert_int_equal(load_jwk(jwk), AA_JOSE_KEY_UNFIT);
	aa_private_key_free(key);
	free(text);
	json_decref(jwk);
}

/* ---- PKCS#12 ------------------------------------------------------------- */

static char *pkcs12_of(enum aa_alg alg, const char *passphrase, size_t *ret_len)
{
	EVP_PKEY *pkey = aa_private_key_pkey(make_key(alg));
	PKCS12 *p12 = PKCS12_create(passphrase, "x", pkey, NULL, NULL, 0, 0, 0, 0, 0);
	uint8_t *der = NULL;
	int len = i2d_PKCS12(p12, &der);
	char *copy;

	assert_true(len > 0);
	copy = malloc((size_t)len);
	memcpy(copy, der, (size_t)len);
	*ret_len = (size_t)len;
	OPENSSL_free(der);
	PKCS12_free(p12);
	return copy;
}

TEST(pkcs12_opens_with_its_passphrase_only)
{
	size_t len;
	char *p12 = pkcs12_of(AA_ALG_ES256, "correct horse", &len);

	assert_int_equal(load(p12, len, "correct horse"), AA_JOSE_OK);
	assert_int_equal(load(p12, len, "wrong horse"), AA_JOSE_KEY_ENCRYPTED);
	assert_int_equal(load(p12, len, NULL), AA_JOSE_KEY_ENCRYPTED);
	free(p12);
}

TEST(pkcs12_without_a_passphrase_is_read)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		size_t len;
		char *p12 = pkcs12_of(kinds[i], "", &len);

		is_private_of(p12, len, aa_private_key_public(make_key(kinds[i])));
		no_key_when_cut(p12, len);
		free(p12);
	}
}
