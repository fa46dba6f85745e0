/* SPDX-License-Identifier: Apache-2.0 */
/* sudoers_who.c: finds the names in this host's sudoers, see sudoers_who.h. */
#include "config.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text/sort.h"
#include "tools/agentauthctl/model/slurp.h"
#include "tools/agentauthctl/model/sudoers_who.h"
#include "tools/cli/alloc.h"

#define DEPTH_MAX 16
#define BLANKS " \t"

static void read_file(struct sudoers_who *who, const char *file, int depth);

/* ---- words --------------------------------------------------------------- */

static void add_word(struct sudoers_who *who, struct buffer *word)
{
	if (word->len) {
		grow(&who->v, &who->cap, who->n + 1, sizeof(*who->v));
		who->v[who->n++] = xstrdup(word->data);
	}
	buffer_clear(word);
}

/* Tells whether the character divides a list of users. "%:group" is a group that a plugin knows, or one like any other. */
static bool divides(char c, const struct buffer *word)
{
	return strchr(" \t,!=()", c) || (c == ':' && !(word->len && word->data[word->len - 1] == '%'));
}

/* Adds the words between. A quoted name and a name after a backslash are taken as they would be without. */
static void add_words(struct sudoers_who *who, const char *text, const char *end)
{
	struct buffer word = {0};
	bool in_quotes = false;

	for (; text < end; text++) {
		if (*text == '"')
			in_quotes = !in_quotes;
		else if (!in_quotes && divides(*text, &word))
			add_word(who, &word);
		else if (*text != ':' || in_quotes) {
			text += *text == '\\' && text + 1 < end;
			buffer_add(&word, text, 1);
		}
	}
	add_word(who, &word);
	buffer_free(&word);
}

/* Finds the first of `chars` that is neither quoted nor behind a backslash; else the end. */
static const char *find_plain(const char *text, const char *chars)
{
	bool in_quotes = false;

	for (; *text; text++) {
		if (*text == '\\' && text[1])
			text++;
		else if (*text == '"')
			in_quotes = !in_quotes;
		else if (!in_quotes && strchr(chars, *text))
			break;
	}
	return text;
}

/* ---- lines --------------------------------------------------------------- */

static bool begins(const char *line, const char *word)
{
	return strncmp(line, word, strlen(word)) == 0;
}

/* Reads "alice, %ops host = (root) command, (bob) command". */
static void read_rule(struct sudoers_who *who, const char *line)
{
	const char *at = find_plain(line, "="), *end;

	add_words(who, line, at);
	for (at = find_plain(at, "("); *at; at = find_plain(end, "(")) {
		end = find_plain(at, ")");
		add_words(who, at, end);
	}
}

static bool is_included(const char *name)
{
	size_t len = strlen(name);

	return !strchr(name, '.') && len && name[len - 1] != '~';
}

static void read_dir(struct sudoers_who *who, const char *path, int depth)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char *file = xasprintf("%s/%s", path, entry->d_name);

		if (is_included(entry->d_name))
			read_file(who, file, depth);
		free(file);
	}
	if (dir)
		closedir(dir);
}

/* Returns the path that follows "@include": quoted or with backslashes, %h for the host's name, from the directory of the
 * file that includes it. */
static char *included_path(const char *text, const char *from)
{
	const char *slash = strrchr(from, '/');
	struct buffer path = {0};
	char host[256] = "";
	bool in_quotes = false;

	(void)gethostname(host, sizeof(host) - 1);
	host[strcspn(host, ".")] = '\0';
	text += strspn(text, BLANKS);
	if (*text != '/' && !begins(text, "\"/") && slash)
		buffer_add(&path, from, (size_t)(slash + 1 - from));
	for (; *text && (in_quotes || !strchr(BLANKS, *text)); text++) {
		if (*text == '"') {
			in_quotes = !in_quotes;
		} else if (begins(text, "%h")) {
			buffer_puts(&path, host);
			text++;
		} else {
			text += *text == '\\' && text[1];
			buffer_add(&path, text, 1);
		}
	}
	buffer_add(&path, "", 0);
	return buffer_take(&path);
}

static bool read_include(struct sudoers_who *who, const char *line, const char *from, int depth)
{
	bool dir = begins(line + 1, "includedir"), file = !dir && begins(line + 1, "include");
	char *path;

	if ((*line != '#' && *line != '@') || !(dir || file))
		return false;
	path = included_path(line + 1 + strlen(dir ? "includedir" : "include"), from);
	if (dir)
		read_dir(who, path, depth);
	else
		read_file(who, path, depth);
	free(path);
	return true;
}

static void read_line(struct sudoers_who *who, const char *line, const char *from, int depth)
{
	line += strspn(line, BLANKS);
	if (!*line || read_include(who, line, from, depth) ||
	    (*line == '#' && !isdigit((unsigned char)line[1])))
		return;
	if (begins(line, "Defaults:") || begins(line, "Defaults>"))
		add_words(who, line + strlen("Defaults:"), line + strcspn(line, BLANKS));
	else if (begins(line, "User_Alias") || begins(line, "Runas_Alias"))
		add_words(who, line + strcspn(line, BLANKS), line + strlen(line));
	else if (!begins(line, "Defaults") && !begins(line, "Host_Alias") && !begins(line, "Cmnd_Alias") &&
		 !begins(line, "Cmd_Alias"))
		read_rule(who, line);
}

/* Ends the line before a comment: a # that begins no number. */
static void cut_comment(char *line)
{
	bool in_quotes = false;

	for (line += *line == '#'; *line; line++) {
		if (*line == '\\' && line[1])
			line++;
		else if (*line == '"')
			in_quotes = !in_quotes;
		else if (!in_quotes && *line == '#' && !isdigit((unsigned char)line[1]))
			*line = '\0';
		if (!*line)
			break;
	}
}

/* Returns the next line, with the lines that a backslash at its end joins to it; NULL: there is none. */
static char *next_line(char **text)
{
	char *line = *text, *end;

	if (!line || !*line)
		return NULL;
	for (end = strchr(line, '\n'); end && end > line && end[-1] == '\\'; end = strchr(end, '\n'))
		end[-1] = end[0] = ' ';
	if (end)
		*end = '\0';
	*text = end ? end + 1 : NULL;
	return line;
}

static void read_file(struct sudoers_who *who, const char *file, int depth)
{
	char *text = NULL, *rest, *line;

	if (depth > DEPTH_MAX || slurp(file, &text) < 0)
		return;
	rest = text;
	while ((line = next_line(&rest))) {
		line += strspn(line, BLANKS);
		if (!begins(line, "#include"))
			cut_comment(line);
		read_line(who, line, file, depth + 1);
	}
	free(text);
}

/* ---- all of it ----------------------------------------------------------- */

static int compare_words(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

void sudoers_who_read(struct sudoers_who *who, const char *file)
{
	read_file(who, file, 0);
	aa_sort(who->v, who->n, sizeof(*who->v), compare_words);
}

void sudoers_who_free(struct sudoers_who *who)
{
	for (size_t i = 0; i < who->n; i++)
		free(who->v[i]);
	free(who->v);
	*who = (struct sudoers_who){0};
}

bool sudoers_who_has(const struct sudoers_who *who, char prefix, const char *name)
{
	char *word = prefix ? xasprintf("%c%s", prefix, name) : xstrdup(name), *const key = word;
	bool has = aa_search(&key, who->v, who->n, sizeof(*who->v), compare_words);

	free(word);
	return has;
}
