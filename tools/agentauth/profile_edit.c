/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "profile_edit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "own_files.h"
#include "say.h"

/* Behind a string or a comment that begins at `p`; `p` itself where none does. libconfig has # and // to the end
 * of a line, C's comments, and strings in double quotes. */
static const char *skip_quoted(const char *p)
{
	const char *end;

	if (*p == '"') {
		for (p++; *p && *p != '"'; p++)
			p += *p == '\\' && p[1];
		return *p ? p + 1 : p;
	}
	if (*p == '#' || (p[0] == '/' && p[1] == '/'))
		return p + strcspn(p, "\n");
	if (p[0] == '/' && p[1] == '*') {
		end = strstr(p + 2, "*/");
		return end ? end + 2 : p + strlen(p);
	}
	return p;
}

/* The brace that closes the one group of the file is the last that stands in neither a string nor a comment. */
static const char *last_brace(const char *text)
{
	const char *found = NULL, *p = text;

	while (*p) {
		const char *next = skip_quoted(p);

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
	if (asprintf(&ret, "%.*s%s%s%s", (int)(brace - text), text, brace > text && brace[-1] == '\n' ? "" : "\n",
		     block, brace) < 0)
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
