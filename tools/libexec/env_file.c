/* SPDX-License-Identifier: Apache-2.0 */
/* env_file.c: variables from a file, see env_file.h. */
#include "config.h"

#include "tools/libexec/env_file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file/trusted.h"

#define FILE_MAX ((size_t)64 * 1024)

/* The file is opened as the person opens it, since root could open more. */
static int read_as(const char *path, uid_t person, gid_t group, char **ret, size_t *ret_len)
{
	int r = -EPERM;

	if (setegid(group) == 0 && seteuid(person) == 0)
		r = aa_trusted_read(AT_FDCWD, path, person, FILE_MAX, ret, ret_len);
	if (seteuid(0) < 0 || setegid(0) < 0)
		_exit(126);
	return r;
}

static bool is_name(const char *text, size_t len)
{
	bool ok = len > 0 && !isdigit((unsigned char)text[0]);

	for (size_t i = 0; i < len; i++)
		ok = ok && (isalnum((unsigned char)text[i]) || text[i] == '_');
	return ok;
}

/* Takes quotes away that are around all of a value, in place. */
static void unquote(char *value)
{
	size_t len = strlen(value);

	if (len < 2 || (value[0] != '"' && value[0] != '\'') || value[len - 1] != value[0])
		return;
	memmove(value, value + 1, len - 2);
	value[len - 2] = 0;
}

/* Returns how many variables there are, or minus the number of the line that is none. */
static long parse(char *text, char **ret)
{
	long line = 0, n = 0;

	for (char *at = text, *next; at; at = next) {
		size_t len = strcspn(at, "\n");

		next = at[len] ? at + len + 1 : NULL;
		at[len] = 0;
		line++;
		if (len && at[len - 1] == '\r')
			at[--len] = 0;
		if (len == 0 || at[0] == '#')
			continue;
		len = strcspn(at, "=");
		if (!at[len] || !is_name(at, len))
			return -line;
		unquote(at + len + 1);
		ret[n++] = at;
	}
	ret[n] = NULL;
	return n;
}

char **env_file_read(const char *path, uid_t person, gid_t group, char *why, size_t size)
{
	char *text = NULL, **ret;
	size_t len = 0, lines = 2;
	long n;
	int r = read_as(path, person, group, &text, &len);

	if (r < 0) {
		(void)snprintf(why, size, "%s is not read: %s", path,
			       r == -EPERM ? "it must be your own, and nobody else may write it"
					   : strerror(-r));
		return NULL;
	}
	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	ret = strlen(text) == len ? calloc(lines, sizeof(*ret)) : NULL;
	n = ret ? parse(text, ret) : 0;
	if (ret && n >= 0)
		return ret; /* the lines stay in `text` for as long as the process is */
	(void)snprintf(why, size, "%s: line %ld is not NAME=VALUE", path, ret ? -n : 0L);
	free(ret);
	free(text);
	return NULL;
}
