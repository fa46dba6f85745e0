/* SPDX-License-Identifier: Apache-2.0 */
/* key_jwk.c: public keys as JWK: RFC 7517, RFC 7518 section 6, RFC 8037 section 2, and the thumbprint of RFC 7638. */
#include "common/jose/key_jwk.h"

#include <stdlib.h>
#include <string.h>

#include "common/jose/base64url.h"
#include "common/jose/curve.h"
#include "common/jose/json.h"
#include "common/jose/key.h"
#include "common/jose/key_internal.h"
#include "common/jose/sha256.h"

/* Gives a member, or NULL. A member that is null counts as absent, since some encoders write one so. */
static const json_t *member(const json_t *jwk, const char *name)
{
	const json_t *value = json_object_get(jwk, name);

	return json_is_null(value) ? NULL : value;
}

/* A publisher of such a member has published a secret: the key must not be relied on. */
bool aa_jwk_has_private_member(const json_t *jwk)
{
	static const char *const names[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (member(jwk, names[i]))
			return true;
	return false;
}

static bool is_string(const json_t *value, const char *what)
{
	return json_string_length(value) == strlen(what) && strcmp(json_string_value(value), what) == 0;
}

static enum aa_jose_err check_key_ops(const json_t *ops)
{
	enum aa_jose_err err = AA_JOSE_KEY_UNFIT;

	if (!json_is_array(ops))
		return AA_JOSE_KEY_MALFORMED;
	for (size_t i = 0; i < json_array_size(ops); i++) {
		const json_t *op = json_array_get(ops, i);

		if (!json_is_string(op))
			return AA_JOSE_KEY_MALFORMED;
		if (is_string(op, "verify"))
			err = AA_JOSE_OK;
	}
	return err;
}

/* Checks the purpose that the key's owner gives it, RFC 7517 sections 4.2 and 4.3. A SPIFFE bundle's keys for tokens
 * are "jwt-svid" (SPIFFE Trust Domain and Bundle, section 4.2.2). */
static enum aa_jose_err check_purpose(const json_t *jwk)
{
	const json_t *use = member(jwk, "use"), *ops = member(jwk, "key_ops");

	if (use && !json_is_string(use))
		return AA_JOSE_KEY_MALFORMED;
	if (use && !is_string(use, "sig") && !is_string(use, "jwt-svid"))
		return AA_JOSE_KEY_UNFIT;
	return ops ? check_key_ops(ops) : AA_JOSE_OK;
}

/* Gives the length of base64url without the padding that RFC 7518 section 2 forbids and some publishers write. Only a
 * public key may have it: a key is known by its numbers, not by its text, so a second spelling changes nothing. */
static size_t without_padding(const char *text, size_t len)
{
	size_t n = len;

	while (len % 4 == 0 && n > 0 && len - n < 2 && text[n - 1] == '=')
		n--;
	return n;
}

enum aa_jose_err aa_jwk_bytes(const json_t *jwk, const char *name, uint8_t **ret, size_t *ret_len)
{
	const json_t *value = member(jwk, name);
	const char *text = json_string_value(value);
	enum aa_jose_err err;

	if (!text)
		return AA_JOSE_KEY_MALFORMED;
	err = aa_base64url_decode(text, without_padding(text, json_string_length(value)), ret, ret_len);
	return err == AA_JOSE_MALFORMED ? AA_JOSE_KEY_MALFORMED : err;
}

/* Reads a number, big endian. Zero octets in front of it, as encoders of signed integers write one, are taken off
 * until `least` octets are left. */
static enum aa_jose_err get_number(const json_t *jwk, const char *name, size_t least, uint8_t **ret,
				   size_t *ret_len)
{
	enum aa_jose_err err = aa_jwk_bytes(jwk, name, ret, ret_len);
	size_t zeros = 0;

	if (err != AA_JOSE_OK)
		return err;
	while (*ret_len - zeros > least && (*ret)[zeros] == 0)
		zeros++;
	memmove(*ret, *ret + zeros, *ret_len - zeros);
	*ret_len -= zeros;
	return AA_JOSE_OK;
}

static enum aa_jose_err rsa_from_jwk(const json_t *jwk, struct aa_key **ret)
{
	uint8_t *n = NULL, *e = NULL;
	size_t n_len, e_len;
	enum aa_jose_err err = get_number(jwk, "n", 1, &n, &n_len);

	if (err == AA_JOSE_OK)
		err = get_number(jwk, "e", 1, &e, &e_len);
	if (err == AA_JOSE_OK)
		err = aa_key_new_rsa(n, n_len, e, e_len, ret);
	free(n);
	free(e);
	return err;
}

static enum aa_jose_err ec_from_coordinates(const struct aa_curve *curve, const uint8_t *x, size_t x_len,
					    const uint8_t *y, size_t y_len, struct aa_key **ret)
{
	uint8_t point[1 + 2 * AA_EC_LEN_MAX] = {4};

	/* A coordinate has its full size, leading zeros included (RFC 7518 section 6.2.1.2). */
	if (x_len != curve->len || y_len != curve->len)
		return AA_JOSE_KEY_LENGTH;
	memcpy(point + 1, x, x_len);
	memcpy(point + 1 + x_len, y, y_len);
	return aa_key_new_ec(curve, point, 1 + x_len + y_len, ret);
}

static enum aa_jose_err ec_from_jwk(const json_t *jwk, struct aa_key **ret)
{
	const json_t *crv = member(jwk, "crv");
	const struct aa_curve *curve = NULL;
	uint8_t *x = NULL, *y = NULL;
	size_t x_len, y_len;
	enum aa_jose_err err;

	if (!json_is_string(crv))
		return AA_JOSE_KEY_MALFORMED;
	for (size_t i = 0; i < AA_CURVE_COUNT; i++)
		if (is_string(crv, aa_curves[i].crv))
			curve = &aa_curves[i];
	if (!curve)
		return AA_JOSE_KEY_UNFIT;
	err = get_number(jwk, "x", curve->len, &x, &x_len);
	if (err == AA_JOSE_OK)
		err = get_number(jwk, "y", curve->len, &y, &y_len);
	if (err == AA_JOSE_OK)
		err = ec_from_coordinates(curve, x, x_len, y, y_len, ret);
	free(x);
	free(y);
	return err;
}

static enum aa_jose_err okp_from_jwk(const json_t *jwk, struct aa_key **ret)
{
	const json_t *crv = member(jwk, "crv");
	enum aa_jose_err err;
	uint8_t *x = NULL;
	size_t len;

	if (!json_is_string(crv))
		return AA_JOSE_KEY_MALFORMED;
	if (!is_string(crv, "Ed25519"))
		return AA_JOSE_KEY_UNFIT;
	err = aa_jwk_bytes(jwk, "x", &x, &len);
	if (err == AA_JOSE_OK && len != AA_ED25519_LEN)
		err = AA_JOSE_KEY_LENGTH;
	if (err == AA_JOSE_OK)
		err = aa_key_new_ed25519(x, len, ret);
	free(x);
	return err;
}

static enum aa_jose_err material_from_jwk(const json_t *jwk, struct aa_key **ret)
{
	const json_t *kty = member(jwk, "kty");

	if (!json_is_string(kty))
		return AA_JOSE_KEY_MALFORMED;
	if (is_string(kty, "oct"))
		return AA_JOSE_KEY_PRIVATE;
	if (is_string(kty, "RSA"))
		return rsa_from_jwk(jwk, ret);
	if (is_string(kty, "EC"))
		return ec_from_jwk(jwk, ret);
	return is_string(kty, "OKP") ? okp_from_jwk(jwk, ret) : AA_JOSE_KEY_UNFIT;
}

/* Takes "alg" and "kid", which restrict and name the key. */
static enum aa_jose_err take_labels(const json_t *jwk, struct aa_key *key)
{
	const json_t *alg = member(jwk, "alg"), *kid = member(jwk, "kid");

	if (alg && !json_is_string(alg))
		return AA_JOSE_KEY_MALFORMED;
	if (alg) {
		enum aa_alg one = aa_alg_from_name(json_string_value(alg));

		if (one == AA_ALG_INVALID || !aa_key_fits(key, one))
			return AA_JOSE_KEY_UNFIT;
		key->alg = one;
	}
	if (kid) { /* one that is no string has the length 0, and no kid is as short */
		if (!aa_kid_is_valid(json_string_value(kid), json_string_length(kid)))
			return AA_JOSE_KEY_MALFORMED;
		key->kid = strdup(json_string_value(kid));
		if (!key->kid)
			return AA_JOSE_NOMEM;
	}
	return AA_JOSE_OK;
}

enum aa_jose_err aa_key_from_jwk(const json_t *jwk, struct aa_key **ret)
{
	struct aa_key *key = NULL;
	enum aa_jose_err err;

	if (!json_is_object(jwk))
		return AA_JOSE_KEY_MALFORMED;
	if (aa_jwk_has_private_member(jwk))
		return AA_JOSE_KEY_PRIVATE;
	err = check_purpose(jwk);
	if (err == AA_JOSE_OK)
		err = material_from_jwk(jwk, &key);
	if (err == AA_JOSE_OK)
		err = take_labels(jwk, key);
	if (err != AA_JOSE_OK) {
		aa_key_free(key);
		return err;
	}
	*ret = key;
	return AA_JOSE_OK;
}

static json_t *bytes_to_json(const uint8_t *bytes, size_t len)
{
	char *text = aa_base64url_encode(bytes, len);
	json_t *json = text ? json_string(text) : NULL;

	free(text);
	return json;
}

static json_t *ec_to_jwk(const struct aa_key *key)
{
	size_t len = key->curve->len;

	return json_pack("{s:s, s:s, s:o, s:o}", "kty", "EC", "crv", key->curve->crv, "x",
			 bytes_to_json(key->pub + 1, len), "y", bytes_to_json(key->pub + 1 + len, len));
}

json_t *aa_key_to_jwk(const struct aa_key *key)
{
	switch (key->kty) {
	case AA_KTY_RSA:
		return json_pack("{s:s, s:o, s:o}", "kty", "RSA", "n", bytes_to_json(key->pub, key->pub_len),
				 "e", bytes_to_json(key->e, key->e_len));
	case AA_KTY_EC:
		return ec_to_jwk(key);
	case AA_KTY_OKP:
		return json_pack("{s:s, s:s, s:o}", "kty", "OKP", "crv", "Ed25519", "x",
				 bytes_to_json(key->pub, key->pub_len));
	}
	return NULL;
}

/* The thumbprint is of the required members in the order of their names, without white space (RFC 7638 section 3). */
enum aa_jose_err aa_key_thumbprint(const struct aa_key *key, char ret[44])
{
	json_t *jwk = aa_key_to_jwk(key);
	char *text = jwk ? aa_json_text(jwk, JSON_COMPACT | JSON_SORT_KEYS) : NULL, *print = NULL;
	enum aa_jose_err err = AA_JOSE_NOMEM;

	if (!text)
		goto out;
	print = aa_sha256_base64url(text);
	if (!print)
		goto out;
	memcpy(ret, print, 44);
	err = AA_JOSE_OK;
out:
	free(print);
	free(text);
	json_decref(jwk);
	return err;
}
