/* SPDX-License-Identifier: Apache-2.0 */
/* profile_edit.c: writing a profile into the profiles' text. */
#include "config.h"

#include "tools/agentauth/local/profile_edit.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/file/replace.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/agentauth/local/profile_text.h"

/* The brace that closes the one group of the file is the last that stands in neither a string nor a comment. */
static const char *last_brace(const char *text)
{
	const char *found = NULL, *p = text;

	while (*p) {
		const char *next = profile_text_skip(p);

		if (next == p && *p == '}')
			found = p;
		p = next == p ? p + 1 : next;
	}
	return found;
}

static bool ends_a_line(const char *text)
{
	size_t len = strlen(text);

	return len == 0 || text[len - 1] == '\n';
}

char *profile_text_add(const char *text, const char *block)
{
	const char *brace;
	char *ret;

	brace = last_brace(text);
	if (!brace)
		return asprintf(&ret, "%s%sprofiles = {\n%s};\n", text, ends_a_line(text) ? "" : "\n",
				block) < 0
			   ? NULL
			   : ret;
	if (asprintf(&ret, "%.*s%s%s%s", (int)(brace - text), text,
		     brace > text && brace[-1] == '\n' ? "" : "\n", block, brace) < 0)
		return NULL;
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
