/* SPDX-License-Identifier: Apache-2.0 */
/* key_ssh.c: public keys as OpenSSH writes them: RFC 4253 section 6.6, RFC 5656 section 3.1, RFC 8709 section 4. */
#include "common/jose/key_ssh.h"

#include <openssl/evp.h>

#include <stdlib.h>
#include <string.h>

#include "common/jose/base64url.h"
#include "common/jose/curve.h"
#include "common/jose/key.h"
#include "common/jose/key_internal.h"
#include "common/jose/key_private.h"
#include "common/jose/ssh_wire.h"

#define SSH_ECDSA_PREFIX "ecdsa-sha2-"

static enum aa_jose_err rsa_from_blob(struct aa_ssh_reader *in, struct aa_key **ret)
{
	const uint8_t *n, *e;
	size_t n_len, e_len;

	if (!aa_ssh_take_mpint(in, &e, &e_len) || !aa_ssh_take_mpint(in, &n, &n_len) || in->n != 0)
		return AA_JOSE_KEY_MALFORMED;
	return aa_key_new_rsa(n, n_len, e, e_len, ret);
}

static enum aa_jose_err ec_from_blob(struct aa_ssh_reader *in, const char *name, struct aa_key **ret)
{
	const uint8_t *point;
	size_t len;

	for (size_t i = 0; i < AA_CURVE_COUNT; i++) {
		if (strcmp(name, aa_curves[i].ssh) != 0)
			continue;
		if (!aa_ssh_take_word(in, name) || !aa_ssh_take_string(in, &point, &len) || in->n != 0)
			return AA_JOSE_KEY_MALFORMED;
		return aa_key_new_ec(&aa_curves[i], point, len, ret);
	}
	return AA_JOSE_KEY_UNFIT;
}

static enum aa_jose_err ed25519_from_blob(struct aa_ssh_reader *in, struct aa_key **ret)
{
	const uint8_t *raw;
	size_t len;

	if (!aa_ssh_take_string(in, &raw, &len) || in->n != 0)
		return AA_JOSE_KEY_MALFORMED;
	return aa_key_new_ed25519(raw, len, ret);
}

/* The type stands twice, before the blob and in it: both must agree. */
enum aa_jose_err aa_key_from_ssh_type(const char *type, struct aa_ssh_reader in, struct aa_key **ret)
{
	if (!aa_ssh_take_word(&in, type))
		return AA_JOSE_KEY_MALFORMED;
	if (strcmp(type, "ssh-rsa") == 0)
		return rsa_from_blob(&in, ret);
	if (strcmp(type, "ssh-ed25519") == 0)
		return ed25519_from_blob(&in, ret);
	if (strncmp(type, SSH_ECDSA_PREFIX, strlen(SSH_ECDSA_PREFIX)) == 0)
		return ec_from_blob(&in, type + strlen(SSH_ECDSA_PREFIX), ret);
	return AA_JOSE_KEY_UNFIT;
}

enum aa_jose_err aa_key_from_ssh_blob(const uint8_t *blob, size_t len, struct aa_key **ret)
{
	struct aa_ssh_reader in = {blob, len};
	char type[AA_SSH_TYPE_MAX];

	return aa_ssh_type_of(in, type) ? aa_key_from_ssh_type(type, in, ret) : AA_JOSE_KEY_MALFORMED;
}

/* Measures the next word of the line, in [*p, end): words end at blanks. */
static size_t word_length(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && p[n] != ' ' && p[n] != '\t')
		n++;
	return n;
}

enum aa_jose_err aa_key_from_ssh(const char *line, size_t len, struct aa_key **ret)
{
	const char *end = line + len, *b64;
	uint8_t *blob = NULL;
	enum aa_jose_err err;
	size_t n, blob_len;
	char type[AA_SSH_TYPE_MAX];

	while (end > line && (end[-1] == '\n' || end[-1] == '\r'))
		end--;
	n = word_length(line, end);
	if (n == 0 || n >= sizeof(type) || memchr(line, '\n', (size_t)(end - line)) || memchr(line, 0, n))
		return AA_JOSE_KEY_MALFORMED;
	memcpy(type, line, n);
	type[n] = 0;
	for (b64 = line + n; b64 < end && (*b64 == ' ' || *b64 == '\t'); b64++)
		;
	err = aa_base64_decode(b64, word_length(b64, end), &blob, &blob_len);
	if (err == AA_JOSE_OK)
		err = aa_key_from_ssh_type(type, (struct aa_ssh_reader){blob, blob_len}, ret);
	free(blob);
	return err == AA_JOSE_MALFORMED ? AA_JOSE_KEY_MALFORMED : err;
}

static const char *type_of(const struct aa_key *key)
{
	static const char *const ecdsa[AA_CURVE_COUNT] = {
	    SSH_ECDSA_PREFIX "nistp256", SSH_ECDSA_PREFIX "nistp384", SSH_ECDSA_PREFIX "nistp521"};

	if (key->kty == AA_KTY_EC)
		return ecdsa[key->curve - aa_curves];
	return key->kty == AA_KTY_RSA ? "ssh-rsa" : "ssh-ed25519";
}

/* ---- signatures ----------------------------------------------------------- */

/* Aligns a number to the right in `len` bytes: RFC 7518 wants full length, and SSH writes numbers as short as they
 * are. */
static bool put_padded(uint8_t *out, size_t len, const uint8_t *number, size_t n)
{
	if (n > len)
		return false;
	memset(out, 0, len - n);
	memcpy(out + len - n, number, n);
	return true;
}

/* Reads the part behind the signature's type: r and s, or the whole signature. */
static bool read_signature(const struct aa_key *pub, struct aa_ssh_reader in, struct aa_signature *out)
{
	const uint8_t *one, *other;
	size_t one_len, other_len, half = out->len / 2;

	if (pub->kty != AA_KTY_EC)
		return put_padded(out->bytes, out->len, in.p, in.n);
	return aa_ssh_take_mpint(&in, &one, &one_len) && aa_ssh_take_mpint(&in, &other, &other_len) &&
	       in.n == 0 && put_padded(out->bytes, half, one, one_len) &&
	       put_padded(out->bytes + half, half, other, other_len);
}

static size_t signature_length(const struct aa_key *pub)
{
	if (pub->kty == AA_KTY_EC)
		return 2 * pub->curve->len;
	return pub->kty == AA_KTY_RSA ? pub->pub_len : 64; /* RFC 8032 section 5.1.6 */
}

enum aa_jose_err aa_signature_from_ssh(const struct aa_key *pub, enum aa_alg alg, const uint8_t *blob,
				       size_t len, struct aa_signature *ret)
{
	const char *type = type_of(pub);
	struct aa_ssh_reader in = {blob, len}, body;
	struct aa_signature sig = {NULL, signature_length(pub)};

	if (pub->kty == AA_KTY_RSA) /* "ssh-rsa" is SHA-1 here */
		type = alg == AA_ALG_RS512 ? "rsa-sha2-512" : "rsa-sha2-256";
	if (!aa_ssh_take_word(&in, type) || !aa_ssh_take_string(&in, &body.p, &body.n) || in.n != 0)
		return AA_JOSE_SIGNATURE;
	sig.bytes = malloc(sig.len);
	if (!sig.bytes)
		return AA_JOSE_NOMEM;
	if (!read_signature(pub, body, &sig)) {
		free(sig.bytes);
		return AA_JOSE_SIGNATURE;
	}
	*ret = sig;
	return AA_JOSE_OK;
}

/* ---- writing ------------------------------------------------------------ */

static void put_mpint(struct aa_ssh_writer *out, const uint8_t *bytes, size_t len)
{
	uint8_t padded[1 + AA_RSA_BITS_MAX / 8] = {0};

	memcpy(padded + 1, bytes, len);
	if (bytes[0] & 0x80)
		aa_ssh_put_string(out, padded, len + 1);
	else
		aa_ssh_put_string(out, bytes, len);
}

static void put_key(struct aa_ssh_writer *out, const struct aa_key *key, const char *type)
{
	aa_ssh_put_string(out, type, strlen(type));
	switch (key->kty) {
	case AA_KTY_RSA:
		put_mpint(out, key->e, key->e_len);
		put_mpint(out, key->pub, key->pub_len);
		break;
	case AA_KTY_EC:
		aa_ssh_put_string(out, key->curve->ssh, strlen(key->curve->ssh));
		aa_ssh_put_string(out, key->pub, key->pub_len);
		break;
	case AA_KTY_OKP:
		aa_ssh_put_string(out, key->pub, key->pub_len);
		break;
	}
}

enum aa_jose_err aa_key_to_ssh(const struct aa_key *key, char **ret)
{
	const char *type = type_of(key);
	size_t type_len = strlen(type);
	/* type, curve's name or exponent, numbers: 64 bytes are more than the lengths and signs take */
	struct aa_ssh_writer blob = {malloc(64 + 2 * type_len + key->pub_len + key->e_len), 0};
	char *b64 = NULL, *line = NULL;

	if (blob.p) {
		put_key(&blob, key, type);
		b64 = aa_base64_encode(blob.p, blob.n);
	}
	if (b64)
		line = malloc(type_len + 1 + strlen(b64) + 1);
	if (line) {
		memcpy(line, type, type_len);
		line[type_len] = ' ';
		strcpy(line + type_len + 1, b64);
		*ret = line;
	}
	free(b64);
	free(blob.p);
	return line ? AA_JOSE_OK : AA_JOSE_NOMEM;
}
