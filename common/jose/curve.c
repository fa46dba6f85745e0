/* SPDX-License-Identifier: Apache-2.0 */
/* curve.c: the three curves of RFC 7518 section 6.2.1.1, and keys on them made at little cost. */
#include "common/jose/curve.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <stdatomic.h>
#include <stdlib.h>

#include "common/jose/crypto.h"

static const uint8_t p256_order[] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
};
static const uint8_t p384_order[] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf,
    0x58, 0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73,
};
static const uint8_t p521_order[] = {
    0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfa,
    0x51, 0x86, 0x87, 0x83, 0xbf, 0x2f, 0x96, 0x6b, 0x7f, 0xcc, 0x01, 0x48, 0xf7, 0x09, 0xa5, 0xd0, 0x3b,
    0xb5, 0xc9, 0xb8, 0x89, 0x9c, 0x47, 0xae, 0xbb, 0x6f, 0xb7, 0x1e, 0x91, 0x38, 0x64, 0x09,
};

const struct aa_curve aa_curves[AA_CURVE_COUNT] = {
    {AA_ALG_ES256, "P-256", "prime256v1", "nistp256", "\x2a\x86\x48\xce\x3d\x03\x01\x07", 8, 32, p256_order},
    {AA_ALG_ES384, "P-384", "secp384r1", "nistp384", "\x2b\x81\x04\x00\x22", 5, 48, p384_order},
    {AA_ALG_ES512, "P-521", "secp521r1", "nistp521", "\x2b\x81\x04\x00\x23", 5, 66, p521_order},
};

/* Setting up a group costs OpenSSL a third of a P-256 verification, copying one a tenth. These templates hold a
 * curve's parameters and never change once they are made: nothing else is kept between calls. */
static _Atomic(EVP_PKEY *) templates[AA_CURVE_COUNT];

/* atexit() calls this, and no destructor: it runs when this object is unloaded, or at exit before OpenSSL's own. */
static void free_templates(void)
{
	for (size_t i = 0; i < AA_CURVE_COUNT; i++)
		EVP_PKEY_free(atomic_exchange(&templates[i], NULL));
}

static EVP_PKEY *from_group(const struct aa_curve *curve)
{
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)(uintptr_t)curve->group, 0),
	    OSSL_PARAM_END,
	};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *pkey = NULL;

	if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEY_PARAMETERS, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static EVP_PKEY *template_of(const struct aa_curve *curve)
{
	static atomic_flag registered = ATOMIC_FLAG_INIT;
	_Atomic(EVP_PKEY *) *slot = &templates[curve - aa_curves];
	EVP_PKEY *made, *there = atomic_load(slot);

	if (there || !aa_crypto_begin())
		return there;
	made = from_group(curve);
	if (!made)
		return NULL;
	if (!atomic_flag_test_and_set(&registered) && atexit(free_templates) != 0) {
		atomic_flag_clear(&registered);
		EVP_PKEY_free(made);
		return NULL;
	}
	if (atomic_compare_exchange_strong(slot, &there, made))
		return made;
	EVP_PKEY_free(made);
	return there;
}

bool aa_curve_generator(const struct aa_curve *curve, uint8_t *out, size_t size)
{
	EVP_PKEY *template = template_of(curve);
	size_t len;

	return template &&
	       EVP_PKEY_get_octet_string_param(template, OSSL_PKEY_PARAM_EC_GENERATOR, out, size, &len) ==
		   1 &&
	       len == 1 + 2 * curve->len;
}

EVP_PKEY *aa_curve_pkey(const struct aa_curve *curve, const uint8_t *point, size_t len)
{
	EVP_PKEY *template = template_of(curve), *pkey = template ? EVP_PKEY_dup(template) : NULL;

	if (pkey && EVP_PKEY_set1_encoded_public_key(pkey, point, len) != 1) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	return pkey;
}
