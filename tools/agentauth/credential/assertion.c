/* SPDX-License-Identifier: Apache-2.0 */
/* assertion.c: writes and signs an assertion. libjwt signs by RS* and ES* with a key that is at hand; PS*, EdDSA, another typ
 * and keys that are kept elsewhere are beyond it. */
#include "config.h"

#include "tools/agentauth/credential/assertion.h"

#include <openssl/rand.h>

#include <jwt.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/base64url.h"
#include "common/jose/json.h"
#include "common/jose/jws.h"
#include "common/jose/jws_sign.h"
#include "common/jose/jws_verify.h"
#include "common/jose/key.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_private.h"
#include "common/text/name.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/cli/say.h"

static bool is_text(const char *text, size_t max)
{
	size_t len = strlen(text);

	if (len == 0 || len > max)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	return true;
}

static bool values_are_valid(const struct assertion *a)
{
	if (!aa_agent_name_is_valid(a->agent))
		say("\"%s\" is no agent's name: lower-case letters, digits and hyphens, beginning with a "
		    "letter, at most %d; \"agents\" and what begins with \"agent-\" are groups' names",
		    a->agent, AA_AGENT_NAME_MAX);
	else if (!is_text(a->audience, 1024))
		say("the audience must be between 1 and 1024 bytes, without control characters");
	else if (a->scope && !is_text(a->scope, 1024))
		say("the scope must be names of roles with spaces between them, at most 1024 bytes");
	else if (a->task && !is_text(a->task, ASSERTION_TASK_MAX))
		say("the task must be between 1 and %d bytes, without control characters",
		    ASSERTION_TASK_MAX);
	else if (a->nonce && !is_text(a->nonce, 256))
		say("the nonce must be between 1 and 256 bytes, without control characters");
	else if (a->kid && !is_text(a->kid, 256))
		say("the key id must be between 1 and 256 bytes, without control characters");
	else
		return true;
	return false;
}

char *assertion_random_id(void)
{
	uint8_t bits[16];

	return RAND_bytes(bits, sizeof(bits)) == 1 ? aa_base64url_encode(bits, sizeof(bits)) : NULL;
}

json_t *assertion_claims(const char *issuer, const char *subject, const char *audience, int64_t ttl,
			 json_t *more, int64_t now)
{
	char *jti = assertion_random_id();
	json_t *claims = NULL;
	bool whole;

	if (jti)
		claims =
		    json_pack("{s:s, s:s, s:s, s:I, s:I, s:s}", "iss", issuer, "sub", subject, "aud",
			      audience, "iat", (json_int_t)now, "exp", (json_int_t)(now + ttl), "jti", jti);
	free(jti);
	whole = claims && more && json_object_update(claims, more) == 0;
	json_decref(more);
	if (whole)
		return claims;
	json_decref(claims);
	say("a value is not UTF-8, or memory is out");
	return NULL;
}

/* ---- signing ------------------------------------------------------------- */

static jwt_alg_t libjwt_alg(enum aa_alg alg)
{
	switch (alg) {
	case AA_ALG_RS256:
		return JWT_ALG_RS256;
	case AA_ALG_RS384:
		return JWT_ALG_RS384;
	case AA_ALG_RS512:
		return JWT_ALG_RS512;
	case AA_ALG_ES256:
		return JWT_ALG_ES256;
	case AA_ALG_ES384:
		return JWT_ALG_ES384;
	case AA_ALG_ES512:
		return JWT_ALG_ES512;
	default:
		return JWT_ALG_NONE;
	}
}

static char *sign_with_libjwt(const json_t *claims, const json_t *header, enum aa_alg alg,
			      const struct aa_private_key *key)
{
	char *text = aa_json_text(claims, JSON_COMPACT), *members = aa_json_text(header, JSON_COMPACT);
	char *pem = NULL, *token = NULL;
	jwt_t *jwt = NULL;
	size_t len = 0;

	if (text && members && jwt_new(&jwt) == 0 && jwt_add_grants_json(jwt, text) == 0 &&
	    jwt_add_headers_json(jwt, members) == 0 && aa_private_key_to_pem(key, &pem, &len) == AA_JOSE_OK &&
	    jwt_set_alg(jwt, libjwt_alg(alg), (const unsigned char *)pem, (int)len) == 0)
		token = jwt_encode_str(jwt); /* every v1 takes it from malloc() */
	if (!token)
		say("the assertion could not be signed");
	jwt_free(jwt);
	own_wipe(pem);
	free(members);
	free(text);
	return token;
}

/* A signer that holds the key elsewhere has said already why it did not sign (AA_JOSE_SIGNER). */
static char *sign_ourselves(const json_t *claims, const json_t *header, enum aa_alg alg,
			    const struct aa_private_key *key)
{
	char *text = aa_json_text(claims, JSON_COMPACT), *token = NULL;
	enum aa_jose_err err = AA_JOSE_NOMEM;

	if (text)
		err = aa_jws_sign(header, text, strlen(text), alg, key, &token);
	if (err != AA_JOSE_OK && err != AA_JOSE_SIGNER)
		say("the assertion could not be signed: %s", aa_jose_strerror(err));
	free(text);
	return token;
}

/* Verifies a token before it is handed out, whichever library wrote it. */
static bool verifies(const char *token, const struct aa_private_key *key)
{
	struct aa_jws *jws = NULL;
	enum aa_jose_err err = aa_jws_parse(token, strlen(token), AA_JWS_MAX, &jws);

	if (err == AA_JOSE_OK)
		err = aa_jws_verify(jws, aa_private_key_public(key));
	aa_jws_free(jws);
	if (err != AA_JOSE_OK)
		say("the token that was made would be refused: %s", aa_jose_strerror(err));
	return err == AA_JOSE_OK;
}

const char *assertion_kid(const char *asked, const struct aa_key *public, char room[44])
{
	if (asked || aa_key_kid(public))
		return asked ? asked : aa_key_kid(public);
	return aa_key_thumbprint(public, room) == AA_JOSE_OK ? room : NULL;
}

/* libjwt writes the typ "JWT", whatever the header has, and needs the numbers of the private key. */
static bool libjwt_signs(const struct assertion_header *header, enum aa_alg alg,
			 const struct aa_private_key *key)
{
	return !header->typ && libjwt_alg(alg) != JWT_ALG_NONE && aa_private_key_pkey(key);
}

static char *sign(const json_t *claims, const struct assertion_header *header, enum aa_alg alg,
		  const struct aa_private_key *key)
{
	char room[44], *token = NULL;
	const char *kid = assertion_kid(header->kid, aa_private_key_public(key), room);
	json_t *members = NULL;

	/* A certificate's digest names the key already. A kid beside it would be a second name, which Entra ID does not know. */
	if (kid)
		members =
		    json_pack("{s:s, s:s*, s:s*}", "typ", header->typ ? header->typ : "JWT", "kid",
			      header->x5t_s256 && !header->kid ? NULL : kid, "x5t#S256", header->x5t_s256);
	if (!members)
		say("memory is out");
	else if (libjwt_signs(header, alg, key))
		token = sign_with_libjwt(claims, members, alg, key);
	else
		token = sign_ourselves(claims, members, alg, key);
	json_decref(members);
	return token;
}

char *assertion_sign_claims(const json_t *claims, const struct assertion_header *header, enum aa_alg alg,
			    const struct aa_private_key *key)
{
	const struct aa_key *public = aa_private_key_public(key);
	char *token;

	if (alg == AA_ALG_INVALID)
		alg = aa_key_default_alg(public);
	if (!aa_key_fits(public, alg)) {
		say("the key cannot sign with %s; its own algorithm is %s", aa_alg_name(alg),
		    aa_alg_name(aa_key_default_alg(public)));
		return NULL;
	}
	token = sign(claims, header, alg, key);
	if (token && !verifies(token, key)) {
		own_wipe(token);
		token = NULL;
	}
	return token;
}

char *assertion_sign(const struct assertion *a, const struct aa_private_key *key, int64_t now)
{
	const struct assertion_header header = {.kid = a->kid};
	json_t *claims;
	char *token;

	if (!values_are_valid(a))
		return NULL;
	claims = assertion_claims(
	    a->agent, a->agent, a->audience, a->ttl,
	    json_pack("{s:s*, s:s*, s:s*}", "nonce", a->nonce, "scope", a->scope, "task", a->task), now);
	token = claims ? assertion_sign_claims(claims, &header, a->alg, key) : NULL;
	json_decref(claims);
	return token;
}
