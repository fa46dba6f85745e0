/* SPDX-License-Identifier: Apache-2.0 */
/* jws.c: takes a compact JWS apart, and believes nothing of it. */

#include "common/jose/jws.h"

#include <stdlib.h>
#include <string.h>

#include "common/jose/base64url.h"
#include "common/jose/json.h"
#include "common/jose/key_internal.h"

struct segment {
	const char *p;
	size_t n;
};

void aa_jws_free(struct aa_jws *jws)
{
	if (!jws)
		return;
	json_decref(jws->header);
	if (jws->payload)
		explicit_bzero(jws->payload, jws->payload_len);
	if (jws->signature)
		explicit_bzero(jws->signature, jws->signature_len);
	free(jws->payload);
	free(jws->signature);
	free(jws);
}

/* RFC 7515 section 3.1 demands two dots. A header that is empty is refused as text that is no object. A payload may be empty (section 2: any
 * octets); the claims of a credential are then refused. An empty signature is refused after the header, so that a
 * token of alg none is refused for its alg. */
static enum aa_jose_err split(const char *token, size_t len, struct segment ret[3])
{
	const char *end = token + len, *p = token;

	for (int i = 0; i < 3; i++) {
		const char *dot = memchr(p, '.', (size_t)(end - p));

		if ((dot != NULL) != (i < 2))
			return AA_JOSE_MALFORMED;
		ret[i] = (struct segment){p, (size_t)((dot ? dot : end) - p)};
		p = dot ? dot + 1 : end;
	}
	return AA_JOSE_OK;
}

/* Gives the value of a member, where the string before `p`, at the top level of an object, names one. */
static const char *value_behind_name(const char *p, const char *end)
{
	p = aa_json_skip_space(p, end);
	if (p == end || *p != ':')
		return NULL;
	return aa_json_skip_space(p + 1, end);
}

/* Reads the value of alg where it stands as plain text: a string that holds one of the names, no escapes. */
static enum aa_alg alg_of_value(const char *p, const char *end)
{
	char name[8];
	size_t n;

	if (p == end || *p != '"')
		return AA_ALG_INVALID;
	for (n = 0, p++; p + n < end && p[n] != '"'; n++)
		if (n == sizeof(name) - 1)
			return AA_ALG_INVALID;
	if (p + n == end || memchr(p, 0, n))
		return AA_ALG_INVALID;
	memcpy(name, p, n);
	name[n] = 0;
	return aa_alg_from_name(name);
}

/* The algorithm is settled before a library parses anything (THREATS 1). A member spelled with escapes is not found
 * here, and a second one is found by the parser, as a duplicate. */
static enum aa_jose_err scan_alg(const char *text, size_t len, enum aa_alg *ret)
{
	const char *end = text + len, *p = aa_json_skip_space(text, end), *value;
	static const char name[] = "\"alg\"";
	unsigned depth = 0;

	if (p == end || *p != '{')
		return AA_JOSE_MALFORMED;
	while (p < end) {
		const char *next = p + 1;

		if (*p == '"') {
			next = aa_json_skip_string(p, end);
			if (!next)
				return AA_JOSE_MALFORMED;
			if (depth == 1 && (size_t)(next - p) == strlen(name) &&
			    memcmp(p, name, strlen(name)) == 0 &&
			    (value = value_behind_name(next, end)) != NULL) {
				*ret = alg_of_value(value, end);
				return *ret == AA_ALG_INVALID ? AA_JOSE_ALG : AA_JOSE_OK;
			}
		} else if (*p == '{' || *p == '[') {
			depth++;
		} else if ((*p == '}' || *p == ']') && depth-- == 0) {
			return AA_JOSE_MALFORMED;
		}
		p = next;
	}
	return AA_JOSE_ALG;
}

/* Reads an optional member that must be a string. */
static enum aa_jose_err take_string(const json_t *header, const char *name, const char **ret)
{
	const json_t *value = json_object_get(header, name);

	if (value && !json_is_string(value))
		return AA_JOSE_MALFORMED;
	*ret = json_string_value(value);
	return AA_JOSE_OK;
}

/* No extension is understood, so none may be critical (RFC 7515 section 4.1.11), and the payload is always base64url
 * (RFC 7797 is one such extension). jwk, jku, x5u and x5c are not looked at: a token does not bring its own key. */
static enum aa_jose_err check_header(struct aa_jws *jws)
{
	const char *alg = json_string_value(json_object_get(jws->header, "alg"));
	enum aa_jose_err err;

	if (json_object_get(jws->header, "crit") || json_object_get(jws->header, "b64"))
		return AA_JOSE_MALFORMED;
	if (aa_alg_from_name(alg) != jws->alg)
		return AA_JOSE_ALG;
	err = take_string(jws->header, "kid", &jws->kid);
	if (err == AA_JOSE_OK)
		err = take_string(jws->header, "typ", &jws->typ);
	if (err == AA_JOSE_OK && jws->kid && !aa_kid_is_valid(jws->kid, strlen(jws->kid)))
		err = AA_JOSE_MALFORMED;
	return err;
}

static enum aa_jose_err parse_header(struct segment segment, struct aa_jws *jws)
{
	uint8_t *text = NULL;
	enum aa_jose_err err;
	size_t len;

	err = aa_base64url_decode(segment.p, segment.n, &text, &len);
	if (err == AA_JOSE_OK)
		err = scan_alg((const char *)text, len, &jws->alg);
	if (err == AA_JOSE_OK)
		err = aa_json_object(text, len, &jws->header);
	if (err == AA_JOSE_OK)
		err = check_header(jws);
	free(text);
	return err;
}

enum aa_jose_err aa_jws_parse(const char *token, size_t len, size_t max, struct aa_jws **ret)
{
	struct segment segments[3];
	enum aa_jose_err err;
	struct aa_jws *jws;

	if (len > max)
		return AA_JOSE_OVERSIZE;
	err = split(token, len, segments);
	if (err != AA_JOSE_OK)
		return err;
	jws = calloc(1, sizeof(*jws));
	if (!jws)
		return AA_JOSE_NOMEM;
	jws->input = token;
	jws->input_len = segments[0].n + 1 + segments[1].n;
	err = parse_header(segments[0], jws);
	if (err == AA_JOSE_OK && segments[2].n == 0)
		err = AA_JOSE_MALFORMED;
	if (err == AA_JOSE_OK)
		err = aa_base64url_decode(segments[1].p, segments[1].n, &jws->payload, &jws->payload_len);
	if (err == AA_JOSE_OK)
		err = aa_base64url_decode(segments[2].p, segments[2].n, &jws->signature, &jws->signature_len);
	if (err != AA_JOSE_OK) {
		aa_jws_free(jws);
		return err;
	}
	*ret = jws;
	return AA_JOSE_OK;
}
