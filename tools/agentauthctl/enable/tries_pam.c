/* SPDX-License-Identifier: Apache-2.0 */
/* tries_pam.c: PAM asked about people by staged stacks, see tries_pam.h. */
#include "config.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "tools/agentauthctl/enable/host_services.h"
#include "tools/agentauthctl/enable/stage.h"
#include "tools/agentauthctl/enable/tries_pam.h"
#include "tools/cli/alloc.h"
#include "tools/cli/spawn.h"

#define SECONDS_MAX 60 /* a directory that is asked may be slow */
#define NOBODY "nobody"
#define UID_FIRST 1000
#define UID_LAST 59999

/* libpam is loaded by the child that asks, and not linked: it would take functions of ours for those of libraries that it needs. */
static struct {
	__typeof__(pam_start_confdir) *start;
	__typeof__(pam_set_item) *set_item;
	__typeof__(pam_authenticate) *authenticate;
	__typeof__(pam_acct_mgmt) *acct_mgmt;
	__typeof__(pam_end) *end;
} pam;

static bool load_pam(void)
{
	const struct {
		const char *name;
		void **function;
	} wanted[] = {{"pam_start_confdir", (void **)&pam.start},
		      {"pam_set_item", (void **)&pam.set_item},
		      {"pam_authenticate", (void **)&pam.authenticate},
		      {"pam_acct_mgmt", (void **)&pam.acct_mgmt},
		      {"pam_end", (void **)&pam.end}};
	void *library = dlopen("libpam.so.0", RTLD_NOW | RTLD_LOCAL);

	for (size_t i = 0; library && i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		*wanted[i].function = dlsym(library, wanted[i].name);
		if (!*wanted[i].function)
			return false;
	}
	return library != NULL;
}

/* The questions are noted, and none is answered. */
static int note_questions(int n, const struct pam_message **messages, struct pam_response **ret, void *data)
{
	for (int i = 0; i < n; i++)
		buffer_printf(data, " %s", messages[i]->msg);
	*ret = NULL;
	return PAM_CONV_ERR;
}

static void no_delay(int status, unsigned usec, void *data)
{
	(void)status, (void)usec, (void)data;
}

static void ask_about(struct buffer *said, const char *dir, const char *service, const char *user, bool login)
{
	const struct pam_conv conv = {note_questions, said};
	pam_handle_t *pamh;
	int r = pam.start(service, user, &conv, dir, &pamh);

	buffer_printf(said, "%s for %s:", service, user);
	if (r == PAM_SUCCESS) {
		(void)pam.set_item(pamh, PAM_FAIL_DELAY, (const void *)(uintptr_t)no_delay);
		r = login ? pam.authenticate(pamh, PAM_SILENT) : pam.acct_mgmt(pamh, PAM_SILENT);
		(void)pam.end(pamh, r);
	}
	buffer_printf(said, " %d\n", r);
}

static char *first_person(void)
{
	const struct passwd *pw;

	setpwent();
	while ((pw = getpwent()))
		if (pw->pw_uid >= UID_FIRST && pw->pw_uid <= UID_LAST)
			break;
	endpwent();
	return pw ? xstrdup(pw->pw_name) : NULL;
}

static void ask_all(struct buffer *said, const char *dir)
{
	const char *const people[] = {"root", getenv("SUDO_USER"), first_person()};

	for (size_t i = 0; host_services[i].name; i++) {
		char *path = xasprintf("%s/%s", dir, host_services[i].name);

		if (access(path, F_OK) == 0) {
			for (size_t p = 0; p < sizeof(people) / sizeof(people[0]); p++)
				if (people[p] && *people[p])
					ask_about(said, dir, host_services[i].name, people[p], false);
			/* Nobody is asked for a password by the others: without our line such a stack has none. */
			if (host_services[i].asks_people)
				ask_about(said, dir, host_services[i].name, NOBODY, true);
		}
		free(path);
	}
}

/* Modules may print, and change the process: a child asks. It returns false where that ended before its time. */
static bool ask_in_child(struct buffer *said, const char *dir)
{
	int pipes[2], status = -1, null;
	char part[4096];
	ssize_t n;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return false;
	pid = fork();
	if (pid == 0) {
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
		(void)alarm(SECONDS_MAX);
		(void)setlogmask(LOG_MASK(LOG_EMERG)); /* nobody failed to log in */
		if (null < 0 || !load_pam() || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
			_exit(1);
		ask_all(said, dir);
		_exit(write(pipes[1], said->data, said->len) == (ssize_t)said->len ? 0 : 1);
	}
	close(pipes[1]);
	while ((n = read(pipes[0], part, sizeof(part))) > 0)
		buffer_add(said, part, (size_t)n);
	close(pipes[0]);
	return pid > 0 && program_wait(pid, &status) == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* first_difference() returns the first line of `now` that `next` has not in the same place. */
static char *first_difference(const char *now, const char *next)
{
	size_t at = 0, begin;

	while (now[at] && now[at] == next[at])
		at++;
	for (begin = at; begin > 0 && now[begin - 1] != '\n'; begin--)
		;
	return xstrndup(now + begin, strcspn(now + begin, "\n"));
}

bool tries_pam(struct host_plan *plan)
{
	struct buffer now = {0}, next = {0};
	bool same = false;
	char *differs;

	if (!ask_in_child(&now, STAGE_PAM_NOW) || !ask_in_child(&next, STAGE_PAM))
		host_plan_fail(plan, NULL,
			       "PAM cannot be asked about people, or does not answer in %d seconds",
			       SECONDS_MAX);
	else if (!(same = now.len && now.len == next.len && memcmp(now.data, next.data, now.len) == 0)) {
		differs = first_difference(now.data, next.data);
		host_plan_fail(plan, NULL, "with the new stacks PAM would not say any more: %s", differs);
		free(differs);
	}
	buffer_free(&now);
	buffer_free(&next);
	return same;
}
