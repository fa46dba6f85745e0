/* SPDX-License-Identifier: Apache-2.0 */
/* manifest_names.c: finds which files a manifest may name. */
#include "config.h"

#include "tools/sync/manifest_names.h"

#include <stdlib.h>

#include "common/jose/base64url.h"
#include "common/jose/json.h"

static bool each_file(const json_t *manifest, bool (*each)(const struct carried *, void *), void *context)
{
	json_t *files = json_object_get(manifest, "files"), *value;
	struct carried file;
	const char *path;

	json_object_foreach(files, path, value)
	{
		if (json_is_string(value) && carried_of_name(json_string_value(value), CARRIED_FILE, &file) &&
		    !each(&file, context))
			return false;
	}
	return true;
}

bool manifest_names(const char *jws, size_t len, bool (*each)(const struct carried *, void *), void *context)
{
	json_t *object = NULL, *manifest = NULL, *payload;
	uint8_t *text = NULL;
	size_t text_len = 0;
	bool all = false;

	if (aa_json_object(jws, len, &object) != AA_JOSE_OK)
		return false;
	payload = json_object_get(object, "payload");
	if (json_is_string(payload) &&
	    aa_base64url_decode(json_string_value(payload), json_string_length(payload), &text, &text_len) ==
		AA_JOSE_OK &&
	    aa_json_object(text, text_len, &manifest) == AA_JOSE_OK)
		all = each_file(manifest, each, context);
	free(text);
	json_decref(manifest);
	json_decref(object);
	return all;
}
