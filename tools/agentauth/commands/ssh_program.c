/* SPDX-License-Identifier: Apache-2.0 */
/* ssh_program.c: starting the ssh of this machine, to connect and to ask it something. */
#include "config.h"

#include "tools/agentauth/commands/ssh_program.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* To the end: an ssh whose pipe is closed early would be ended by a signal. */
static void read_to_end(int fd, char *ret, size_t size)
{
	char part[1024];
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		if ((size_t)n > size - 1 - len)
			n = (ssize_t)(size - 1 - len);
		memcpy(ret + len, part, (size_t)n);
		len += (size_t)n;
	}
	ret[len] = 0;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

int ssh_program_ask(const char *option, char **args, size_t n, int from, char *ret, size_t size)
{
	char **all = calloc(n + 3, sizeof(all[0]));
	int fds[2], result = -1;
	pid_t pid;

	if (!all || pipe(fds) < 0)
		goto out;
	all[0] = (char *)(uintptr_t) "ssh";
	all[1] = (char *)(uintptr_t)option;
	if (n)
		memcpy(all + 2, args, n * sizeof(all[0]));
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		if (dup2(fds[1], from) >= 0 && (fds[1] == from || close(fds[1]) == 0))
			(void)execvp("ssh", all);
		_exit(127);
	}
	close(fds[1]);
	if (pid > 0) {
		read_to_end(fds[0], ret, size);
		result = wait_for(pid);
	}
	close(fds[0]);
out:
	free(all);
	return result;
}
