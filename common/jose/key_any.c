/* SPDX-License-Identifier: Apache-2.0 */
/* key_any.c: keys whose form is told from their bytes, see key_any.h. */
#include "common/jose/key_any.h"

#include <string.h>

#include "common/jose/json.h"
#include "common/jose/key.h"
#include "common/jose/key_form.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_jwk_private.h"
#include "common/jose/key_openssh.h"
#include "common/jose/key_pem.h"
#include "common/jose/key_private.h"
#include "common/jose/key_ssh.h"
#include "common/jose/keyset.h"

static enum aa_jose_err key_from_json(const char *text, size_t len, struct aa_key **ret)
{
	json_t *json = NULL;
	enum aa_jose_err err = aa_json_object(text, len, &json);

	if (err != AA_JOSE_OK)
		return err == AA_JOSE_MALFORMED ? AA_JOSE_KEY_MALFORMED : err;
	err = json_object_get(json, "keys") ? aa_keyset_only(json, ret) : aa_key_from_jwk(json, ret);
	json_decref(json);
	return err;
}

enum aa_jose_err aa_key_from_any(const char *text, size_t len, struct aa_key **ret)
{
	const char *end = text + len, *first = aa_json_skip_space(text, end);

	if (first == end)
		return AA_JOSE_KEY_MALFORMED;
	len = (size_t)(end - first);
	if (*first != '-' && aa_private_form(text, (size_t)(end - text)))
		return AA_JOSE_KEY_PRIVATE;
	if (*first == '{')
		return key_from_json(first, len, ret);
	if (*first == '-')
		return aa_key_from_pem(first, len, ret);
	return aa_key_from_ssh(first, len, ret);
}

static bool begins(const char *bytes, const char *end, const char *what)
{
	return (size_t)(end - bytes) >= strlen(what) && memcmp(bytes, what, strlen(what)) == 0;
}

enum aa_jose_err aa_private_key_from_any(const char *bytes, size_t len, const char *passphrase,
					 struct aa_private_key **ret)
{
	const char *end = bytes + len, *first = aa_json_skip_space(bytes, end);

	if (begins(first, end, "{"))
		return aa_private_key_from_jwk(first, (size_t)(end - first), ret);
	if (begins(first, end, "-----BEGIN OPENSSH PRIVATE KEY-----"))
		return aa_private_key_from_openssh(first, (size_t)(end - first), ret);
	if (begins(bytes, end, "0")) /* the tag of a sequence in DER */
		return aa_private_key_from_pkcs12(bytes, len, passphrase, ret);
	return aa_private_key_from_pem(bytes, len, passphrase, ret);
}
