/* SPDX-License-Identifier: Apache-2.0 */
/* state.c: what a carrier has brought. */
#include "config.h"

#include "tools/sync/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file/replace.h"
#include "common/file/trusted.h"

#define FIRST_LINE "agentauth-sync 1\n"
#define TEXT_MAX ((size_t)32 << 20)

static const char letters[] = "mfs"; /* of enum carried_kind */

void state_begin(struct buffer *text)
{
	buffer_puts(text, FIRST_LINE);
}

void state_file(struct buffer *text, const struct carried *file, const char *more)
{
	buffer_printf(text, "%c %s%s%s\n", letters[file->kind], file->hex, *more ? " " : "", more);
}

int state_write(int dirfd, const char *name, const struct buffer *text)
{
	const struct aa_replace how = {.mode = 0600, .synced = true};

	return aa_replace(dirfd, name, text->data, text->len, &how);
}

void state_forget(int dirfd, const char *name)
{
	(void)unlinkat(dirfd, name, 0);
}

char *state_read(int dirfd, const char *name)
{
	char *text = NULL;
	size_t len = 0;

	if (aa_trusted_read(dirfd, name, geteuid(), TEXT_MAX, &text, &len) < 0)
		return NULL;
	if (strlen(text) == len && strncmp(text, FIRST_LINE, strlen(FIRST_LINE)) == 0)
		return text;
	free(text);
	return NULL;
}

const char *state_value(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *line = text ? strchr(text, '\n') : NULL; line; line = strchr(line + 1, '\n'))
		if (strncmp(line + 1, word, len) == 0 && line[1 + len] == ' ')
			return line + len + 2;
	return NULL;
}

bool state_has(const char *text, const struct carried *file)
{
	char line[CARRIED_PATH_SIZE];

	snprintf(line, sizeof(line), "\n%c %s", letters[file->kind], file->hex);
	return text && strstr(text, line);
}

bool state_line(const char *line, struct carried *ret, const char **ret_more)
{
	const char *letter = *line ? strchr(letters, *line) : NULL;
	char hex[AA_SHA256_HEX_SIZE];

	if (!letter || line[1] != ' ' || strnlen(line, AA_SHA256_HEX_SIZE + 1) < AA_SHA256_HEX_SIZE + 1)
		return false;
	memcpy(hex, line + 2, AA_SHA256_HEX_SIZE - 1);
	hex[AA_SHA256_HEX_SIZE - 1] = '\0';
	if (!carried_of_name(hex, CARRIED_FILE, ret))
		return false;
	ret->kind = (enum carried_kind)(letter - letters);
	*ret_more = line + 1 + AA_SHA256_HEX_SIZE;
	return true;
}
