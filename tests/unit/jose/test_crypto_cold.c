/* SPDX-License-Identifier: Apache-2.0 */
/* test_crypto_cold.c: each function by which a process can come to OpenSSL, as the first that calls it, with the
 * allocations failing in turn by which OpenSSL begins. A program that does this may not touch OpenSSL itself. */
#include <config.h>

#include <string.h>

#include "common/jose/curve.h"
#include "common/jose/key.h"
#include "common/jose/key_internal.h"
#include "common/jose/key_pem.h"
#include "common/jose/key_private.h"
#include "common/jose/offered.h"
#include "tests/unit/support/support_faults.h"
#include "tests/unit/support/test.h"

#define FIRST 120 /* allocations: 52 of OpenSSL 3.0 are its context's */

enum { DONE, FAILED };

static int key_result(enum aa_jose_err err, struct aa_key *key)
{
	aa_key_free(err == AA_JOSE_OK ? key : NULL);
	return err == AA_JOSE_OK ? DONE : FAILED;
}

static int rsa_key(void *data)
{
	static const uint8_t e[] = {1, 0, 1};
	uint8_t n[256];
	struct aa_key *key = NULL;

	(void)data;
	memset(n, 0xd5, sizeof(n));
	return key_result(aa_key_new_rsa(n, sizeof(n), e, sizeof(e), &key), key);
}

static int ec_key(void *data)
{
	uint8_t point[1 + 2 * 32];
	struct aa_key *key = NULL;

	(void)data;
	if (!aa_curve_generator(&aa_curves[0], point, sizeof(point)))
		return FAILED;
	return key_result(aa_key_new_ec(&aa_curves[0], point, sizeof(point), &key), key);
}

static int ed25519_key(void *data)
{
	uint8_t base[32];
	struct aa_key *key = NULL;

	(void)data;
	memset(base, 0x66, sizeof(base));
	base[0] = 0x58;
	return key_result(aa_key_new_ed25519(base, sizeof(base), &key), key);
}

static int private_result(enum aa_jose_err err, struct aa_private_key *key)
{
	aa_private_key_free(err == AA_JOSE_OK ? key : NULL);
	return err == AA_JOSE_OK ? DONE : FAILED;
}

static int new_private_key(void *data)
{
	struct aa_private_key *key = NULL;

	(void)data;
	return private_result(aa_private_key_generate(AA_ALG_EDDSA, 0, &key), key);
}

static int private_pem(void *data)
{
	static const char pem[] = "-----BEGIN PRIVATE KEY-----\n"
				  "MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"
				  "-----END PRIVATE KEY-----\n";
	struct aa_private_key *key = NULL;

	(void)data;
	return private_result(aa_private_key_from_pem(pem, strlen(pem), NULL, &key), key);
}

static int no_pkcs12(void *data)
{
	struct aa_private_key *key = NULL;

	(void)data;
	return private_result(aa_private_key_from_pkcs12("0\0", 2, NULL, &key), key);
}

static int offered(void *data)
{
	(void)data;
	return aa_alg_is_offered(AA_ALG_ES256) ? DONE : FAILED;
}

static int not_fips(void *data)
{
	(void)data;
	return aa_fips_is_asked() ? FAILED : DONE;
}

/* A lack of memory is an answer, and no end of the process. */
static const char *anything(void *data, int answer)
{
	(void)data;
	(void)answer;
	return NULL;
}

TEST(a_process_in_which_openssl_cannot_begin_is_told_so_and_lives)
{
	static const struct support_scene scenes[] = {
	    {"an RSA key", NULL, rsa_key, anything, DONE},
	    {"a key of a curve", NULL, ec_key, anything, DONE},
	    {"an Ed25519 key", NULL, ed25519_key, anything, DONE},
	    {"a new key", NULL, new_private_key, anything, DONE},
	    {"a private key", NULL, private_pem, anything, DONE},
	    {"a file that is no key", NULL, no_pkcs12, anything, FAILED},
	    {"an algorithm", NULL, offered, anything, DONE},
	    {"FIPS", NULL, not_fips, anything, DONE},
	};

	for (size_t i = 0; i < COUNT(scenes); i++)
		support_faults_try_first(&scenes[i], FIRST, NULL);
}
