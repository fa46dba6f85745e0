/* SPDX-License-Identifier: Apache-2.0 */
/* jws_general.c: takes the general JSON serialization apart, and hands each signature on as a compact JWS. */

#include "common/jose/jws_general.h"

#include <jansson.h>

#include <stdlib.h>
#include <string.h>

#include "common/jose/base64url.h"
#include "common/jose/json.h"
#include "common/jose/jws.h"
#include "common/jose/jws_sign.h"
#include "common/jose/jws_verify.h"
#include "common/jose/key_jwk.h"

void aa_jws_general_free(struct aa_jws_general *jws)
{
	if (!jws)
		return;
	for (size_t i = 0; i < jws->n; i++) {
		free(jws->parts[i].header);
		free(jws->parts[i].signature);
	}
	free(jws->payload);
	free(jws);
}

/* Copies a member that must be a string without a dot, which would move the segments of the compact form. */
static enum aa_jose_err take(const json_t *object, const char *name, char **ret)
{
	const char *text = json_string_value(json_object_get(object, name));

	if (!text || strchr(text, '.'))
		return AA_JOSE_MALFORMED;
	*ret = strdup(text);
	return *ret ? AA_JOSE_OK : AA_JOSE_NOMEM;
}

static enum aa_jose_err take_parts(const json_t *list, struct aa_jws_general *jws)
{
	enum aa_jose_err err = AA_JOSE_OK;

	if (!json_is_array(list))
		return AA_JOSE_MALFORMED;
	if (json_array_size(list) > AA_JWS_SIGNATURES_MAX)
		return AA_JOSE_OVERSIZE;
	for (size_t i = 0; i < json_array_size(list) && err == AA_JOSE_OK; i++) {
		const json_t *one = json_array_get(list, i);
		struct aa_jws_part *part = &jws->parts[i];

		if (json_object_size(one) != 2)
			return AA_JOSE_MALFORMED;
		jws->n = i + 1;
		err = take(one, "protected", &part->header);
		if (err == AA_JOSE_OK)
			err = take(one, "signature", &part->signature);
	}
	return err;
}

enum aa_jose_err aa_jws_general_parse(const char *text, size_t len, struct aa_jws_general **ret)
{
	json_t *json = NULL;
	enum aa_jose_err err = aa_json_object(text, len, &json);
	struct aa_jws_general *jws;

	if (err != AA_JOSE_OK)
		return err;
	jws = calloc(1, sizeof(*jws));
	err = !jws ? AA_JOSE_NOMEM : json_object_size(json) == 2 ? AA_JOSE_OK : AA_JOSE_MALFORMED;
	if (err == AA_JOSE_OK)
		err = take(json, "payload", &jws->payload);
	if (err == AA_JOSE_OK)
		err = take_parts(json_object_get(json, "signatures"), jws);
	json_decref(json);
	if (err == AA_JOSE_OK)
		*ret = jws;
	else
		aa_jws_general_free(jws);
	return err;
}

enum aa_jose_err aa_jws_general_new(const void *payload, size_t len, struct aa_jws_general **ret)
{
	struct aa_jws_general *jws = calloc(1, sizeof(*jws));

	if (jws)
		jws->payload = aa_base64url_encode(payload, len);
	if (!jws || !jws->payload) {
		aa_jws_general_free(jws);
		return AA_JOSE_NOMEM;
	}
	*ret = jws;
	return AA_JOSE_OK;
}

enum aa_jose_err aa_jws_general_payload(const struct aa_jws_general *jws, uint8_t **ret, size_t *ret_len)
{
	return aa_base64url_decode(jws->payload, strlen(jws->payload), ret, ret_len);
}

/* Makes "protected.payload.signature", from malloc(). */
static char *compact(const struct aa_jws_general *jws, size_t i, size_t *ret_len)
{
	const struct aa_jws_part *part = &jws->parts[i];
	size_t head = strlen(part->header), body = strlen(jws->payload), tail = strlen(part->signature);
	char *text = malloc(head + body + tail + 3);

	if (!text)
		return NULL;
	memcpy(text, part->header, head);
	text[head] = '.';
	memcpy(text + head + 1, jws->payload, body);
	text[head + 1 + body] = '.';
	memcpy(text + head + body + 2, part->signature, tail + 1);
	*ret_len = head + body + tail + 2;
	return text;
}

enum aa_jose_err aa_jws_general_verify(const struct aa_jws_general *jws, size_t i, const char *typ,
				       const struct aa_key *key)
{
	size_t len = 0;
	char *token = compact(jws, i, &len);
	struct aa_jws *one = NULL;
	enum aa_jose_err err = token ? aa_jws_parse(token, len, len, &one) : AA_JOSE_NOMEM;

	if (err == AA_JOSE_OK && (!one->typ || strcmp(one->typ, typ) != 0))
		err = AA_JOSE_SIGNATURE;
	if (err == AA_JOSE_OK)
		err = aa_jws_verify(one, key);
	aa_jws_free(one);
	free(token);
	return err;
}

/* Takes the two ends of a compact JWS, whose middle is the payload. */
static enum aa_jose_err add_part(struct aa_jws_general *jws, const char *token)
{
	const char *dot = strchr(token, '.'), *last = strrchr(token, '.');
	struct aa_jws_part part = {strndup(token, (size_t)(dot - token)), strdup(last + 1)};

	if (!part.header || !part.signature) {
		free(part.header);
		free(part.signature);
		return AA_JOSE_NOMEM;
	}
	jws->parts[jws->n++] = part;
	return AA_JOSE_OK;
}

enum aa_jose_err aa_jws_general_sign(struct aa_jws_general *jws, const char *typ,
				     const struct aa_private_key *key)
{
	const struct aa_key *pub = aa_private_key_public(key);
	char kid[AA_THUMBPRINT_SIZE], *token = NULL;
	enum aa_jose_err err =
	    jws->n < AA_JWS_SIGNATURES_MAX ? aa_key_thumbprint(pub, kid) : AA_JOSE_OVERSIZE;
	uint8_t *payload = NULL;
	json_t *header = NULL;
	size_t len = 0;

	if (err == AA_JOSE_OK)
		err = aa_jws_general_payload(jws, &payload, &len);
	if (err == AA_JOSE_OK)
		header = json_pack("{s:s, s:s}", "kid", kid, "typ", typ);
	if (err == AA_JOSE_OK)
		err = header ? aa_jws_sign(header, payload, len, aa_key_default_alg(pub), key, &token)
			     : AA_JOSE_NOMEM;
	if (err == AA_JOSE_OK)
		err = add_part(jws, token);
	json_decref(header);
	free(payload);
	free(token);
	return err;
}

char *aa_jws_general_text(const struct aa_jws_general *jws)
{
	json_t *list = json_array(), *json;
	char *text;
	int r = list ? 0 : -1;

	for (size_t i = 0; i < jws->n && r == 0; i++)
		r = json_array_append_new(list, json_pack("{s:s, s:s}", "protected", jws->parts[i].header,
							  "signature", jws->parts[i].signature));
	json = r == 0 ? json_pack("{s:s, s:O}", "payload", jws->payload, "signatures", list) : NULL;
	text = json ? aa_json_text(json, JSON_COMPACT) : NULL;
	json_decref(json);
	json_decref(list);
	return text;
}
