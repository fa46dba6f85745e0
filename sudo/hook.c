/* SPDX-License-Identifier: Apache-2.0 */
/* hook.c: telling the world that somebody waits. */
#include "config.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ask.h"
#include "common/jose/json.h"

#define HOOK_SECONDS 30

/* A regular file that root owns and nobody else can write, and that can be run. */
static bool is_hook(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == 0 && !(st.st_mode & 022) && (st.st_mode & 0100);
}

/* In the grandchild: the request on standard input, no terminal, nothing of the agent's. Never returns. */
static void become_hook(const char *path, int in)
{
	char *const argv[] = {(char *)(uintptr_t)path, NULL};
	char *const envp[] = {(char *)(uintptr_t) "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)setsid();
	if (null < 0 || dup2(in, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 || chdir("/") < 0 || setgroups(0, NULL) < 0 || setgid(0) < 0 || setuid(0) < 0)
		_exit(127);
	closefrom(3);
	(void)alarm(HOOK_SECONDS);
	execve(path, argv, envp);
	_exit(127);
}

/* In the child: feeds the grandchild, which init inherits. */
static void feed(const char *path, const char *text)
{
	int ends[2];
	pid_t pid;

	(void)signal(SIGPIPE, SIG_IGN);
	if (pipe(ends) < 0)
		_exit(127);
	pid = fork();
	if (pid == 0) {
		close(ends[1]);
		become_hook(path, ends[0]);
	}
	close(ends[0]);
	/* A request is far smaller than a pipe holds: this does not block. */
	_exit(pid < 0 || write(ends[1], text, strlen(text)) < 0);
}

void aa_run_hook(const char *path, const json_t *request)
{
	char *text;
	pid_t pid;

	if (!is_hook(path))
		return;
	text = aa_json_text(request, JSON_COMPACT | JSON_ENSURE_ASCII);
	pid = text ? fork() : -1;
	if (pid == 0)
		feed(path, text);
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
	free(text);
}
