/* SPDX-License-Identifier: Apache-2.0 */
/* service_account.c: reads the key file of a service account. */
#include "config.h"

#include "tools/agentauth/local/service_account.h"

#include <stdlib.h>
#include <string.h>

#include "common/jose/json.h"
#include "common/jose/key_private.h"
#include "tools/agentauth/local/json_member.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/cli/say.h"

#define FILE_MAX 65536

static int read_json(const char *path, const json_t *json, struct service_account *ret)
{
	struct service_account a = {.kid = json_member_text(json, "private_key_id"),
				    .email = json_member_text(json, "client_email"),
				    .token_uri = json_member_text(json, "token_uri")};
	const char *pem = json_string_value(json_object_get(json, "private_key"));
	enum aa_jose_err err = AA_JOSE_KEY_MALFORMED;

	if (pem)
		err = aa_private_key_from_pem(pem, strlen(pem), NULL, &a.key);
	if (err == AA_JOSE_OK && a.kid && a.email) {
		*ret = a;
		return 0;
	}
	if (!pem || !a.kid || !a.email)
		say("%s is no service account's key: it lacks private_key, private_key_id or client_email",
		    path);
	else
		say("%s: its private_key cannot be used: %s", path, aa_jose_strerror(err));
	service_account_free(&a);
	return -1;
}

int service_account_read(const char *path, struct service_account *ret)
{
	char *text = NULL;
	json_t *json = NULL;
	size_t len = 0;
	int result = -1;

	if (own_read_secret(path, FILE_MAX, &text, &len) < 0)
		return -1;
	if (aa_json_object(text, len, &json) == AA_JOSE_OK)
		result = read_json(path, json, ret);
	else
		say("%s is not one JSON object, as a service account's key is", path);
	json_decref(json);
	explicit_bzero(text, len);
	free(text);
	return result;
}

void service_account_free(struct service_account *a)
{
	aa_private_key_free(a->key);
	free(a->kid);
	free(a->email);
	free(a->token_uri);
	*a = (struct service_account){0};
}
