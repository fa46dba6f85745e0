/* SPDX-License-Identifier: Apache-2.0 */
/* sudo_conf.c: whether sudo loads our plugins, see sudo_conf.h. */
#include <config.h>

#include "tools/host/sudo_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/host/lines.h"

#define BLANK " \t"

/* sudo's own plugins are in one of these unless sudo.conf says otherwise: in the one that has sudoers.so. */
static const char *const plugin_dirs[] = {"/usr/libexec/sudo/", "/usr/lib/sudo/", "/usr/lib64/sudo/",
					  "/usr/local/libexec/sudo/"};

/* The symbols of our object; a line may name each. */
static const char *const symbols[] = {AA_PLUGIN_SYMBOL, AA_PLUGIN_AUDIT_SYMBOL, AA_PLUGIN_IO_SYMBOL};

struct finding {
	const char *wanted; /* one of these symbols */
	struct aa_plugin_position *position;
	char dir[PATH_MAX];  /* "Path plugin_dir"; "": not said */
	char symbol[64];     /* of the line that names our file or symbol; "": there is none */
	char path[PATH_MAX]; /* as that line has it */
};

static bool copy_word(char **save, char *ret, size_t size)
{
	const char *word = strtok_r(NULL, BLANK, save);

	return word != NULL && (size_t)snprintf(ret, size, "%s", word) < size;
}

/* Says whether the line is the wanted one, or names what our object does not have, which stops sudo all the same. */
static bool is_wanted(const struct finding *f, const char *symbol, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (strcmp(symbol, f->wanted) == 0)
		return true;
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++)
		if (strcmp(symbol, symbols[i]) == 0)
			return false;
	return strcmp(slash != NULL ? slash + 1 : path, AA_PLUGIN_FILE) == 0;
}

/* sudo takes the first line that names a plugin, and the last that names a directory. */
static void take_line(struct finding *f, char *line, unsigned number)
{
	char *save, *word = strtok_r(line, BLANK, &save), symbol[sizeof(f->symbol)], path[PATH_MAX];

	if (word == NULL)
		return;
	if (strcasecmp(word, "Path") == 0 && copy_word(&save, symbol, sizeof(symbol)) &&
	    strcasecmp(symbol, "plugin_dir") == 0 && copy_word(&save, path, sizeof(path)))
		memcpy(f->dir, path, sizeof(path));
	if (strcasecmp(word, "Plugin") != 0 || *f->symbol || !copy_word(&save, symbol, sizeof(symbol)) ||
	    !copy_word(&save, path, sizeof(path)) || !is_wanted(f, symbol, path))
		return;
	memcpy(f->symbol, symbol, sizeof(symbol));
	memcpy(f->path, path, sizeof(path));
	f->position->line = number;
}

static bool may_be_believed(const struct stat *st, uid_t owner)
{
	return (st->st_uid == 0 || st->st_uid == owner) && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static int read_conf(struct finding *f, const char *conf, uid_t owner, bool *ret_open)
{
	struct aa_lines lines;
	struct stat st;
	char *line;
	int r;

	if ((size_t)snprintf(lines.path, sizeof(lines.path), "%s", conf) >= sizeof(lines.path))
		return -ENAMETOOLONG;
	r = aa_lines_open(&lines);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	*ret_open = fstat(fileno(lines.f), &st) < 0 || !may_be_believed(&st, owner);
	while ((r = aa_lines_next(&lines, &line)) > 0) {
		take_line(f, line, lines.line);
		free(line);
	}
	aa_lines_close(&lines);
	return r;
}

static bool is_there(const char *dir, size_t dir_len, const char *between, const char *name, char *ret)
{
	struct stat st;
	int n = snprintf(ret, PATH_MAX, "%.*s%s%s", (int)dir_len, dir, between, name);

	return n > 0 && n < PATH_MAX && stat(ret, &st) == 0;
}

/* sudo 1.9.15 and later take several directories with colons between them, and put the slash there. */
static void find_below(const char *dirs, const char *name, char *ret)
{
	size_t len;

	for (const char *dir = dirs; *dir; dir += len + (dir[len] == ':')) {
		len = strcspn(dir, ":");
		if (is_there(dir, len, "", name, ret) || is_there(dir, len, "/", name, ret))
			return;
	}
}

static void complete_path(const struct finding *f)
{
	char *ret = f->position->path, found[PATH_MAX];
	const char *dirs = plugin_dirs[0];

	for (size_t i = 0; i < sizeof(plugin_dirs) / sizeof(plugin_dirs[0]); i++)
		if (is_there(plugin_dirs[i], strlen(plugin_dirs[i]), "", "sudoers.so", found)) {
			dirs = plugin_dirs[i];
			break;
		}
	if (*f->path == '/')
		memcpy(ret, f->path, sizeof(f->path));
	else
		find_below(*f->dir ? f->dir : dirs, f->path, ret);
}

/* Says whether the file begins as every shared object does. */
static bool is_object(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char magic[4];
	bool yes = fd >= 0 && read(fd, magic, sizeof(magic)) == (ssize_t)sizeof(magic) &&
		   memcmp(magic, "\177ELF", 4) == 0;

	if (fd >= 0)
		close(fd);
	return yes;
}

static enum aa_plugin_answer judge(const struct finding *f, uid_t owner)
{
	struct stat st;

	complete_path(f);
	if (stat(f->position->path, &st) < 0)
		return AA_PLUGIN_MISSING;
	if (!may_be_believed(&st, owner))
		return AA_PLUGIN_NOT_ROOTS;
	if (strcmp(f->symbol, f->wanted) != 0 || !S_ISREG(st.st_mode) || !is_object(f->position->path))
		return AA_PLUGIN_NO_SYMBOL;
	return AA_PLUGIN_LOADED;
}

enum aa_plugin_answer aa_sudo_conf_find_plugin(const char *conf, uid_t owner, const char *symbol,
					       struct aa_plugin_position *ret_position)
{
	struct finding f = {.wanted = symbol, .position = ret_position};
	bool is_open = false;

	*ret_position = (struct aa_plugin_position){.line = 0};
	if (read_conf(&f, conf, owner, &is_open) < 0)
		return AA_PLUGIN_CONF_UNREADABLE;
	if (!*f.symbol)
		return AA_PLUGIN_NOT_NAMED;
	return is_open ? AA_PLUGIN_CONF_OPEN : judge(&f, owner);
}

bool aa_sudo_conf_stops_sudo(enum aa_plugin_answer answer)
{
	return answer == AA_PLUGIN_MISSING || answer == AA_PLUGIN_NO_SYMBOL;
}
