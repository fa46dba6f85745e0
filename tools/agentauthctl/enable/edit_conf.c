/* SPDX-License-Identifier: Apache-2.0 */
/* edit_conf.c: our lines in sudo.conf and sshd_config, see edit_conf.h. */
#include "config.h"

#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/agentauthctl/enable/edit_conf.h"
#include "tools/agentauthctl/enable/text_lines.h"
#include "tools/cli/alloc.h"
#include "tools/host/sshd_config.h"
#include "tools/host/sudo_conf.h"

#define BLANK " \t\r"

/* ---- sudo.conf ------------------------------------------------------------------- */

static const char *const wanted[] = {AA_PLUGIN_SYMBOL, AA_PLUGIN_AUDIT_SYMBOL};
#define N_WANTED (sizeof(wanted) / sizeof(wanted[0]))

struct sudo_conf {
	struct text_lines lines;
	bool has[N_WANTED];
};

static bool is_our_plugin(const char *symbol, const char *path)
{
	const char *slash = strrchr(path, '/');

	return strcmp(slash ? slash + 1 : path, AA_PLUGIN_FILE) == 0 ||
	       strcmp(symbol, AA_PLUGIN_SYMBOL) == 0 || strcmp(symbol, AA_PLUGIN_AUDIT_SYMBOL) == 0 ||
	       strcmp(symbol, AA_PLUGIN_IO_SYMBOL) == 0;
}

static void look_at_plugin(void *data, char *line, size_t first, size_t last)
{
	struct sudo_conf *conf = data;
	char *save, *word = strtok_r(line, BLANK, &save), *symbol, *path;

	if (!word || strcasecmp(word, "Plugin") != 0)
		return;
	symbol = strtok_r(NULL, BLANK, &save);
	path = symbol ? strtok_r(NULL, BLANK, &save) : NULL;
	if (!path || !is_our_plugin(symbol, path))
		return;
	for (size_t i = 0; i < N_WANTED; i++)
		conf->has[i] = conf->has[i] || strcmp(symbol, wanted[i]) == 0;
	text_lines_out(&conf->lines, first, last);
}

static void sudo_conf_read(struct sudo_conf *conf, const char *text)
{
	*conf = (struct sudo_conf){0};
	text_lines_begin(&conf->lines, text);
	text_each(text, look_at_plugin, conf);
}

char *sudo_conf_insert(const char *text, const char *plugin_path)
{
	struct buffer what = {0};
	struct sudo_conf conf;
	char *with;

	sudo_conf_read(&conf, text);
	for (size_t i = 0; i < N_WANTED; i++)
		if (!conf.has[i])
			buffer_printf(&what, "%sPlugin %s %s\n", what.len ? "" : ENABLE_MARK, wanted[i],
				      plugin_path);
	with = what.len ? text_insert(text, conf.lines.n + 1, what.data) : xstrdup(text);
	buffer_free(&what);
	text_lines_free(&conf.lines);
	return with;
}

char *sudo_conf_remove(const char *text)
{
	struct sudo_conf conf;
	char *without;

	sudo_conf_read(&conf, text);
	without = text_lines_without(&conf.lines);
	text_lines_free(&conf.lines);
	return without;
}

/* ---- sshd_config ----------------------------------------------------------------- */

/* includes() returns whether a pattern of the line's Include fits the snippet; *ret_match is set by a line that begins a Match. */
static bool includes(const struct text_lines *lines, size_t i, const char *snippet, bool *ret_match)
{
	char line[4096], word[PATH_MAX], pattern[PATH_MAX + 16];
	const char *rest = line;
	bool fits = false;

	/* sshd does not join lines. */
	(void)snprintf(line, sizeof(line), "%.*s", (int)strcspn(lines->at[i], "\r\n"), lines->at[i]);
	if (!aa_sshd_config_word(&rest, word, sizeof(word)))
		return false;
	*ret_match = *ret_match || strcasecmp(word, "Match") == 0;
	if (strcasecmp(word, "Include") != 0)
		return false;
	while (aa_sshd_config_word(&rest, word, sizeof(word))) {
		(void)snprintf(pattern, sizeof(pattern), "%s%s", *word == '/' ? "" : AA_SYSCONFDIR "/ssh/",
			       word);
		fits = fits || fnmatch(pattern, snippet, FNM_NOESCAPE | FNM_PATHNAME | FNM_PERIOD) == 0;
	}
	return fits;
}

char *sshd_config_insert(const char *text, const char *snippet)
{
	bool is_there = false, match = false;
	struct text_lines lines;
	char *line, *with;

	text_lines_begin(&lines, text);
	for (size_t i = 0; i < lines.n && !match && !is_there; i++)
		is_there = includes(&lines, i, snippet, &match) && !match;
	text_lines_free(&lines);
	if (is_there)
		return xstrdup(text);
	line = xasprintf(ENABLE_MARK "Include %s\n", snippet);
	with = text_insert(text, 1, line);
	free(line);
	return with;
}

char *sshd_config_remove(const char *text, const char *snippet)
{
	char *wanted_line = xasprintf("Include %s\n", snippet), *without;
	struct text_lines lines;

	text_lines_begin(&lines, text);
	for (size_t i = 1; i <= lines.n; i++)
		if (text_lines_begins(&lines, i, wanted_line))
			text_lines_out(&lines, i, i);
	without = text_lines_without(&lines);
	text_lines_free(&lines);
	free(wanted_line);
	return without;
}

/* ---- a file that was placed whole --------------------------------------------------- */

static bool has_line(const struct text_lines *lines, const char *line, size_t len)
{
	for (size_t i = 0; i < lines->n; i++)
		if ((size_t)(lines->at[i + 1] - lines->at[i]) == len && memcmp(lines->at[i], line, len) == 0)
			return true;
	return false;
}

static bool says_something(const struct text_lines *lines, size_t i)
{
	const char *line = lines->at[i] + strspn(lines->at[i], " \t\r");

	return *line != '#' && *line != '\n' && *line != '\0';
}

/* A Match stays: without it the settings of others behind it would hold for people. */
char *placed_file_remove(const char *text, const char *placed)
{
	struct text_lines now, ours;
	char *without = NULL;
	bool others = false;

	text_lines_begin(&now, text);
	text_lines_begin(&ours, placed);
	for (size_t i = 0; i < now.n; i++) {
		now.out[i] = has_line(&ours, now.at[i], (size_t)(now.at[i + 1] - now.at[i])) &&
			     strncasecmp(now.at[i], "Match ", strlen("Match ")) != 0;
		others = others || (says_something(&now, i) &&
				    !has_line(&ours, now.at[i], (size_t)(now.at[i + 1] - now.at[i])));
	}
	if (others)
		without = text_lines_without(&now);
	text_lines_free(&now);
	text_lines_free(&ours);
	return without;
}
