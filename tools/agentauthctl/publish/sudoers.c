/* SPDX-License-Identifier: Apache-2.0 */
/* sudoers.c renders, checks and installs the roles' sudo rules, see sudoers.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/replace.h"
#include "common/registry/accounts.h"
#include "common/text/list.h"
#include "common/verify/sudo_rule.h"
#include "tools/agentauthctl/publish/sudoers.h"
#include "tools/cli/spawn.h"

/* rule_line says which rule stands in which line. */
struct rule_line {
	const struct aa_role *role;
	const char *setting; /* "sudo" or "approval" */
	size_t number;
	unsigned line;
};

struct sudoers_text {
	struct buffer text;
	unsigned lines;
	struct rule_line *rules;
	size_t n, cap;
};

/* These are what agents' sudo must do differently, where this host's sudo knows how. An agent types nothing, so that
 * nothing is asked twice. With a PAM session sudo forks the command, and what it forks looks again whether it may. */
static const char *const defaults[] = {"noninteractive_auth", "timestamp_timeout=0", "passwd_tries=1",
				       "pam_session, pam_setcred"};
#define N_DEFAULTS (sizeof(defaults) / sizeof(*defaults))

static void sudoers_text_free(struct sudoers_text *s)
{
	buffer_free(&s->text);
	free(s->rules);
}

static void put_line(struct sudoers_text *s, char *line)
{
	buffer_puts(&s->text, line);
	buffer_puts(&s->text, "\n");
	s->lines++;
	free(line);
}

/* put_denials() has sudo refuse the commands that wait for a person, whatever rule of any role allows them: of the rules that
 * match a command the last one counts. By its uid root is meant whatever its name, and with any group. */
static void put_denials(struct sudoers_text *s, const struct aa_role *role)
{
	for (size_t i = 0; i < role->approval.n; i++) {
		struct aa_sudo_rule rule;

		if (!aa_sudo_rule_parse(role->approval.v[i], &rule))
			continue;
		put_line(s, xasprintf("%%" AA_ROLE_GROUP_PREFIX "%s ALL=(%.*s, #0:ALL) !%s", role->name,
				      (int)rule.runas_len, rule.runas, rule.path));
		grow(&s->rules, &s->cap, s->n + 1, sizeof(*s->rules));
		s->rules[s->n++] = (struct rule_line){role, "approval", i, s->lines};
	}
}

/* put_rules() turns "(runas) command" into "%agent-ROLE ALL=(runas) NOPASSWD: command". */
static void put_rules(struct sudoers_text *s, const struct aa_role *role, const char *setting,
		      const struct aa_list *rules)
{
	for (size_t i = 0; i < rules->n; i++) {
		struct aa_sudo_rule rule;

		if (!aa_sudo_rule_parse(rules->v[i], &rule))
			continue;
		put_line(s, xasprintf("%%" AA_ROLE_GROUP_PREFIX "%s ALL=(%.*s) NOPASSWD: %s", role->name,
				      (int)rule.runas_len, rule.runas, rule.path));
		grow(&s->rules, &s->cap, s->n + 1, sizeof(*s->rules));
		s->rules[s->n++] = (struct rule_line){role, setting, i, s->lines};
	}
}

static void put_defaults(struct sudoers_text *s, const struct model *model, const bool *known)
{
	struct buffer line = {0};

	for (size_t i = 0; i < N_DEFAULTS; i++) {
		if (!known[i])
			continue;
		buffer_puts(&line, line.len ? ", " : "");
		buffer_puts(&line, defaults[i]);
	}
	if (line.len)
		put_line(s, xasprintf("Defaults:%%%s %s", model->host.accounts.group, line.data));
	buffer_free(&line);
}

/* A role that lists services, and not sudo, has its rules for later: its group alone must not grant them. */
static bool admits_sudo(const struct aa_role *role)
{
	for (size_t i = 0; i < role->services.n; i++)
		if (strcmp(role->services.v[i], "sudo") == 0)
			return true;
	return role->services.n == 0;
}

bool sudoers_asks_by_program(const struct model *model)
{
	bool any = false;

	for (size_t i = 0; i < model->roles.n && !any; i++)
		any = model->roles.v[i].approval.n > 0;
	return any && host_facts_sudo(model->facts)->kind == HOST_SUDO_RS;
}

bool sudoers_are_for_rs(const struct model *model)
{
	bool any = false;

	for (size_t i = 0; i < model->roles.n && !any; i++)
		any = model->roles.v[i].sudo.n > 0;
	return sudoers_asks_by_program(model) || (any && host_facts_sudo(model->facts)->kind == HOST_SUDO_RS);
}

/* put_programs() lets agents run the program that asks, and those whose commands never wait the program without a command:
 * agentauth may runs it so to hear what PAM says, which sudo-rs does not ask for its -l. */
static void put_programs(struct sudoers_text *s, const struct model *model)
{
	bool is_rs = host_facts_sudo(model->facts)->kind == HOST_SUDO_RS;

	for (size_t i = 0; i < model->roles.n && is_rs; i++) {
		const struct aa_role *role = &model->roles.v[i];

		if (admits_sudo(role) && (role->approval.n || role->sudo.n))
			put_line(s, xasprintf("%%" AA_ROLE_GROUP_PREFIX
					      "%s ALL=(root) NOPASSWD: " AA_LIBEXECDIR "/approved%s",
					      role->name, role->approval.n ? "" : " \"\""));
	}
}

/* render_waiting() renders the rules that wait for a person. They come last. */
static void render_waiting(struct sudoers_text *s, const struct model *model)
{
	bool by_program = sudoers_asks_by_program(model);

	for (size_t i = 0; i < model->roles.n; i++) {
		const struct aa_role *role = &model->roles.v[i];

		if (by_program)
			put_denials(s, role);
		else if (admits_sudo(role))
			put_rules(s, role, "approval", &role->approval);
	}
	put_programs(s, model);
}

static void render(struct sudoers_text *s, const struct model *model, const bool *known)
{
	put_line(s, xstrdup("# Made by agentauthctl from the roles in agentauth.conf: a change here is lost "
			    "at the next apply."));
	put_line(s, xstrdup("# A role's group is given to a login by PAM, so that a rule holds for the "
			    "logins that have the role."));
	put_defaults(s, model, known);
	for (size_t i = 0; i < model->roles.n; i++)
		if (admits_sudo(&model->roles.v[i]))
			put_rules(s, &model->roles.v[i], "sudo", &model->roles.v[i].sudo);
	render_waiting(s, model);
}

/* ---- checking ------------------------------------------------------------ */

static int visudo(char *program, const char *text, struct buffer *output)
{
	/* sudo-rs takes "-" for a file of this name. */
	char *argv[] = {program, (char[]){"-c"}, (char[]){"-f"}, (char[]){"/dev/stdin"}, NULL};

	return program_run(argv, text, strlen(text), output);
}

static void find_known(char *program, const struct model *model, bool *known, struct problems *problems)
{
	for (size_t i = 0; i < N_DEFAULTS; i++) {
		char *text = xasprintf("Defaults:%%%s %s\n", model->host.accounts.group, defaults[i]);

		known[i] = visudo(program, text, NULL) == 0;
		free(text);
		if (!known[i] &&
		    host_facts_sudo(model->facts)->kind != HOST_SUDO_RS) /* which doctor tells of */
			problem_warning(problems, NULL,
					"this host's sudo does not know the setting %s; it is left out of "
					"the sudoers file (sudo 1.9.10 and later have it)",
					defaults[i]);
	}
}

static const struct rule_line *rule_of_line(const struct sudoers_text *s, unsigned line)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->rules[i].line == line)
			return &s->rules[i];
	return NULL;
}

/* visudo prints "/dev/stdin:LINE:COLUMN: what"; each is reported at the rule that is in that line. */
static void report_visudo(const struct sudoers_text *s, const struct model *model, char *output,
			  struct problems *problems)
{
	size_t before = problems->errors;
	char *save, path[128], what[256];
	unsigned line, column;

	for (char *text = strtok_r(output, "\n", &save); text; text = strtok_r(NULL, "\n", &save)) {
		const struct rule_line *rule;

		if (sscanf(text, "%*[^:]:%u:%u: %255[^\n]", &line, &column, what) != 3)
			continue;
		rule = rule_of_line(s, line);
		if (!rule)
			continue;
		snprintf(path, sizeof(path), "roles.%s.%s[%zu]", rule->role->name, rule->setting,
			 rule->number);
		conf_error(&model->file, problems, path, "visudo refuses this rule: %s", what);
	}
	if (problems->errors == before)
		problem_error(problems, NULL,
			      "visudo refuses the sudo rules of the roles, and does not say which");
}

static int try(char *program, const struct model *model, const bool *known, struct sudoers_text *s,
	       struct buffer *output)
{
	sudoers_text_free(s);
	*s = (struct sudoers_text){0};
	buffer_clear(output);
	render(s, model, known);
	return visudo(program, s->text.data, output);
}

static int check(char *program, const struct model *model, struct sudoers_text *s, struct problems *problems)
{
	struct buffer output = {0};
	bool known[N_DEFAULTS];
	int r;

	for (size_t i = 0; i < N_DEFAULTS; i++)
		known[i] = true;
	r = try(program, model, known, s, &output);
	if (r > 0) {
		find_known(program, model, known, problems);
		r = try(program, model, known, s, &output);
	}
	if (r < 0)
		problem_error(problems, NULL, "visudo, which checks the sudo rules, cannot be run: %s",
			      strerror(-r));
	else if (r > 0)
		report_visudo(s, model, output.data ? output.data : (char[]){""}, problems);
	buffer_free(&output);
	return r == 0 ? 0 : -1;
}

/* has_rules() returns whether there is anything to grant, and says which rules stand there for nothing. */
static bool has_rules(const struct model *model, struct problems *problems)
{
	bool any = false;
	char path[64];

	for (size_t i = 0; i < model->roles.n; i++) {
		const struct aa_role *role = &model->roles.v[i];

		if (role->sudo.n == 0 && role->approval.n == 0)
			continue;
		snprintf(path, sizeof(path), "roles.%s", role->name);
		if (admits_sudo(role))
			any = true;
		else
			conf_warning_as(&model->file, problems, "rules-out-of-reach", path,
					"its sudo rules grant nothing, since its services do not list sudo: "
					"agentauthctl role set %s --service sudo",
					role->name);
	}
	return any;
}

int sudoers_make(const struct model *model, struct problems *problems, char **ret)
{
	struct sudoers_text s = {0};
	char *program;
	int r;

	if (!has_rules(model, problems)) {
		*ret = NULL;
		return 0;
	}
	program = host_sudo_visudo(host_facts_sudo(model->facts));
	if (!program) {
		problem_warning(problems, NULL,
				"the roles' sudo rules are not installed: this host has no visudo to check "
				"them with (package sudo)");
		*ret = NULL;
		return 0;
	}
	r = check(program, model, &s, problems);
	if (r == 0)
		*ret = buffer_take(&s.text);
	sudoers_text_free(&s);
	free(program);
	return r;
}

/* ---- installing ---------------------------------------------------------- */

static bool is_installed(int dirfd, const char *name, const char *text, uid_t owner)
{
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	size_t len = strlen(text);
	struct stat st;
	char *have;
	bool same;

	if (fd < 0)
		return false;
	have = xmalloc(len + 1);
	same = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == owner &&
	       (st.st_mode & 07777) == 0440 && read(fd, have, len + 1) == (ssize_t)len &&
	       memcmp(have, text, len) == 0;
	free(have);
	close(fd);
	return same;
}

static char *tmp_name(const char *name)
{
	return xasprintf(".%s.new", name);
}

static int stage(int dirfd, const char *name, const char *text)
{
	char *tmp = tmp_name(name);
	int r;

	unlinkat(dirfd, tmp, 0);
	r = aa_replace_create(dirfd, tmp, text, strlen(text), 0440);
	free(tmp);
	return r;
}

static int commit(int dirfd, const char *name, const char *text)
{
	char *tmp = tmp_name(name);
	int r = text ? renameat(dirfd, tmp, dirfd, name) : unlinkat(dirfd, name, 0);

	r = r < 0 ? -errno : 0;
	free(tmp);
	if (r < 0)
		return !text && r == -ENOENT ? 0 : r;
	fsync(dirfd); /* it holds from now on, whatever the disk says of the directory */
	return 0;
}

static int forget(int dirfd, const char *name, const char *text)
{
	char *tmp = tmp_name(name);

	(void)text;
	unlinkat(dirfd, tmp, 0);
	free(tmp);
	return 0;
}

/* in_directory() has `act` done in the directory of `path`, which need not exist where there is nothing to write. */
static int in_directory(const char *path, const char *text,
			int (*act)(int dirfd, const char *name, const char *text))
{
	char *dir = xstrdup(path), *file = xstrdup(path);
	int dirfd = open(dirname(dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW), r;

	if (dirfd < 0)
		r = errno == ENOENT ? (text ? -ENOTDIR : 0) : -errno;
	else
		r = act(dirfd, basename(file), text);
	if (dirfd >= 0)
		close(dirfd);
	free(dir);
	free(file);
	return r;
}

bool sudoers_is_installed(const char *path, const char *text, uid_t owner)
{
	if (!text)
		return access(path, F_OK) < 0 && errno == ENOENT;
	return is_installed(AT_FDCWD, path, text, owner);
}

int sudoers_stage(const char *path, const char *text)
{
	return in_directory(path, text, text ? stage : forget);
}

int sudoers_commit(const char *path, const char *text)
{
	return in_directory(path, text, commit);
}

void sudoers_forget(const char *path)
{
	in_directory(path, NULL, forget);
}

int sudoers_install(const char *path, const char *text, uid_t owner)
{
	int r;

	if (sudoers_is_installed(path, text, owner))
		return 0;
	r = sudoers_stage(path, text);
	return r < 0 ? r : sudoers_commit(path, text);
}
