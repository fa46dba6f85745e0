/* SPDX-License-Identifier: Apache-2.0 */
/* secret.c: reads a secret from its source. */
#include "config.h"

#include "tools/agentauth/local/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/agentauth/local/own_files.h"
#include "tools/cli/alloc.h"
#include "tools/cli/clock.h"
#include "tools/cli/say.h"
#include "tools/cli/spawn.h"

bool secret_is_named(const struct secret_source *source)
{
	return secret_places(source) > 0;
}

unsigned secret_places(const struct secret_source *source)
{
	const bool named[] = {source->file, source->credential, source->env, source->command.n > 0};
	unsigned n = 0;

	for (size_t i = 0; i < sizeof(named); i++)
		n += named[i];
	return n;
}

/* ---- the output of a command ---------------------------------------------- */

static void exec_command(const char *const *argv, int out)
{
	int null = open("/dev/null", O_RDONLY);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0)
		_exit(126);
	(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(errno == ENOENT ? 127 : 126);
}

/* Returns the number of bytes until the end, or -1 where there are too many, the time is over, or reading fails. */
static ssize_t read_pipe(int fd, char *buf, size_t size)
{
	int64_t end = clock_ms() + SECRET_COMMAND_SECONDS * 1000, left;
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len < size) {
		left = end - clock_ms();
		p.revents = 0;
		if (left <= 0 || (poll(&p, 1, (int)left) < 0 && errno != EINTR))
			return -1;
		if (!p.revents)
			continue;
		n = read(fd, buf + len, size - len);
		if (n < 0)
			return -1;
		len += (size_t)n;
	}
	return n == 0 ? (ssize_t)len : -1;
}

static bool ended_well(pid_t pid, const char *program, const char *what)
{
	int status = 0;

	if (program_wait(pid, &status) < 0)
		return false;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		say("%s cannot be read: there is no program %s", what, program);
	else if (WIFEXITED(status))
		say("%s cannot be read: %s ended with status %d", what, program, WEXITSTATUS(status));
	else
		say("%s cannot be read: %s was ended by signal %d", what, program, WTERMSIG(status));
	return false;
}

static int read_command(const char *const *argv, const char *what, char **ret, size_t *ret_len)
{
	char *buf = xmalloc(SECRET_MAX + 1);
	int fds[2] = {-1, -1};
	ssize_t n = -1;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		say("%s cannot be read: %s", what, strerror(errno));
		if (fds[0] >= 0)
			(void)close(fds[0]), (void)close(fds[1]);
		free(buf);
		return -1;
	}
	if (pid == 0)
		exec_command(argv, fds[1]);
	close(fds[1]);
	n = read_pipe(fds[0], buf, SECRET_MAX);
	close(fds[0]);
	if (n < 0) {
		say("%s cannot be read: %s printed more than %d bytes, or did not end within %d s", what,
		    argv[0], SECRET_MAX, SECRET_COMMAND_SECONDS);
		(void)kill(pid, SIGKILL);
		(void)program_wait(pid, NULL);
	} else if (!ended_well(pid, argv[0], what)) {
		n = -1;
	}
	if (n < 0) {
		explicit_bzero(buf, SECRET_MAX);
		free(buf);
		return -1;
	}
	buf[n] = 0;
	*ret = buf;
	*ret_len = (size_t)n;
	return 0;
}

/* ---- the other sources ---------------------------------------------------- */

typedef int read_text(const char *path, size_t max, char **ret, size_t *ret_len);

static int read_file(const char *file, read_text *reader, char **ret, size_t *ret_len)
{
	char *path = own_expand(file);
	int result = path ? reader(path, SECRET_MAX, ret, ret_len) : -1;

	free(path);
	return result;
}

static int read_credential(const char *name, const char *what, char **ret, size_t *ret_len)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char *path;
	int result;

	if (!folder || folder[0] != '/')
		return say_error("%s is the credential \"%s\", but CREDENTIALS_DIRECTORY is not set: systemd "
				 "sets it for a unit with LoadCredential=%s",
				 what, name, name);
	path = xasprintf("%s/%s", folder, name);
	result = own_read_credential(path, SECRET_MAX, ret, ret_len);
	free(path);
	return result;
}

static int read_env(const char *name, const char *what, char **ret, size_t *ret_len)
{
	const char *value = getenv(name);

	if (!value)
		return say_error("%s is in the variable %s, which the environment does not have", what, name);
	*ret = xstrdup(value);
	*ret_len = strlen(value);
	return 0;
}

static char *read_source(const struct secret_source *source, const char *what, read_text *reader)
{
	char *text = NULL;
	size_t len = 0;
	int result;

	if (source->file)
		result = read_file(source->file, reader, &text, &len);
	else if (source->credential)
		result = read_credential(source->credential, what, &text, &len);
	else if (source->command.n)
		result = read_command(source->command.v, what, &text, &len);
	else
		result = read_env(source->env, what, &text, &len);
	if (result < 0)
		return NULL;
	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		text[--len] = 0;
	if (len > 0 && strlen(text) == len)
		return text;
	say("%s is empty, or has a zero byte in it", what);
	explicit_bzero(text, len);
	free(text);
	return NULL;
}

char *secret_read(const struct secret_source *source, const char *what)
{
	return read_source(source, what, own_read_secret);
}

char *secret_read_line(const struct secret_source *source, const char *what)
{
	char *text = secret_read(source, what);

	if (text)
		text[strcspn(text, "\r\n")] = 0;
	return text;
}

char *secret_read_token(const struct secret_source *source, const char *what)
{
	return read_source(source, what, own_read_token);
}
