/* SPDX-License-Identifier: Apache-2.0 */
/* profile_edit.c: writing a profile into the profiles' text. */
#include "config.h"

#include "tools/agentauth/local/profile_edit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/agentauth/local/own_files.h"
#include "tools/agentauth/local/profile_text.h"
#include "tools/cli/say.h"

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

char *profile_text_add(const char *text, const char *block)
{
	const char *brace;
	char *ret;

	if (!text)
		return asprintf(&ret, "profiles = {\n%s};\n", block) < 0 ? NULL : ret;
	brace = last_brace(text);
	if (!brace)
		return NULL;
	if (asprintf(&ret, "%.*s%s%s%s", (int)(brace - text), text,
		     brace > text && brace[-1] == '\n' ? "" : "\n", block, brace) < 0)
		return NULL;
	return ret;
}

int profile_text_write(const char *path, const char *text)
{
	char *beside = NULL;
	int result = -1;

	if (own_make_parents(path) < 0)
		return -1;
	if (asprintf(&beside, "%s.%d", path, (int)getpid()) < 0)
		return say_failed("memory is out"), -1;
	if (own_create(beside, text, strlen(text)) == 0) {
		result = rename(beside, path);
		if (result < 0) {
			say("%s cannot be written: %s", path, strerror(errno));
			(void)unlink(beside);
		}
	}
	free(beside);
	return result;
}
