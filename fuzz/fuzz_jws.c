/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_jws.c: any bytes as a compact JWS, against three keys whose signatures are known: the examples of RFC
 * 7515 A.2 and A.3 and RFC 8037 A.4. Holds: what verifies has the signed bytes of one of these examples, and
 * no others; and what parses is canonical: its segments, encoded again, are the input. */
#include "config.h"

#include <stdbool.h>
#include <string.h>

#include "common/jose/base64url.h"
#include "common/jose/json.h"
#include "common/jose/jws.h"
#include "common/jose/jws_verify.h"
#include "common/jose/key.h"
#include "common/jose/key_any.h"
#include "fuzz/fuzz.h"

static const char rs256_jwk[] = "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_"
				"wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0B"
				"m4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-"
				"bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2"
				"R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-"
				"DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\"}";
static const char es256_jwk[] =
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}";
static const char eddsa_jwk[] =
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}";

#define RFC7515_PAYLOAD \
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
static const char *const signed_inputs[] = {
    "eyJhbGciOiJSUzI1NiJ9." RFC7515_PAYLOAD,
    "eyJhbGciOiJFUzI1NiJ9." RFC7515_PAYLOAD,
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
};

static struct aa_key *load(const char *text)
{
	struct aa_key *key = NULL;

	FUZZ_HOLDS(aa_key_from_any(text, strlen(text), &key) == AA_JOSE_OK);
	return key;
}

static bool was_signed(const struct aa_jws *jws)
{
	for (size_t i = 0; i < sizeof(signed_inputs) / sizeof(signed_inputs[0]); i++)
		if (strlen(signed_inputs[i]) == jws->input_len &&
		    memcmp(signed_inputs[i], jws->input, jws->input_len) == 0)
			return true;
	return false;
}

static void is_canonical(const struct aa_jws *jws, const char *token, size_t len)
{
	char *payload = aa_base64url_encode(jws->payload, jws->payload_len);
	char *signature = aa_base64url_encode(jws->signature, jws->signature_len);
	size_t n_payload = strlen(payload), n_signature = strlen(signature);

	FUZZ_HOLDS(len == jws->input_len + 1 + n_signature);
	FUZZ_HOLDS(memcmp(token + jws->input_len + 1, signature, n_signature) == 0);
	FUZZ_HOLDS(jws->input_len > n_payload &&
		   memcmp(token + jws->input_len - n_payload, payload, n_payload) == 0);
	free(payload);
	free(signature);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct aa_key *keys[3];
	struct aa_jws *jws = NULL;
	json_t *claims = NULL;

	if (!keys[0]) {
		keys[0] = load(rs256_jwk);
		keys[1] = load(es256_jwk);
		keys[2] = load(eddsa_jwk);
	}
	if (aa_jws_parse((const char *)data, size, AA_JWS_MAX, &jws) != AA_JOSE_OK)
		return 0;
	is_canonical(jws, (const char *)data, size);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		FUZZ_HOLDS(aa_jws_verify(jws, keys[i]) != AA_JOSE_OK || was_signed(jws));
	if (aa_json_object(jws->payload, jws->payload_len, &claims) == AA_JOSE_OK)
		json_decref(claims);
	aa_jws_free(jws);
	return 0;
}
