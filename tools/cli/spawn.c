/* SPDX-License-Identifier: Apache-2.0 */
/* spawn.c: runs another program, see spawn.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/cli/spawn.h"

#define OUTPUT_MAX (16 * 1024 * 1024)

char *program_find(const char *name)
{
	static const char *const dirs[] = {"/usr/sbin", "/usr/bin",	   "/sbin",
					   "/bin",	"/usr/local/sbin", "/usr/local/bin"};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		char *path = xasprintf("%s/%s", dirs[i], name);

		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

/* Makes a file without a name that holds the bytes: a pipe would have to be fed while the output is read. */
static int input_file(const char *input, size_t len)
{
	int fd = memfd_create("agentauthctl-input", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	if ((len && write(fd, input, len) != (ssize_t)len) || lseek(fd, 0, SEEK_SET) < 0) {
		close(fd);
		return -EIO;
	}
	return fd;
}

/* `err` -1: nowhere. */
static int start(char *const argv[], int in, int out, int err, pid_t *ret)
{
	char *const env[] = {(char[]){"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}, (char[]){"LC_ALL=C"}, NULL};
	posix_spawn_file_actions_t actions;
	int r;

	r = posix_spawn_file_actions_init(&actions);
	if (r)
		return -r;
	r = posix_spawn_file_actions_adddup2(&actions, in, 0);
	if (!r)
		r = posix_spawn_file_actions_adddup2(&actions, out, 1);
	if (!r && err >= 0)
		r = posix_spawn_file_actions_adddup2(&actions, err, 2);
	else if (!r)
		r = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	if (!r)
		r = posix_spawn(ret, argv[0], &actions, NULL, argv, env);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

static void collect(int fd, struct buffer *output)
{
	char part[4096];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0 && output && output->len < OUTPUT_MAX)
			buffer_add(output, part, (size_t)n);
}

int program_wait(pid_t pid, int *ret_status)
{
	while (waitpid(pid, ret_status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

char **argv_join(const char *const *front, size_t n_front, char *const *rest, size_t n_rest)
{
	char **all = xcalloc(n_front + n_rest + 1, sizeof all[0]);

	for (size_t i = 0; i < n_front; i++)
		all[i] = (char *)(uintptr_t)front[i];
	for (size_t i = 0; i < n_rest; i++)
		all[n_front + i] = rest[i];
	return all;
}

int program_read(char *const argv[], int in, pid_t *ret_pid)
{
	int out[2], r;

	if (pipe2(out, O_CLOEXEC) < 0)
		return -errno;
	r = start(argv, in, out[1], -1, ret_pid);
	close(out[1]);
	if (r < 0)
		close(out[0]);
	return r < 0 ? r : out[0];
}

int program_run(char *const argv[], const char *input, size_t len, struct buffer *output)
{
	int in = input_file(input, len), out[2] = {-1, -1}, status, r;
	pid_t pid;

	if (in < 0)
		return in;
	if (pipe2(out, O_CLOEXEC) < 0) {
		r = -errno;
		goto out;
	}
	r = start(argv, in, out[1], out[1], &pid);
	close(out[1]);
	if (r < 0)
		goto out;
	collect(out[0], output);
	r = program_wait(pid, &status);
	if (r == 0)
		r = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
out:
	close(in);
	if (out[0] >= 0)
		close(out[0]);
	return r;
}
