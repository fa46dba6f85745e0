/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_pam.c checks the PAM stacks: whether each asks the module where it must. */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "tools/agentauthctl/commands/doctor/doctor.h"
#include "tools/host/lines.h"

/* A service must ask in the phase that decides about an agent, and where it opens sessions in the one that records
 * them. */
static const struct {
	const char *service;
	enum aa_pam_phase phases[2];
} services[] = {
    {"sshd", {AA_PAM_ACCOUNT, AA_PAM_SESSION}},	    {"login", {AA_PAM_ACCOUNT, AA_PAM_SESSION}},
    {"su", {AA_PAM_ACCOUNT, AA_PAM_SESSION}},	    {"su-l", {AA_PAM_ACCOUNT, AA_PAM_SESSION}},
    {"sudo", {AA_PAM_ACCOUNT, AA_PAM_SESSION}},	    {"sudo-i", {AA_PAM_ACCOUNT, AA_PAM_SESSION}},
    {"cron", {AA_PAM_ACCOUNT, AA_PAM_SESSION}},	    {"crond", {AA_PAM_ACCOUNT, AA_PAM_SESSION}},
    {"atd", {AA_PAM_ACCOUNT, AA_PAM_SESSION}},	    {"systemd-user", {AA_PAM_ACCOUNT, AA_PAM_SESSION}},
    {"runuser", {AA_PAM_SESSION, AA_PAM_SESSION}},  {"runuser-l", {AA_PAM_SESSION, AA_PAM_SESSION}},
    {"passwd", {AA_PAM_PASSWORD, AA_PAM_PASSWORD}},
};

static const char *const stack_dirs[] = {AA_SYSCONFDIR "/pam.d", "/usr/lib/pam.d", "/usr/etc/pam.d", NULL};

struct aa_sshd_paths doctor_sshd_paths(void)
{
	return (struct aa_sshd_paths){AA_SYSCONFDIR "/ssh/sshd_config", NULL, {stack_dirs, AA_PAMDIR}};
}

/* ---- whether a stack is the distribution's own ------------------------------------ */

/* A stack is kept without our lines, a line each, sorted, since the order of different phases means nothing. */
struct stack {
	char **v;
	size_t n, cap;
	bool reads_home; /* pam_env reads ~/.pam_environment */
};

static void stack_free(struct stack *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i]);
	free(s->v);
}

/* squeeze() makes each run of blanks one, and takes those at the ends away. */
static void squeeze(char *line)
{
	char *to = line;

	for (const char *from = line; *from; from++)
		if (*from != ' ' && *from != '\t')
			*to++ = *from;
		else if (to > line && to[-1] != ' ')
			*to++ = ' ';
	to -= to > line && to[-1] == ' ';
	*to = '\0';
}

/* Releases of one distribution differ in two things that say nothing of the host: the - before a module that may be
 * missing, and pam_env's user_readenv=1, which is kept where it stands. */
static void level(struct stack *s, char *line)
{
	static const char word[] = " user_readenv=1";
	char *at;

	if (*line == '-')
		memmove(line, line + 1, strlen(line));
	at = strstr(line, "pam_env.so") ? strstr(line, word) : NULL;
	if (!at)
		return;
	memmove(at, at + strlen(word), strlen(at + strlen(word)) + 1);
	s->reads_home = true;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_our_line(const char *line)
{
	return strstr(line, AA_PAM_MODULE) || strstr(line, "notingroup agents") ||
	       strstr(line, "pam_mkhomedir.so");
}

static bool stack_read(struct stack *s, const char *dir, const char *service)
{
	char *path = xasprintf("%s/%s", dir, service), *line;
	struct aa_lines lines;
	int r = 0;

	(void)snprintf(lines.path, sizeof(lines.path), "%s", path);
	free(path);
	if (aa_lines_open(&lines) < 0)
		return false;
	while ((r = aa_lines_next(&lines, &line)) > 0) {
		squeeze(line);
		if (!*line || is_our_line(line)) {
			free(line);
			continue;
		}
		level(s, line);
		grow(&s->v, &s->cap, s->n + 1, sizeof(*s->v));
		s->v[s->n++] = line;
	}
	aa_lines_close(&lines);
	if (s->n)
		qsort(s->v, s->n, sizeof(*s->v), compare);
	return r == 0;
}

/* is_stock() returns true where the host's stack holds nothing that ours lacks, but for what ret_reads_home says:
 * putting ours in its place loses no line of the host's own. */
static bool is_stock(const char *service, bool *ret_reads_home)
{
	struct stack own = {0}, shipped = {0};
	bool same = stack_read(&own, stack_dirs[0], service) &&
		    stack_read(&shipped, DOCTOR_SHARE "/pam.d", service) && own.n == shipped.n;

	for (size_t i = 0; same && i < own.n; i++)
		same = strcmp(own.v[i], shipped.v[i]) == 0;
	*ret_reads_home = own.reads_home;
	stack_free(&own);
	stack_free(&shipped);
	return same;
}

static char *cure_by_copy(const char *shipped, const char *service, bool reads_home)
{
	const char *dir = stack_dirs[0];

	if (!reads_home)
		return xasprintf("cp --backup=numbered %s %s/", shipped, dir);
	return xasprintf(
	    "cp --backup=numbered %s %s/ && sed -i '/pam_env.so.*envfile/s/$/ user_readenv=1/' %s/%s",
	    shipped, dir, dir, service);
}

/* A stack that has lines of the host's own is a person's to change. */
static char *cure(const char *service, enum aa_pam_answer answer)
{
	char *shipped = xasprintf(DOCTOR_SHARE "/pam.d/%s", service), *command = NULL;
	bool reads_home;

	if (answer == AA_PAM_NO_MODULE)
		command = xstrdup("ls -l " AA_PAMDIR "  # and install agentauth again");
	else if (is_stock(service, &reads_home))
		command = cure_by_copy(shipped, service, reads_home);
	else if (access(shipped, F_OK) == 0)
		command =
		    xasprintf("diff %s %s/%s  # and take the lines with agentauth over, in their places",
			      shipped, stack_dirs[0], service);
	free(shipped);
	return command;
}

/* ---- the check -------------------------------------------------------------------- */

/* look_at_service() returns true where the stack asks where it must. */
static bool look_at_service(struct doctor *d, size_t i)
{
	const struct aa_sshd_paths paths = doctor_sshd_paths();
	struct aa_pam_position position;

	for (size_t p = 0; p < 2; p++) {
		enum aa_pam_answer answer =
		    aa_pam_stack_asks(&paths.pam, services[i].service, services[i].phases[p], &position);

		if (answer == AA_PAM_ABSENT)
			return false;
		if (answer == AA_PAM_ASKED)
			continue;
		if (position.line)
			doctor_problem(d, cure(services[i].service, answer), "the stack of %s: %s:%u: %s %s",
				       services[i].service, position.file, position.line,
				       aa_pam_stack_phase_name(services[i].phases[p]),
				       aa_pam_stack_answer_text(answer));
		else
			doctor_problem(d, cure(services[i].service, answer), "the stack of %s: %s: %s %s",
				       services[i].service, position.file,
				       aa_pam_stack_phase_name(services[i].phases[p]),
				       aa_pam_stack_answer_text(answer));
		return false;
	}
	return true;
}

/* Tries it in a child, since a file that was cut off ends the process. */
static bool core_loads(void)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(dlopen(AA_PAM_CORE, RTLD_NOW | RTLD_LOCAL) ? 0 : 1);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status == 0;
}

/* The module opens its core for agents alone: people do not notice that there is none. */
static void look_at_core(struct doctor *d)
{
	const char *wrong = NULL;
	size_t size;
	int fd, err = aa_trusted_open(AT_FDCWD, AA_PAM_CORE, 0, &fd, &size);

	if (err == -ENOENT)
		wrong = "is missing";
	else if (err < 0)
		wrong = "is not root's alone";
	else if (!core_loads())
		wrong = "cannot be loaded";
	if (err == 0)
		close(fd);
	if (wrong)
		doctor_problem(d, xstrdup("ls -l " AA_PAM_CORE "  # and install agentauth again"),
			       "agents are refused, since " AA_PAM_CORE " %s", wrong);
}

void doctor_stacks(struct doctor *d)
{
	struct buffer asks = {0};
	unsigned before = d->problems;

	look_at_core(d);
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (look_at_service(d, i))
			buffer_printf(&asks, "%s%s", asks.len ? ", " : "", services[i].service);
	if (d->problems == before)
		doctor_fine(d, AA_PAM_MODULE " is asked by %s",
			    asks.len ? asks.data : "no stack, since there is none");
	buffer_free(&asks);
}
