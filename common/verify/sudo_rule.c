/* SPDX-License-Identifier: Apache-2.0 */
/* sudo_rule.c: reads and compares sudo rules, see sudo_rule.h. */
#include "config.h"

#include "common/verify/sudo_rule.h"

#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

#define NAMES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-#%:,"
#define WILDCARDS "*?[]\\"

/* ---- its pieces ------------------------------------------------------------------------ */

const char *aa_sudo_rule_find_plain(const char *text, const char *set)
{
	for (; *text; text++) {
		if (*text == '\\' && text[1])
			text++;
		else if (strchr(set, *text))
			return text;
	}
	return NULL;
}

/* A path may have blanks, with backslashes before them. */
bool aa_sudo_rule_parse(const char *text, struct aa_sudo_rule *ret)
{
	const char *close = text[0] == '(' ? strchr(text, ')') : NULL, *path, *end;

	if (!close)
		return false;
	path = close + 1 + strspn(close + 1, " ");
	end = aa_sudo_rule_find_plain(path, " ");
	if (!end)
		end = path + strlen(path);
	*ret = (struct aa_sudo_rule){.runas = text + 1,
				     .runas_len = (size_t)(close - text) - 1,
				     .path = path,
				     .path_len = (size_t)(end - path),
				     .arguments = end + strspn(end, " ")};
	return true;
}

/* ---- whether it is one -------------------------------------------------------------------- */

static enum aa_sudo_fault check_runas(const struct aa_sudo_rule *rule)
{
	if (rule->runas_len == 0 || rule->runas[0] == ':')
		return AA_SUDO_NOBODY;
	return strspn(rule->runas, NAMES) < rule->runas_len ? AA_SUDO_RUNAS_CHARACTER : AA_SUDO_FINE;
}

static enum aa_sudo_fault check_command(const char *command)
{
	static const char ends[] = ",:=#";
	static const enum aa_sudo_fault faults[] = {AA_SUDO_COMMA, AA_SUDO_COLON, AA_SUDO_EQUALS,
						    AA_SUDO_HASH};
	const char *end;
	size_t backslashes = 0, len = strlen(command);

	if (isupper((unsigned char)*command) && strchr(command, ':'))
		return AA_SUDO_TAG;
	if (strcmp(command, "ALL") == 0)
		return AA_SUDO_ALL;
	if (*command != '/')
		return AA_SUDO_NO_PATH;
	end = aa_sudo_rule_find_plain(command, ends);
	if (end)
		return faults[strchr(ends, *end) - ends];
	while (backslashes < len && command[len - backslashes - 1] == '\\')
		backslashes++;
	return backslashes % 2 ? AA_SUDO_BACKSLASH : AA_SUDO_FINE;
}

enum aa_sudo_fault aa_sudo_rule_check(const char *text)
{
	struct aa_sudo_rule rule;
	enum aa_sudo_fault fault;

	if (!aa_sudo_rule_parse(text, &rule))
		return AA_SUDO_NO_RUNAS;
	fault = check_runas(&rule);
	if (fault != AA_SUDO_FINE)
		return fault;
	return strlen(text) > AA_SUDO_RULE_MAX ? AA_SUDO_TOO_LONG : check_command(rule.path);
}

/* ---- whether it is clear -------------------------------------------------------------------- */

static bool runas_is_clear(const struct aa_sudo_rule *rule)
{
	return strcspn(rule->runas, "#%:") >= rule->runas_len;
}

static bool is_directory(const struct aa_sudo_rule *rule)
{
	return rule->path_len && rule->path[rule->path_len - 1] == '/';
}

/* sudo sees no blanks but those between words. */
static bool blanks_are_clear(const char *text)
{
	return !strstr(text, "  ") && (!*text || text[strlen(text) - 1] != ' ');
}

enum aa_sudo_fault aa_sudo_rule_check_clear(const char *text)
{
	enum aa_sudo_fault fault = aa_sudo_rule_check(text);
	struct aa_sudo_rule rule;

	if (fault != AA_SUDO_FINE || !aa_sudo_rule_parse(text, &rule))
		return fault;
	if (!runas_is_clear(&rule))
		return AA_SUDO_BY_NUMBER;
	if (is_directory(&rule))
		return AA_SUDO_DIRECTORY;
	if (memchr(rule.path, '\\', rule.path_len))
		return AA_SUDO_ESCAPED;
	return blanks_are_clear(rule.path) ? AA_SUDO_FINE : AA_SUDO_BLANKS;
}

/* ---- what it covers ------------------------------------------------------------------------- */

/* Says whether two names may be of one user, as root and toor are. A target without a name may be anybody. */
static bool may_be_same_user(const char *name, const char *target)
{
	struct passwd pw, *found = NULL;
	char buf[4096];
	uid_t uid;

	if (strcmp(name, target) == 0 || target[0] == '#')
		return true;
	if (getpwnam_r(name, &pw, buf, sizeof(buf), &found) != 0)
		return true;
	if (!found)
		return false;
	uid = pw.pw_uid;
	return getpwnam_r(target, &pw, buf, sizeof(buf), &found) != 0 || !found || pw.pw_uid == uid;
}

/* Copies a piece of the text, with an end. False: it is too long. */
static bool copy(char *ret, size_t cap, const char *text, size_t len)
{
	if (len >= cap)
		return false;
	memcpy(ret, text, len);
	ret[len] = '\0';
	return true;
}

/* Says whether the list of users has this one or ALL. */
static bool runas_covers(const struct aa_sudo_rule *rule, const char *target)
{
	char list[AA_SUDO_RULE_MAX + 1], *name, *rest;

	if (!runas_is_clear(rule) || !copy(list, sizeof(list), rule->runas, rule->runas_len))
		return true;
	for (name = strtok_r(list, " ,", &rest); name; name = strtok_r(NULL, " ,", &rest))
		if (strcmp(name, "ALL") == 0 || may_be_same_user(name, target))
			return true;
	return false;
}

static bool may_be_same_file(const char *path, const char *command)
{
	struct stat x, y;

	if (strcmp(path, command) == 0)
		return true;
	if (stat(path, &x) < 0)
		return errno != ENOENT && errno != ENOTDIR;
	return stat(command, &y) < 0 || (x.st_dev == y.st_dev && x.st_ino == y.st_ino);
}

static bool path_covers(const struct aa_sudo_rule *rule, const char *command)
{
	char path[AA_SUDO_RULE_MAX + 1];

	if (!copy(path, sizeof(path), rule->path, rule->path_len) || strcmp(path, "ALL") == 0)
		return true;
	return strpbrk(path, WILDCARDS) || may_be_same_file(path, command);
}

/* Compares the arguments, joined with spaces as sudoers joins them, with the text behind the rule's path. */
static bool arguments_cover(const char *want, char *const argv[])
{
	char *const *arg = argv[0] ? argv + 1 : argv;

	if (!*want || strpbrk(want, WILDCARDS "^$") || !blanks_are_clear(want))
		return true;
	if (strcmp(want, "\"\"") == 0)
		return !*arg;
	for (; *arg; arg++) {
		size_t n = strlen(*arg);

		if (strncmp(want, *arg, n) != 0)
			return false;
		want += n;
		if (arg[1] && *want++ != ' ')
			return false;
	}
	return !*want;
}

bool aa_sudo_rule_covers(const char *text, const char *target, const char *command, char *const argv[])
{
	struct aa_sudo_rule rule;

	if (!aa_sudo_rule_parse(text, &rule))
		return true;
	if (!runas_covers(&rule, target))
		return false;
	return is_directory(&rule) || (path_covers(&rule, command) && arguments_cover(rule.arguments, argv));
}

/* ---- whether it names one command ------------------------------------------------------------ */

bool aa_sudo_rule_is_literal(const char *text)
{
	struct aa_sudo_rule rule;

	if (!aa_sudo_rule_parse(text, &rule))
		return false;
	return strcmp(rule.arguments, "\"\"") == 0 ||
	       (rule.arguments[0] != '^' && !strpbrk(rule.arguments, "*?[]\""));
}

/* Compares the next word of a rule's arguments, where a backslash stands before a character that is itself. */
static bool take_argument(const char **at, const char *arg)
{
	const char *want = *at;

	for (; *want && *want != ' '; want++, arg++) {
		if (*want == '\\' && want[1])
			want++;
		if (*want != *arg)
			return false;
	}
	*at = want + (*want == ' ');
	return !*arg;
}

static bool names_arguments(const char *want, char *const argv[])
{
	char *const *arg = argv[0] ? argv + 1 : argv;

	if (!*want)
		return true;
	if (strcmp(want, "\"\"") == 0)
		return !*arg;
	while (*want && *arg)
		if (!take_argument(&want, *arg++))
			return false;
	return !*want && !*arg;
}

bool aa_sudo_rule_names(const char *text, const char *target, const char *command, char *const argv[])
{
	struct aa_sudo_rule rule;

	if (aa_sudo_rule_check_clear(text) != AA_SUDO_FINE || !aa_sudo_rule_is_literal(text) ||
	    !aa_sudo_rule_parse(text, &rule))
		return false;
	return rule.runas_len == strlen(target) && strncmp(rule.runas, target, rule.runas_len) == 0 &&
	       rule.path_len == strlen(command) && strncmp(rule.path, command, rule.path_len) == 0 &&
	       !strpbrk(command, WILDCARDS) && names_arguments(rule.arguments, argv);
}
