/* SPDX-License-Identifier: Apache-2.0 */
/* certificate.c: reads the certificate of the agent's key and takes its digest. */
#include "config.h"

#include "tools/agentauth/credential/certificate.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <stdlib.h>
#include <string.h>

#include "common/jose/base64url.h"
#include "common/jose/key.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_pem.h"
#include "common/jose/key_private.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/cli/say.h"

#define CERTIFICATE_MAX 65536

static X509 *parse(const char *path, const char *pem, size_t len)
{
	BIO *bio = BIO_new_mem_buf(pem, (int)len);
	X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

	BIO_free(bio);
	if (!certificate)
		say("%s holds no certificate (\"-----BEGIN CERTIFICATE-----\"). One in DER becomes PEM by: "
		    "openssl x509 -inform der -in '%s'",
		    path, path);
	return certificate;
}

/* Two keys are the same where their thumbprints are (RFC 7638). */
static bool is_of_key(const char *pem, size_t len, const struct aa_private_key *key)
{
	struct aa_key *public = NULL;
	char theirs[44], ours[44];
	bool same = aa_key_from_pem(pem, len, &public) == AA_JOSE_OK &&
		    aa_key_thumbprint(public, theirs) == AA_JOSE_OK &&
		    aa_key_thumbprint(aa_private_key_public(key), ours) == AA_JOSE_OK &&
		    strcmp(theirs, ours) == 0;

	aa_key_free(public);
	return same;
}

static int digest_of(const X509 *certificate, char ret[CERTIFICATE_DIGEST_SIZE])
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	char *text = NULL;

	if (X509_digest(certificate, EVP_sha256(), hash, &len) == 1)
		text = aa_base64url_encode(hash, len);
	if (!text)
		return say_error("memory is out");
	(void)strcpy(ret, text);
	free(text);
	return 0;
}

int certificate_digest(const char *path, const struct aa_private_key *key, char ret[CERTIFICATE_DIGEST_SIZE])
{
	char *expanded = own_expand(path), *pem = NULL;
	X509 *certificate = NULL;
	size_t len = 0;
	int result = -1;

	if (!expanded || own_read_any(expanded, CERTIFICATE_MAX, &pem, &len) < 0)
		goto out;
	certificate = parse(expanded, pem, len);
	if (!certificate)
		goto out;
	if (!is_of_key(pem, len, key))
		say("the certificate %s is of another key than the profile's: the provider would refuse what "
		    "is signed",
		    expanded);
	else if (X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0)
		say("the certificate %s has ended: make a new one, and register it with the provider",
		    expanded);
	else
		result = digest_of(certificate, ret);
out:
	X509_free(certificate);
	free(pem);
	free(expanded);
	return result;
}
