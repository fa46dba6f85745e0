/* SPDX-License-Identifier: Apache-2.0 */
/* manifest_names.c: finds which files a manifest may name. */
#include "config.h"

#include "tools/sync/manifest_names.h"

#include <stdlib.h>
#include <string.h>

#include "common/jose/base64url.h"
#include "common/jose/json.h"

#define HEX_LEN (AA_SHA256_HEX_SIZE - 1)

static bool scan(const char *text, bool (*each)(const struct carried *, void *), void *context)
{
	struct carried file;

	for (const char *at = strchr(text, '"'); at; at = strchr(at + 1, '"')) {
		char name[AA_SHA256_HEX_SIZE];

		if (strnlen(at + 1, HEX_LEN + 1) <= HEX_LEN || at[1 + HEX_LEN] != '"')
			continue;
		memcpy(name, at + 1, HEX_LEN);
		name[HEX_LEN] = '\0';
		if (carried_of_name(name, CARRIED_FILE, &file) && !each(&file, context))
			return false;
	}
	return true;
}

bool manifest_names(const char *jws, size_t len, bool (*each)(const struct carried *, void *), void *context)
{
	json_t *object = NULL, *payload;
	uint8_t *text = NULL;
	size_t text_len = 0;
	bool all = false;

	if (aa_json_object(jws, len, &object) != AA_JOSE_OK)
		return false;
	payload = json_object_get(object, "payload");
	if (json_is_string(payload) &&
	    aa_base64url_decode(json_string_value(payload), json_string_length(payload), &text, &text_len) ==
		AA_JOSE_OK)
		all = scan((const char *)text, each, context);
	free(text);
	json_decref(object);
	return all;
}
