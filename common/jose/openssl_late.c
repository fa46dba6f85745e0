/* SPDX-License-Identifier: Apache-2.0 */
/* openssl_late.c: loads libcrypto when it is first called, which is where a signature is verified, and nowhere else. An
 * agent's sudo and cron job verify none, and libcrypto, with what it does when it is first used and when the process ends,
 * was most of what an agent's sudo cost more than a person's. The calls are OpenSSL's own, so that the rest of common/jose
 * does not know.
 *
 * The dynamic linker finds the library as it finds one that a module is linked with: by its name, in the system's own
 * directories, whatever the environment says where the program is set-user-ID. Without it aa_crypto_begin() says no, as for
 * want of memory, and no signature is good.
 */
#include "config.h"

#include <dlfcn.h>

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#define LIBRARY "libcrypto.so.3"

static void *find(const char *name)
{
	static void *library;

	if (!library)
		library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	return library ? dlsym(library, name) : NULL;
}

BIGNUM *BN_bin2bn(const unsigned char *bytes, int n, BIGNUM *into)
{
	BIGNUM *(*call)(const unsigned char *, int, BIGNUM *) = find("BN_bin2bn");

	return call ? call(bytes, n, into) : NULL;
}

int BN_bn2nativepad(const BIGNUM *number, unsigned char *to, int n)
{
	int (*call)(const BIGNUM *, unsigned char *, int) = find("BN_bn2nativepad");

	return call ? call(number, to, n) : -1;
}

void BN_free(BIGNUM *number)
{
	void (*call)(BIGNUM *) = find("BN_free");

	if (call)
		call(number);
}

int ERR_set_mark(void)
{
	int (*call)(void) = find("ERR_set_mark");

	return call ? call() : 0;
}

int ERR_pop_to_mark(void)
{
	int (*call)(void) = find("ERR_pop_to_mark");

	return call ? call() : 0;
}

int EVP_DigestVerifyInit(EVP_MD_CTX *ctx, EVP_PKEY_CTX **pctx, const EVP_MD *type, ENGINE *engine,
			 EVP_PKEY *key)
{
	int (*call)(EVP_MD_CTX *, EVP_PKEY_CTX **, const EVP_MD *, ENGINE *, EVP_PKEY *) =
	    find("EVP_DigestVerifyInit");

	return call ? call(ctx, pctx, type, engine, key) : 0;
}

int EVP_DigestVerify(EVP_MD_CTX *ctx, const unsigned char *signature, size_t n, const unsigned char *text,
		     size_t len)
{
	int (*call)(EVP_MD_CTX *, const unsigned char *, size_t, const unsigned char *, size_t) =
	    find("EVP_DigestVerify");

	return call ? call(ctx, signature, n, text, len) : 0;
}

EVP_KEYMGMT *EVP_KEYMGMT_fetch(OSSL_LIB_CTX *ctx, const char *name, const char *properties)
{
	EVP_KEYMGMT *(*call)(OSSL_LIB_CTX *, const char *, const char *) = find("EVP_KEYMGMT_fetch");

	return call ? call(ctx, name, properties) : NULL;
}

void EVP_KEYMGMT_free(EVP_KEYMGMT *keymgmt)
{
	void (*call)(EVP_KEYMGMT *) = find("EVP_KEYMGMT_free");

	if (call)
		call(keymgmt);
}

EVP_MD_CTX *EVP_MD_CTX_new(void)
{
	EVP_MD_CTX *(*call)(void) = find("EVP_MD_CTX_new");

	return call ? call() : NULL;
}

void EVP_MD_CTX_free(EVP_MD_CTX *ctx)
{
	void (*call)(EVP_MD_CTX *) = find("EVP_MD_CTX_free");

	if (call)
		call(ctx);
}

EVP_MD *EVP_MD_fetch(OSSL_LIB_CTX *ctx, const char *name, const char *properties)
{
	EVP_MD *(*call)(OSSL_LIB_CTX *, const char *, const char *) = find("EVP_MD_fetch");

	return call ? call(ctx, name, properties) : NULL;
}

void EVP_MD_free(EVP_MD *md)
{
	void (*call)(EVP_MD *) = find("EVP_MD_free");

	if (call)
		call(md);
}

const char *EVP_MD_get0_name(const EVP_MD *md)
{
	const char *(*call)(const EVP_MD *) = find("EVP_MD_get0_name");

	return call ? call(md) : NULL;
}

OSSL_LIB_CTX *OSSL_LIB_CTX_get0_global_default(void)
{
	OSSL_LIB_CTX *(*call)(void) = find("OSSL_LIB_CTX_get0_global_default");

	return call ? call() : NULL;
}

EVP_PKEY_CTX *EVP_PKEY_CTX_new_from_name(OSSL_LIB_CTX *ctx, const char *name, const char *properties)
{
	EVP_PKEY_CTX *(*call)(OSSL_LIB_CTX *, const char *, const char *) =
	    find("EVP_PKEY_CTX_new_from_name");

	return call ? call(ctx, name, properties) : NULL;
}

void EVP_PKEY_CTX_free(EVP_PKEY_CTX *ctx)
{
	void (*call)(EVP_PKEY_CTX *) = find("EVP_PKEY_CTX_free");

	if (call)
		call(ctx);
}

int EVP_PKEY_CTX_set_rsa_mgf1_md(EVP_PKEY_CTX *ctx, const EVP_MD *md)
{
	int (*call)(EVP_PKEY_CTX *, const EVP_MD *) = find("EVP_PKEY_CTX_set_rsa_mgf1_md");

	return call ? call(ctx, md) : 0;
}

int EVP_PKEY_CTX_set_rsa_padding(EVP_PKEY_CTX *ctx, int padding)
{
	int (*call)(EVP_PKEY_CTX *, int) = find("EVP_PKEY_CTX_set_rsa_padding");

	return call ? call(ctx, padding) : 0;
}

int EVP_PKEY_CTX_set_rsa_pss_saltlen(EVP_PKEY_CTX *ctx, int len)
{
	int (*call)(EVP_PKEY_CTX *, int) = find("EVP_PKEY_CTX_set_rsa_pss_saltlen");

	return call ? call(ctx, len) : 0;
}

EVP_PKEY *EVP_PKEY_dup(EVP_PKEY *key)
{
	EVP_PKEY *(*call)(EVP_PKEY *) = find("EVP_PKEY_dup");

	return call ? call(key) : NULL;
}

void EVP_PKEY_free(EVP_PKEY *key)
{
	void (*call)(EVP_PKEY *) = find("EVP_PKEY_free");

	if (call)
		call(key);
}

int EVP_PKEY_fromdata_init(EVP_PKEY_CTX *ctx)
{
	int (*call)(EVP_PKEY_CTX *) = find("EVP_PKEY_fromdata_init");

	return call ? call(ctx) : 0;
}

int EVP_PKEY_fromdata(EVP_PKEY_CTX *ctx, EVP_PKEY **key, int selection, OSSL_PARAM params[])
{
	int (*call)(EVP_PKEY_CTX *, EVP_PKEY **, int, OSSL_PARAM *) = find("EVP_PKEY_fromdata");

	return call ? call(ctx, key, selection, params) : 0;
}

int EVP_PKEY_get_octet_string_param(const EVP_PKEY *key, const char *name, unsigned char *to, size_t cap,
				    size_t *n)
{
	int (*call)(const EVP_PKEY *, const char *, unsigned char *, size_t, size_t *) =
	    find("EVP_PKEY_get_octet_string_param");

	return call ? call(key, name, to, cap, n) : 0;
}

int EVP_PKEY_get_size(const EVP_PKEY *key)
{
	int (*call)(const EVP_PKEY *) = find("EVP_PKEY_get_size");

	return call ? call(key) : 0;
}

int EVP_PKEY_is_a(const EVP_PKEY *key, const char *name)
{
	int (*call)(const EVP_PKEY *, const char *) = find("EVP_PKEY_is_a");

	return call ? call(key, name) : 0;
}

EVP_PKEY *EVP_PKEY_new_raw_public_key(int type, ENGINE *engine, const unsigned char *bytes, size_t n)
{
	EVP_PKEY *(*call)(int, ENGINE *, const unsigned char *, size_t) = find("EVP_PKEY_new_raw_public_key");

	return call ? call(type, engine, bytes, n) : NULL;
}

int EVP_PKEY_set1_encoded_public_key(EVP_PKEY *key, const unsigned char *bytes, size_t n)
{
	int (*call)(EVP_PKEY *, const unsigned char *, size_t) = find("EVP_PKEY_set1_encoded_public_key");

	return call ? call(key, bytes, n) : 0;
}

EVP_SIGNATURE *EVP_SIGNATURE_fetch(OSSL_LIB_CTX *ctx, const char *name, const char *properties)
{
	EVP_SIGNATURE *(*call)(OSSL_LIB_CTX *, const char *, const char *) = find("EVP_SIGNATURE_fetch");

	return call ? call(ctx, name, properties) : NULL;
}

void EVP_SIGNATURE_free(EVP_SIGNATURE *signature)
{
	void (*call)(EVP_SIGNATURE *) = find("EVP_SIGNATURE_free");

	if (call)
		call(signature);
}

int EVP_default_properties_is_fips_enabled(OSSL_LIB_CTX *ctx)
{
	int (*call)(OSSL_LIB_CTX *) = find("EVP_default_properties_is_fips_enabled");

	return call ? call(ctx) : 0;
}

const EVP_MD *EVP_sha256(void)
{
	const EVP_MD *(*call)(void) = find("EVP_sha256");

	return call ? call() : NULL;
}

const EVP_MD *EVP_sha384(void)
{
	const EVP_MD *(*call)(void) = find("EVP_sha384");

	return call ? call() : NULL;
}

const EVP_MD *EVP_sha512(void)
{
	const EVP_MD *(*call)(void) = find("EVP_sha512");

	return call ? call() : NULL;
}

OSSL_PARAM OSSL_PARAM_construct_BN(const char *name, unsigned char *buf, size_t n)
{
	OSSL_PARAM (*call)(const char *, unsigned char *, size_t) = find("OSSL_PARAM_construct_BN");

	return call ? call(name, buf, n) : (OSSL_PARAM){0};
}

OSSL_PARAM OSSL_PARAM_construct_utf8_string(const char *name, char *text, size_t n)
{
	OSSL_PARAM (*call)(const char *, char *, size_t) = find("OSSL_PARAM_construct_utf8_string");

	return call ? call(name, text, n) : (OSSL_PARAM){0};
}
