/* SPDX-License-Identifier: Apache-2.0 */
/* rule_risk.c finds what the sudo rules of roles really allow, see rule_risk.h. */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/text/list.h"
#include "common/text/number.h"
#include "common/verify/sudo_rule.h"
#include "tools/agentauthctl/publish/rule_programs.h"
#include "tools/agentauthctl/publish/rule_risk.h"

#define WILDCARDS "*?["

/* ---- one rule -------------------------------------------------------------- */

struct rule {
	char *runas;	       /* the first user of (…) */
	char *path;	       /* without backslashes */
	char *real;	       /* without links; NULL: there is no such file */
	const char *arguments; /* as written; "": there are none, so that any are allowed */
	bool missing;	       /* there is no such file, not even one that cannot be read */
	bool approval;
	uid_t owner, target;
	bool is_run; /* what is looked at is the program; else it is a file that the arguments name */
	const struct aa_accounts_policy *agents;
};

/* risk holds the worst that was found, and all of it as the rests of sentences. */
struct risk {
	bool refused;
	struct buffer said;
};

__attribute__((format(printf, 3, 4))) static void say(struct risk *risk, bool refused, const char *format,
						      ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	if (!risk->said.len || !strstr(risk->said.data, text))
		buffer_printf(&risk->said, "%s%s", risk->said.len ? "; " : "", text);
	risk->refused = risk->refused || refused;
	free(text);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static char *unescaped(const char *text, size_t len)
{
	char *ret = xmalloc(len + 1), *to = ret;

	for (size_t i = 0; i < len; i++) {
		i += text[i] == '\\' && i + 1 < len;
		*to++ = text[i];
	}
	*to = '\0';
	return ret;
}

static uid_t uid_of(const char *runas)
{
	const struct passwd *pw;
	uint32_t uid = 0;

	if (*runas == '#' && aa_number_id(runas + 1, &uid))
		return uid;
	pw = getpwnam(runas);
	return pw ? pw->pw_uid : 0;
}

/* parse() takes a text that has been checked to be a rule. */
static void parse(const char *text, struct rule *ret)
{
	struct aa_sudo_rule rule = {.runas = "", .path = "/", .path_len = 1, .arguments = ""};

	(void)aa_sudo_rule_parse(text, &rule);
	ret->runas = xstrndup(rule.runas, strcspn(rule.runas, ",:)"));
	ret->path = unescaped(rule.path, rule.path_len);
	ret->real = realpath(ret->path, NULL);
	ret->missing = !ret->real && errno == ENOENT;
	ret->arguments = rule.arguments;
	ret->target = uid_of(ret->runas);
}

static void rule_free(struct rule *rule)
{
	free(rule->runas);
	free(rule->path);
	free(rule->real);
}

/* ---- whether others can change the program --------------------------------- */

static bool is_trusted_owner(const struct rule *rule, uid_t uid)
{
	return uid == 0 || uid == rule->owner || uid == rule->target;
}

/* A file of some service's may be read or kept as it is by root; one of the agents' own is what the agent makes of it. */
static bool is_agents_own(const struct rule *rule, uid_t uid)
{
	return uid >= (uid_t)rule->agents->uid_min && uid <= (uid_t)rule->agents->uid_max;
}

/* look_at_place() looks at one file or directory on the way. A directory with the sticky bit keeps what is in it
 * (`has`) from others, unless that does not exist yet; of a link, its owner alone says whose it is. */
static void look_at_place(const struct rule *rule, const char *path, const struct stat *st, bool has,
			  struct risk *risk)
{
	if (!is_trusted_owner(rule, st->st_uid))
		say(risk, rule->is_run || is_agents_own(rule, st->st_uid),
		    "%s belongs to uid %u, who can put anything in its place", path, (unsigned)st->st_uid);
	else if (S_ISLNK(st->st_mode))
		return;
	else if ((st->st_mode & S_IWOTH) && !(S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) && has))
		say(risk, true, "%s can be written by everybody, who can put anything in its place", path);
	else if ((st->st_mode & S_IWGRP) && st->st_gid != 0 && !(st->st_mode & S_ISVTX))
		say(risk, false,
		    "%s can be written by the group %u, whose members can put anything in its place", path,
		    (unsigned)st->st_gid);
}

/* A way is walked from the root on, through each link, since whoever can change one place of it chooses its end. */
struct way {
	char done[PATH_MAX], room[PATH_MAX];
	const char *left; /* in `room` */
	unsigned links;
};

/* take_step() puts the next name of what is left behind what is done, and returns whether there was one. */
static bool take_step(struct way *way)
{
	const char *name = way->left + strspn(way->left, "/");
	size_t len = strcspn(name, "/"), done = strlen(way->done);
	char *up = strrchr(way->done, '/');

	if (!len || done + len + 2 > sizeof(way->done))
		return false;
	if (len == 2 && strncmp(name, "..", 2) == 0)
		*(up ? up : way->done) = '\0';
	else if (len != 1 || *name != '.')
		snprintf(way->done + done, sizeof(way->done) - done, "/%.*s", (int)len, name);
	way->left = name + len;
	return true;
}

/* follow() puts what the link says before what is left. */
static bool follow(struct way *way)
{
	char both[PATH_MAX], *up = strrchr(way->done, '/');
	ssize_t n = readlink(way->done, both, sizeof(both) - 1);
	size_t left = strlen(way->left);

	if (n <= 0 || ++way->links > 40 || (size_t)n + left + 1 > sizeof(both))
		return false;
	memcpy(both + n, way->left, left + 1);
	memcpy(way->room, both, (size_t)n + left + 1);
	way->left = way->room;
	*(both[0] == '/' ? way->done : up) = '\0';
	return true;
}

static void look_at_way(const struct rule *rule, const char *path, struct risk *risk)
{
	struct way way = {.done = ""};
	char parent[PATH_MAX] = "/";
	struct stat above, st;
	bool is_there = lstat("/", &above) == 0 && strlen(path) < sizeof(way.room);

	if (is_there)
		way.left = memcpy(way.room, path, strlen(path) + 1);
	while (is_there && take_step(&way)) {
		is_there = lstat(*way.done ? way.done : "/", &st) == 0;
		look_at_place(rule, parent, &above, is_there, risk);
		if (!is_there)
			return;
		if (S_ISLNK(st.st_mode)) {
			look_at_place(rule, way.done, &st, true, risk);
			if (!follow(&way) || lstat(*way.done ? way.done : "/", &st) < 0)
				return;
		}
		above = st;
		snprintf(parent, sizeof(parent), "%s", *way.done ? way.done : "/");
	}
	if (is_there)
		look_at_place(rule, parent, &above, true, risk);
}

static void look_at_file(struct rule *rule, struct risk *risk)
{
	rule->is_run = true;
	look_at_way(rule, rule->path, risk);
	if (rule->missing)
		say(risk, false, "there is no %s on this host; whatever comes to be there may be run",
		    rule->path);
}

/* ---- what it allows -------------------------------------------------------- */

/* filled() returns the arguments with the first * as an agent might fill it. The caller frees. */
static char *filled(const char *arguments, const char *star)
{
	return xasprintf("%.*s /etc/shadow %s", (int)(star - arguments), arguments, star + 1);
}

static bool is_regex(const struct rule *rule)
{
	return rule->arguments[0] == '^';
}

/* is_loose_regex() returns true for an expression that matches a text of any length, which may have blanks and
 * slashes: .* or [^x]+, not [a-z]+. */
static bool is_loose_regex(const char *regex)
{
	for (; *regex; regex++) {
		if (*regex == '\\' && regex[1])
			regex++;
		else if ((*regex == '.' && regex[1] && strchr("*+{", regex[1])) ||
			 (*regex == '[' && regex[1] == '^'))
			return true;
	}
	return false;
}

/* is_open() returns true where the agent has a say in the arguments. */
static bool is_open(const struct rule *rule)
{
	if (is_regex(rule))
		return is_loose_regex(rule->arguments);
	return !rule->arguments[0] || aa_sudo_rule_find_plain(rule->arguments, WILDCARDS);
}

static void look_at_arguments(const struct rule *rule, struct risk *risk)
{
	const char *star = aa_sudo_rule_find_plain(rule->arguments, "*");
	char *example;

	if (is_regex(rule)) {
		if (is_open(rule))
			say(risk, true,
			    "its arguments are a regular expression, in which . and [^…] match blanks and "
			    "slashes too");
	} else if (star) {
		example = filled(rule->arguments, star);
		say(risk, true,
		    "sudo matches arguments as one text, so that * takes blanks and slashes along: it also "
		    "allows %s "
		    "%s",
		    rule->path, example);
		free(example);
	} else if (aa_sudo_rule_find_plain(rule->arguments, WILDCARDS)) {
		say(risk, false,
		    "? and [ in arguments match a blank or a slash as well as any other character");
	} else if (!rule->arguments[0] && !rule->approval) {
		say(risk, false,
		    "it names no arguments, and so allows all; \"\" behind the command allows none");
	}
}

/* Some programs show text at a terminal by a pager, or open an editor. */
static void look_at_words(const struct rule *rule, const char *name, struct risk *risk)
{
	bool pages = strcmp(name, "systemctl") == 0 || strcmp(name, "journalctl") == 0;

	if ((strcmp(name, "systemctl") == 0 && strstr(rule->arguments, "edit")) ||
	    (strcmp(name, "crontab") == 0 && strstr(rule->arguments, "-e")))
		say(risk, true, "%s opens an editor, which starts shells and writes other files", rule->path);
	else if (strcmp(name, "git") == 0)
		say(risk, true,
		    "git starts what the configuration of the repository names, as hooks and pagers");
	else if (pages && !strstr(rule->arguments, "--no-pager") &&
		 (strcmp(name, "journalctl") == 0 || strstr(rule->arguments, "status") ||
		  strstr(rule->arguments, "list") || strstr(rule->arguments, "show") ||
		  strstr(rule->arguments, "cat")))
		say(risk, false, "at a terminal it shows its text in a pager; add --no-pager");
}

/* A program that the rule's arguments name is run as the rule's own is. */
static bool names_shell(const char *word, const char **ret_what)
{
	if (is_shell_name(word))
		return risky_kind_of(word, ret_what) == RISKY_ANYTHING;
	return *word == '/' && risky_kind_of(word, ret_what) == RISKY_ANYTHING;
}

/* A file that a fixed argument names, as /tmp/x or of=/tmp/x, is what whoever can change it makes of it. */
static void look_at_named_file(const struct rule *rule, const char *word, struct risk *risk)
{
	const char *equals = strchr(word, '='), *path = equals && *word != '/' ? equals + 1 : word;
	size_t homes = strlen(rule->agents->home);
	if (*path != '/')
		return;
	if (risky_is(rule->path, RISKY_INPUT) && !strstr(rule->arguments, "if\\="))
		say(risk, is_power_place(path), "whatever the agent sends it is written into %s", path);
	if (strncmp(path, rule->agents->home, homes) == 0 && path[homes] == '/')
		say(risk, true, "%s is the agents' own, who can put anything in its place", path);
	else
		look_at_way(rule, path, risk);
}

/* look_at_fixed() looks at the arguments of a program that does with them what they say. */
static void look_at_fixed(const struct rule *rule, const char *path, enum risky_kind kind, struct risk *risk)
{
	char *words = unescaped(rule->arguments, strlen(rule->arguments)), *save = NULL;
	const char *what = NULL;
	size_t files = 0;

	for (char *word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		files += *word == '/';
		if (kind == RISKY_RUNS && names_shell(word, &what))
			say(risk, true, "it starts %s, which %s, as %s", word, what, rule->runas);
		look_at_named_file(rule, word, risk);
	}
	if (risky_is(path, RISKY_ALONE) && files < 1 + (strcmp(base_name(path), "chroot") == 0))
		say(risk, true, "%s starts a shell where its arguments name no program by its absolute path",
		    path);
	free(words);
}

static void look_at_program(const struct rule *rule, struct risk *risk)
{
	const char *what = NULL, *path = rule->path;
	enum risky_kind kind = risky_kind_of(path, &what);

	if (kind == RISKY_NOTHING && rule->real) {
		path = rule->real;
		kind = risky_kind_of(path, &what);
	}
	if (kind == RISKY_ANYTHING || (kind != RISKY_NOTHING && is_open(rule)))
		say(risk, true, "%s %s, as %s", path, what, rule->runas);
	else if (kind != RISKY_NOTHING && !is_regex(rule))
		look_at_fixed(rule, path, kind, risk);
	if (kind != RISKY_ANYTHING)
		look_at_words(rule, base_name(path), risk);
}

static void look_at(struct rule *rule, struct risk *risk)
{
	size_t len = strlen(rule->path);

	if (rule->path[len - 1] == '/')
		say(risk, true, "it allows every program in %s, with all arguments", rule->path);
	else if (strpbrk(rule->path, WILDCARDS))
		say(risk, true, "its path has a wildcard, and allows programs that nobody named");
	else
		look_at_program(rule, risk);
	look_at_arguments(rule, risk);
	if (rule->approval) /* a person sees the whole command, and decides */
		risk->refused = false;
	if (!strpbrk(rule->path, WILDCARDS))
		look_at_file(rule, risk);
}

/* ---- the rules of all roles ------------------------------------------------- */

struct rules_check {
	const struct model *model;
	bool accept, of_published;
	uid_t owner;
	struct problems *problems;
};

static void check_rule(const struct rules_check *check, const char *setting, const char *text, bool approval)
{
	struct rule rule = {
	    .approval = approval, .owner = check->owner, .agents = &check->model->host.accounts};
	struct risk risk = {0};

	parse(text, &rule);
	look_at(&rule, &risk);
	if (risk.refused && !check->accept)
		conf_error_as(
		    &check->model->file, check->problems, "rule-risk", setting,
		    "%s allows more than it says: %s. Name a program that does the one thing, with its "
		    "arguments; if this is meant, say --accept-risk to role add, role set or apply",
		    quoted(text), risk.said.data);
	else if (risk.said.len)
		conf_warning_as(&check->model->file, check->problems, "rule-risk", setting,
				"%s allows more than it says: %s%s", quoted(text), risk.said.data,
				risk.refused ? ". Name a program that does the one thing, with its arguments"
					     : "");
	rule_free(&rule);
	buffer_free(&risk.said);
}

/* place_of() returns the number of a rule in the text, which counts those too that are refused for what they say. */
static unsigned place_of(const struct model *model, const char *role, const char *member, const char *rule)
{
	char *path = xasprintf("roles.%s.%s", role, member);
	const config_setting_t *rules = config_lookup(&model->file.config, path);
	unsigned i = 0;

	for (const char *text; rules && (text = config_setting_get_string_elem(rules, (int)i)); i++)
		if (strcmp(text, rule) == 0)
			break;
	free(path);
	return i;
}

static void check_rules(const struct rules_check *check, const struct aa_role *role, const char *member,
			const struct aa_list *rules, const struct aa_list *published)
{
	char setting[128];

	for (size_t i = 0; i < rules->n; i++) {
		if ((published && aa_list_has(published, rules->v[i])) != check->of_published)
			continue;
		snprintf(setting, sizeof(setting), "roles.%s.%s[%u]", role->name, member,
			 place_of(check->model, role->name, member, rules->v[i]));
		check_rule(check, setting, rules->v[i], strcmp(member, "approval") == 0);
	}
}

static void check_all(const struct rules_check *check, struct published *published)
{
	for (size_t i = 0; i < check->model->roles.n; i++) {
		const struct aa_role *role = &check->model->roles.v[i];
		struct aa_role *was = published ? published_role(published, role->name) : NULL;

		check_rules(check, role, "sudo", &role->sudo, was ? &was->sudo : NULL);
		check_rules(check, role, "approval", &role->approval, was ? &was->approval : NULL);
		aa_role_free(was);
	}
}

void rule_risks_check(const struct model *model, struct published *published, bool accept, uid_t owner,
		      struct problems *problems)
{
	check_all(&(const struct rules_check){model, accept, false, owner, problems}, published);
}

void rule_risks_advise(const struct model *model, struct published *published, uid_t owner,
		       struct problems *problems)
{
	check_all(&(const struct rules_check){model, true, true, owner, problems}, published);
}
