/* SPDX-License-Identifier: Apache-2.0 */
/* bench_openssl.c: the peer of a login's decision: a new process that loads a public key and verifies one signature with OpenSSL,
 * and does nothing else. It is linked with libpam and with the libraries of the PAM module, since a process that asks PAM for
 * the same cannot be without them. Usage: bench_openssl KEY.pem MESSAGE SIGNATURE */
#include <config.h>

#include <stdio.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

static size_t read_file(const char *path, unsigned char *ret, size_t cap)
{
	FILE *file = fopen(path, "re");
	size_t n = file ? fread(ret, 1, cap, file) : 0;

	if (file)
		fclose(file);
	return n;
}

int main(int argc, char **argv)
{
	static unsigned char message[16384], signature[2048];
	FILE *file = argc == 4 ? fopen(argv[1], "re") : NULL;
	EVP_PKEY *key = file ? PEM_read_PUBKEY(file, NULL, NULL, NULL) : NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t message_len = key ? read_file(argv[2], message, sizeof(message)) : 0;
	size_t signature_len = key ? read_file(argv[3], signature, sizeof(signature)) : 0;
	int good = key && ctx && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
		   EVP_DigestVerify(ctx, signature, signature_len, message, message_len) == 1;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	if (file)
		fclose(file);
	return good ? 0 : 1;
}
