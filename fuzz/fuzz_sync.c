/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_sync.c: any entry of a directory, and any value of RFC 4533. Holds: what an entry is taken for is a path of a release, with
 * nothing else in it, and taken for the same whatever was asked before; a digest fits one content alone; of a value that is refused
 * nothing is left. */
#include "config.h"

#include <string.h>

#include "fuzz/fuzz.h"
#include "tools/sync/carried.h"
#include "tools/sync/control.h"
#include "tools/sync/manifest_names.h"
#include "tools/sync/state.h"

#define BASE "ou=agentauth,dc=example,dc=com"

static void is_of_a_release(const struct carried *file)
{
	char path[CARRIED_PATH_SIZE];
	struct carried again;
	const char *name;

	carried_path(file, path);
	FUZZ_HOLDS(!strstr(path, "..") && path[0] != '/' && strlen(path) < sizeof(path));
	if (file->kind == CARRIED_MANIFEST) {
		FUZZ_HOLDS(strcmp(path, "manifest.jws") == 0);
		return;
	}
	name = strchr(path, '/') + 1;
	FUZZ_HOLDS(carried_of_name(name, file->kind, &again) && strcmp(again.hex, file->hex) == 0);
}

static void entry(const char *dn, const uint8_t *content, size_t len)
{
	struct carried file, other;

	if (!carried_of_dn(dn, BASE, &file))
		return;
	is_of_a_release(&file);
	other = file;
	if (carried_fits(&file, content, len) && file.kind != CARRIED_MANIFEST && len > 0)
		FUZZ_HOLDS(!carried_fits(&other, content, len - 1));
}

static bool named(const struct carried *file, void *context)
{
	is_of_a_release(file);
	return ++*(int *)context < 100;
}

static void value(const uint8_t *data, size_t size)
{
	struct berval bytes = {size, (char *)(uintptr_t)data};
	struct control_entry one = {.state = CONTROL_PRESENT};
	struct control_info info;

	if (control_entry_read(&bytes, &one)) {
		FUZZ_HOLDS(one.cookie.bv_len <= CONTROL_COOKIE_MAX);
		control_entry_free(&one);
	}
	if (control_info_read(&bytes, &info)) {
		FUZZ_HOLDS(info.cookie.bv_len <= CONTROL_COOKIE_MAX);
		for (size_t i = 0; info.uuids && info.uuids[i].bv_val; i++)
			FUZZ_HOLDS(info.uuids[i].bv_len == CONTROL_UUID_LEN);
		control_info_free(&info);
	}
}

/* A DN, a zero, a content. The same bytes are a value, a manifest and a text of the state. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct carried file;
	const char *more;
	size_t len;
	int n = 0;

	FUZZ_HOLDS(text);
	memcpy(text, data, size);
	text[size] = '\0';
	len = strlen(text);
	entry(text, data + (len < size ? len + 1 : size), len < size ? size - len - 1 : 0);
	value(data, size);
	(void)manifest_names((const char *)data, size, named, &n);
	if (state_line(text, &file, &more))
		is_of_a_release(&file);
	free(text);
	return 0;
}
