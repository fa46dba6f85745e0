/* SPDX-License-Identifier: Apache-2.0 */
/* profile_edit.c: writes a profile into the profiles' text. */
#include "config.h"

#include "tools/agentauth/local/profile_edit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "common/file/replace.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/cli/alloc.h"
#include "tools/conf/conf_edit.h"

char *profile_text_add(const char *text, const char *name, const char *value)
{
	struct conf_text edited = {0};
	char *path = xasprintf("profiles.%s", name), *first = xasprintf("{\n  %s = %s;\n}", name, value),
	     *ret;
	int r;

	conf_text_set(&edited, "", text, strlen(text));
	if (conf_edit_count(&edited, "profiles") < 0)
		r = conf_edit_set(&edited, "profiles", first);
	else
		r = conf_edit_set(&edited, path, value);
	ret = r == 0 ? xstrndup(edited.bytes, edited.len) : NULL;
	conf_text_free(&edited);
	free(first);
	free(path);
	return ret;
}

int profile_text_write(const char *path, const char *text)
{
	const struct aa_replace how = {.synced = true};
	int r;

	if (own_make_parents(path) < 0)
		return own_say_elsewhere(), -1;
	r = aa_replace(AT_FDCWD, path, text, strlen(text), &how);
	return r < 0 ? own_say_not_made(path, -r), -1 : 0;
}
