/* SPDX-License-Identifier: Apache-2.0 */
/* browser.c: starts a browser. */
#include "config.h"

#include "tools/agentauth/oauth/browser.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/cli/alloc.h"
#include "tools/cli/spawn.h"

/* The token goes to standard output, where nothing of the browser's may get. */
static void exec_browser(const char *program, const char *address, int started)
{
	int null = open("/dev/null", O_RDWR);

	if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0 &&
	    dup2(null, STDERR_FILENO) >= 0)
		(void)execlp(program, program, address, (char *)NULL);
	(void)!write(started, "x", 1); /* a successful exec closes the pipe instead */
	_exit(127);
}

/* Starts the browser in a grandchild and a session of its own, so that the browser outlives this process and does not get
 * the terminal's Ctrl-C. */
static void start(const char *program, const char *address, int started)
{
	pid_t pid;

	(void)setsid();
	pid = fork();
	if (pid == 0)
		exec_browser(program, address, started);
	_exit(pid > 0 ? 0 : 1);
}

/* $BROWSER is a list with colons between; its first program is run without a shell. */
static char *program_name(void)
{
	const char *list = getenv("BROWSER");

	return list && *list && *list != ':' ? xstrndup(list, strcspn(list, ":")) : xstrdup("xdg-open");
}

bool browser_open(const char *address)
{
	char *program = program_name(), c;
	bool ok = false;
	int fds[2], status;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) == 0) {
		pid = fork();
		if (pid == 0)
			start(program, address, fds[1]);
		close(fds[1]);
		ok = pid > 0 && program_wait(pid, &status) == 0 && WIFEXITED(status) &&
		     WEXITSTATUS(status) == 0 && read(fds[0], &c, 1) == 0;
		close(fds[0]);
	}
	free(program);
	return ok;
}
