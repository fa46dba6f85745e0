/* SPDX-License-Identifier: Apache-2.0 */
/* key_pem.c: public keys in PEM: SubjectPublicKeyInfo (RFC 7468 section 13, RFC 5280 section 4.1.2.7), PKCS#1 and
 * certificates.
 *
 * The few accepted shapes are taken apart here and not by OpenSSL 3's decoders: those need 110 microseconds for a
 * key, twice the time of a verification with it, and would accept every other kind of file as well.
 */
#define _GNU_SOURCE /* memmem */

#include "common/jose/key_pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <stdlib.h>
#include <string.h>

#include "common/jose/base64url.h"
#include "common/jose/curve.h"
#include "common/jose/key.h"
#include "common/jose/key_internal.h"

/* ---- DER ---------------------------------------------------------------- */

struct span {
	const uint8_t *p;
	size_t n;
};

enum {
	DER_INTEGER = 0x02,
	DER_BITS = 0x03,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_SEQUENCE = 0x30,
	DER_VERSION = 0xa0
};

/* Reads the length behind a tag: at most two bytes of it, in the shortest form, as DER asks. */
static bool der_length(struct span *in, size_t *ret)
{
	size_t len, bytes;

	if (in->n < 1)
		return false;
	len = in->p[0];
	bytes = len & 0x80 ? len & 0x7f : 0;
	if (bytes > 2 || (len == 0x80) || in->n < 1 + bytes)
		return false;
	if (bytes == 1)
		len = in->p[1];
	if (bytes == 2)
		len = (size_t)in->p[1] << 8 | in->p[2];
	if ((bytes == 1 && len < 0x80) || (bytes == 2 && len < 0x100))
		return false;
	in->p += 1 + bytes;
	in->n -= 1 + bytes;
	*ret = len;
	return true;
}

/* Takes one element off the front of `in`. */
static bool der_take(struct span *in, uint8_t tag, struct span *ret)
{
	struct span rest = *in;
	size_t len;

	if (rest.n < 1 || rest.p[0] != tag)
		return false;
	rest.p++;
	rest.n--;
	if (!der_length(&rest, &len) || len > rest.n)
		return false;
	*ret = (struct span){rest.p, len};
	*in = (struct span){rest.p + len, rest.n - len};
	return true;
}

/* Takes a positive number, without its sign byte. */
static bool der_take_number(struct span *in, struct span *ret)
{
	struct span n;

	if (!der_take(in, DER_INTEGER, &n) || n.n == 0 || n.p[0] & 0x80)
		return false;
	if (n.p[0] == 0 && n.n > 1) {
		if (!(n.p[1] & 0x80))
			return false;
		n.p++;
		n.n--;
	}
	*ret = n;
	return true;
}

static bool span_is(const struct span *span, const char *bytes, size_t len)
{
	return span->n == len && memcmp(span->p, bytes, len) == 0;
}

/* ---- the three kinds of key --------------------------------------------- */

/* Reads all that a "BEGIN RSA PUBLIC KEY" holds, RFC 8017 appendix A.1.1. */
static enum aa_jose_err pkcs1_from_der(struct span der, struct aa_key **ret)
{
	struct span seq, n, e;

	if (!der_take(&der, DER_SEQUENCE, &seq) || der.n != 0 || !der_take_number(&seq, &n) ||
	    !der_take_number(&seq, &e) || seq.n != 0)
		return AA_JOSE_KEY_MALFORMED;
	return aa_key_new_rsa(n.p, n.n, e.p, e.n, ret);
}

/* Reads an RSA key, with the NULL parameters that RFC 3279 section 2.3.1 demands. */
static enum aa_jose_err rsa_from_der(struct span params, struct span bits, struct aa_key **ret)
{
	struct span null;

	if (!der_take(&params, DER_NULL, &null) || null.n != 0 || params.n != 0)
		return AA_JOSE_KEY_MALFORMED;
	return pkcs1_from_der(bits, ret);
}

/* A curve must be named, RFC 5480 section 2.1.1. Parameters spelled out are how CVE-2020-0601 worked. */
static enum aa_jose_err ec_from_der(struct span params, struct span bits, struct aa_key **ret)
{
	struct span oid;

	if (!der_take(&params, DER_OID, &oid) || params.n != 0)
		return AA_JOSE_KEY_UNFIT;
	for (size_t i = 0; i < AA_CURVE_COUNT; i++)
		if (span_is(&oid, aa_curves[i].oid, aa_curves[i].oid_len))
			return aa_key_new_ec(&aa_curves[i], bits.p, bits.n, ret);
	return AA_JOSE_KEY_UNFIT;
}

static enum aa_jose_err key_from_der(struct span der, struct aa_key **ret)
{
	struct span spki, algorithm, oid, bits;

	if (!der_take(&der, DER_SEQUENCE, &spki) || der.n != 0 ||
	    !der_take(&spki, DER_SEQUENCE, &algorithm) || !der_take(&algorithm, DER_OID, &oid) ||
	    !der_take(&spki, DER_BITS, &bits) || spki.n != 0)
		return AA_JOSE_KEY_MALFORMED;
	if (bits.n < 2 || bits.p[0] != 0) /* the number of unused bits */
		return AA_JOSE_KEY_MALFORMED;
	bits.p++;
	bits.n--;
	if (span_is(&oid, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", 9))
		return rsa_from_der(algorithm, bits, ret);
	if (span_is(&oid, "\x2a\x86\x48\xce\x3d\x02\x01", 7))
		return ec_from_der(algorithm, bits, ret);
	if (!span_is(&oid, "\x2b\x65\x70", 3))
		return AA_JOSE_KEY_UNFIT;
	return algorithm.n == 0 ? aa_key_new_ed25519(bits.p, bits.n, ret) : AA_JOSE_KEY_MALFORMED;
}

/* A key of a provider has its numbers elsewhere, and not all providers give each of them out. All of them write a
 * SubjectPublicKeyInfo. */
enum aa_jose_err aa_key_from_pkey(const EVP_PKEY *pkey, struct aa_key **ret)
{
	enum aa_jose_err err = AA_JOSE_KEY_MALFORMED;
	uint8_t *der = NULL;
	int len;

	ERR_set_mark();
	len = i2d_PUBKEY(pkey, &der);
	ERR_pop_to_mark();
	if (len > 0)
		err = key_from_der((struct span){der, (size_t)len}, ret);
	OPENSSL_free(der);
	return err;
}

/* Reads the key of a certificate, RFC 5280 section 4.1. Its names, dates and signature say nothing here: the
 * administrator who registers the key trusts the key. */
static enum aa_jose_err certificate_from_der(struct span der, struct aa_key **ret)
{
	static const uint8_t before_key[] = {DER_INTEGER, DER_SEQUENCE, DER_SEQUENCE, DER_SEQUENCE,
					     DER_SEQUENCE};
	struct span certificate, signed_part, algorithm, bits, skipped, spki;

	if (!der_take(&der, DER_SEQUENCE, &certificate) || der.n != 0 ||
	    !der_take(&certificate, DER_SEQUENCE, &signed_part) ||
	    !der_take(&certificate, DER_SEQUENCE, &algorithm) || !der_take(&certificate, DER_BITS, &bits) ||
	    certificate.n != 0)
		return AA_JOSE_KEY_MALFORMED;
	(void)der_take(&signed_part, DER_VERSION, &skipped); /* the first version has none */
	for (size_t i = 0; i < sizeof(before_key); i++)
		if (!der_take(&signed_part, before_key[i], &skipped))
			return AA_JOSE_KEY_MALFORMED;
	spki = signed_part;
	if (!der_take(&signed_part, DER_SEQUENCE, &skipped))
		return AA_JOSE_KEY_MALFORMED;
	spki.n -= signed_part.n;
	return key_from_der(spki, ret);
}

/* ---- PEM ---------------------------------------------------------------- */

static bool contains(const char *text, size_t len, const char *what)
{
	return memmem(text, len, what, strlen(what)) != NULL;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static const struct {
	const char *begin, *end;
	enum aa_jose_err (*read)(struct span der, struct aa_key **ret);
} blocks[] = {
    {"-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----", key_from_der},
    {"-----BEGIN RSA PUBLIC KEY-----", "-----END RSA PUBLIC KEY-----", pkcs1_from_der},
    {"-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----", certificate_from_der},
};

static void trim(const char **p, size_t *len)
{
	while (*len > 0 && is_space((*p)[0])) {
		(*p)++;
		(*len)--;
	}
	while (*len > 0 && is_space((*p)[*len - 1]))
		(*len)--;
}

static bool begins(const char *text, size_t len, const char *what)
{
	return len >= strlen(what) && memcmp(text, what, strlen(what)) == 0;
}

enum aa_jose_err aa_pem_decode(const char *pem, size_t len, const char *begin, const char *end, uint8_t **ret,
			       size_t *ret_len)
{
	const char *stop;
	enum aa_jose_err err;
	size_t n = 0;
	char *body;

	trim(&pem, &len);
	if (!begins(pem, len, begin))
		return AA_JOSE_KEY_MALFORMED;
	pem += strlen(begin);
	len -= strlen(begin);
	stop = memmem(pem, len, end, strlen(end));
	if (!stop || stop + strlen(end) != pem + len)
		return AA_JOSE_KEY_MALFORMED;
	body = malloc((size_t)(stop - pem) + 1);
	if (!body)
		return AA_JOSE_NOMEM;
	for (const char *p = pem; p < stop; p++)
		if (!is_space(*p))
			body[n++] = *p;
	err = aa_base64_decode(body, n, ret, ret_len);
	OPENSSL_cleanse(body, n);
	free(body);
	return err == AA_JOSE_MALFORMED ? AA_JOSE_KEY_MALFORMED : err;
}

enum aa_jose_err aa_key_from_pem(const char *pem, size_t len, struct aa_key **ret)
{
	enum aa_jose_err err = AA_JOSE_KEY_MALFORMED;
	uint8_t *der = NULL;
	size_t der_len;

	if (contains(pem, len, "PRIVATE KEY-----"))
		return contains(pem, len, "ENCRYPTED") ? AA_JOSE_KEY_ENCRYPTED : AA_JOSE_KEY_PRIVATE;
	trim(&pem, &len);
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		if (!begins(pem, len, blocks[i].begin))
			continue;
		err = aa_pem_decode(pem, len, blocks[i].begin, blocks[i].end, &der, &der_len);
		if (err == AA_JOSE_OK)
			err = blocks[i].read((struct span){der, der_len}, ret);
	}
	free(der);
	return err;
}

enum aa_jose_err aa_key_to_pem(const struct aa_key *key, char **ret)
{
	enum aa_jose_err err = AA_JOSE_NOMEM;
	BIO *bio = BIO_new(BIO_s_mem());
	char *text, *copy;
	long len;

	if (!bio)
		return err;
	err = AA_JOSE_CRYPTO;
	if (PEM_write_bio_PUBKEY(bio, key->pkey) != 1 || (len = BIO_get_mem_data(bio, &text)) <= 0)
		goto out;
	err = AA_JOSE_NOMEM;
	copy = strndup(text, (size_t)len);
	if (!copy)
		goto out;
	*ret = copy;
	err = AA_JOSE_OK;
out:
	BIO_free(bio);
	return err;
}
