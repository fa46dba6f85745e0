/* SPDX-License-Identifier: Apache-2.0 */
/* sshd_config.c: reads sshd's configuration files in the order in which sshd does, see sshd_config.h. */
#include <config.h>

#include "tools/host/sshd_config.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/host/lines.h"

#define DEPTH_MAX 16 /* inclusions in each other, as sshd has it */
#define MATCH_MAX 1024
#define BLANK " \t\r\f\n"

struct reading {
	bool (*each)(void *data, const struct aa_sshd_setting *setting);
	void *data;
	const char *main_file;
	char *failed;
	size_t failed_size;
	bool stopped;
};

/* The criteria that hold at this line; "": none. */
struct block {
	char outer[MATCH_MAX]; /* of the block that includes this file: a Match in here adds to them */
	char match[MATCH_MAX];
};

static int read_file(struct reading *r, const char *path, const char *outer, int depth);

/* ---- words ---------------------------------------------------------------------- */

bool aa_sshd_config_word(const char **arguments, char *ret, size_t size)
{
	const char *from = *arguments + strspn(*arguments, BLANK);
	bool quoted = *from == '"';
	size_t len;

	from += quoted;
	len = strcspn(from, quoted ? "\"" : BLANK "\"");
	if ((len == 0 && !quoted) || len >= size)
		return false;
	memcpy(ret, from, len);
	ret[len] = '\0';
	*arguments = from + len + (quoted && from[len] == '"');
	return true;
}

/* A comment begins at a '#' that begins a word outside of quotes. */
static void cut_comment(char *line)
{
	bool quoted = false;

	for (char *c = line; *c; c++) {
		quoted ^= *c == '"';
		if (*c == '#' && !quoted && (c == line || strchr(BLANK, c[-1]))) {
			*c = '\0';
			return;
		}
	}
}

/* Splits "Keyword arguments" and "Keyword=arguments". NULL: an empty line. */
static char *split(char *line, char **ret_arguments)
{
	char *keyword = line + strspn(line, BLANK), *end = keyword + strcspn(keyword, BLANK "=");

	if (*keyword == '\0')
		return NULL;
	*ret_arguments = end;
	if (*end != '\0') {
		*end++ = '\0';
		end += strspn(end, BLANK);
		end += *end == '=';
		end += strspn(end, BLANK);
		*ret_arguments = end;
	}
	for (size_t n = strlen(end); n > 0 && strchr(BLANK, end[n - 1]); n--)
		end[n - 1] = '\0';
	return keyword;
}

/* ---- Match and Include ---------------------------------------------------------- */

static int begin_match(struct block *block, const char *criteria)
{
	bool all = strcasecmp(criteria, "all") == 0;
	int n = snprintf(block->match, sizeof(block->match), "%s%s%s", block->outer,
			 *block->outer && !all ? " " : "", all ? "" : criteria);

	return n >= 0 && (size_t)n < sizeof(block->match) ? 0 : -E2BIG;
}

static int fail(struct reading *r, const char *path, int err)
{
	(void)snprintf(r->failed, r->failed_size, "%s", path);
	return err;
}

/* sshd, which is root, reads a folder that nobody can list. */
static int end_glob(const char *path, int err)
{
	(void)path;
	return err != ENOENT && err != ENOTDIR;
}

static int include(struct reading *r, const char *pattern, const char *match, int depth)
{
	const char *slash = strrchr(r->main_file, '/');
	char path[PATH_MAX];
	glob_t found = {0};
	int n, status;

	if (*pattern == '/' || slash == NULL)
		n = snprintf(path, sizeof(path), "%s", pattern);
	else
		n = snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - r->main_file), r->main_file,
			     pattern);
	if (n < 0 || (size_t)n >= sizeof(path))
		return fail(r, pattern, -ENAMETOOLONG);
	status = glob(path, 0, end_glob, &found);
	if (status != 0 && status != GLOB_NOMATCH) {
		globfree(&found);
		return fail(r, path, status == GLOB_NOSPACE ? -ENOMEM : -EACCES);
	}
	n = 0;
	for (size_t i = 0; status == 0 && i < found.gl_pathc && n == 0 && !r->stopped; i++)
		n = read_file(r, found.gl_pathv[i], match, depth + 1);
	globfree(&found);
	return n;
}

static int include_all(struct reading *r, const char *arguments, const char *match, int depth)
{
	char pattern[PATH_MAX];
	int n = 0;

	while (n == 0 && !r->stopped && aa_sshd_config_word(&arguments, pattern, sizeof(pattern)))
		n = include(r, pattern, match, depth);
	return n;
}

/* ---- one line, one file --------------------------------------------------------- */

static int take_line(struct reading *r, struct block *block, char *line, struct aa_sshd_setting *setting,
		     int depth)
{
	char *arguments, *keyword;

	cut_comment(line);
	keyword = split(line, &arguments);
	if (keyword == NULL)
		return 0;
	if (strcasecmp(keyword, "Match") == 0)
		return begin_match(block, arguments);
	if (strcasecmp(keyword, "Include") == 0)
		return include_all(r, arguments, block->match, depth);
	setting->keyword = keyword;
	setting->arguments = arguments;
	setting->match = *block->match ? block->match : NULL;
	r->stopped = !r->each(r->data, setting);
	return 0;
}

static int read_lines(struct reading *r, FILE *f, const char *path, const char *outer, int depth)
{
	struct aa_sshd_setting setting = {.file = path};
	struct block block;
	char *line = NULL;
	size_t cap = 0;
	int n = 0;

	/* A Match block that a file begins ends with the file. */
	(void)snprintf(block.outer, sizeof(block.outer), "%s", outer);
	(void)snprintf(block.match, sizeof(block.match), "%s", outer);
	while (n == 0 && !r->stopped && getline(&line, &cap, f) > 0) {
		setting.line++;
		n = take_line(r, &block, line, &setting, depth);
	}
	if (n == 0 && ferror(f))
		n = fail(r, path, -EIO);
	free(line);
	return n;
}

static int read_file(struct reading *r, const char *path, const char *outer, int depth)
{
	struct aa_lines file;
	int n = depth < DEPTH_MAX ? 0 : -ELOOP;

	if (n == 0 && (size_t)snprintf(file.path, sizeof(file.path), "%s", path) >= sizeof(file.path))
		n = -ENAMETOOLONG;
	if (n == 0)
		n = aa_lines_open(&file);
	if (n < 0)
		return fail(r, path, n);
	n = read_lines(r, file.f, path, outer, depth);
	aa_lines_close(&file);
	return n;
}

int aa_sshd_config_each(const char *file, bool (*each)(void *data, const struct aa_sshd_setting *setting),
			void *data, char *failed, size_t size)
{
	struct reading r = {
	    .each = each, .data = data, .main_file = file, .failed = failed, .failed_size = size};

	*failed = '\0';
	return read_file(&r, file, "", 0);
}
