/* SPDX-License-Identifier: Apache-2.0 */
/* lines.c: reads a configuration file of the host line by line, see lines.h. */
#include <config.h>

#include "tools/host/lines.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int aa_lines_open(struct aa_lines *lines)
{
	int fd = open(lines->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), r;
	struct stat st;

	lines->f = NULL;
	lines->line = 0;
	if (fd < 0)
		return -errno;
	r = fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ? -EBADMSG : 0;
	if (r == 0)
		lines->f = fdopen(fd, "r");
	if (lines->f != NULL)
		return 0;
	close(fd);
	return r < 0 ? r : -ENOMEM;
}

void aa_lines_close(struct aa_lines *lines)
{
	(void)fclose(lines->f);
	lines->f = NULL;
}

/* Cuts a comment and white space off; true: the line goes on in the next. */
static bool trim(char *line)
{
	size_t n;

	line[strcspn(line, "#\n")] = '\0';
	for (n = strlen(line); n > 0 && isspace((unsigned char)line[n - 1]); n--)
		line[n - 1] = '\0';
	if (n == 0 || line[n - 1] != '\\')
		return false;
	line[n - 1] = ' ';
	return true;
}

int aa_lines_next(struct aa_lines *lines, char **ret)
{
	char *part = NULL, *whole = NULL, *longer;
	size_t cap = 0, len = 0, n;
	bool more = true;
	int r = 0;

	while (more && getline(&part, &cap, lines->f) > 0) {
		lines->line++;
		more = trim(part);
		n = strlen(part);
		longer = realloc(whole, len + n + 1);
		if (longer == NULL) {
			r = -ENOMEM;
			break;
		}
		whole = longer;
		memcpy(whole + len, part, n + 1);
		len += n;
		r = 1;
	}
	if (r >= 0 && ferror(lines->f))
		r = -EIO;
	free(part);
	if (r <= 0)
		free(whole);
	else
		*ret = whole;
	return r;
}
