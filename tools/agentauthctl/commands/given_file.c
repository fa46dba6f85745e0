/* SPDX-License-Identifier: Apache-2.0 */
/* given_file.c reads files that a person names, see given_file.h. */
#include "config.h"

#include "tools/agentauthctl/commands/given_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/agentauthctl/commands/edit_options.h"

#define INPUT_MAX 65536

/* is_inherited() returns true for a pipe that the shell has made for this command, as in --key <(…), and false for a
 * pipe that lies in a directory. */
static bool is_inherited(const char *file)
{
	return strncmp(file, "/dev/fd/", 8) == 0 || strncmp(file, "/proc/self/fd/", 14) == 0 ||
	       strcmp(file, "/dev/stdin") == 0;
}

/* unfit() says why a file is nothing to read from, or returns NULL where it can be read. */
static const char *unfit(const char *file, const struct stat *st)
{
	if (S_ISREG(st->st_mode) || (S_ISFIFO(st->st_mode) && is_inherited(file)))
		return NULL;
	if (S_ISDIR(st->st_mode))
		return "is a directory";
	if (S_ISFIFO(st->st_mode))
		return "is a FIFO, which would be waited for";
	return "is a device";
}

/* The file is opened without waiting, and looked at before it is read. */
static int open_given(struct ctl *ctl, const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	const char *why;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		ctl_error(ctl, "%s cannot be read: %s", quoted(file), strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	why = unfit(file, &st);
	if (!why && fcntl(fd, F_SETFL, 0) == 0)
		return fd;
	ctl_error(ctl, "%s %s; name a file, or - for standard input", quoted(file),
		  why ? why : "cannot be read");
	close(fd);
	return -1;
}

static int read_all(struct ctl *ctl, int fd, const char *name, size_t max, struct buffer *ret)
{
	char part[16384];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) > 0 && ret->len <= max)
		buffer_add(ret, part, (size_t)n);
	if (n < 0)
		ctl_error(ctl, "%s cannot be read: %s", name, strerror(errno));
	else if (n > 0)
		ctl_error(ctl, "%s is longer than %zu KiB", name, max / 1024);
	explicit_bzero(part, sizeof(part));
	return n == 0 ? 0 : -1;
}

int ctl_read_file(struct ctl *ctl, const char *file, size_t max, struct buffer *ret)
{
	int fd, r;

	if (strcmp(file, "-") == 0)
		return read_all(ctl, STDIN_FILENO, "standard input", max, ret);
	fd = open_given(ctl, file);
	if (fd < 0)
		return -1;
	r = read_all(ctl, fd, quoted(file), max, ret);
	close(fd);
	return r;
}

/* --key takes a line as in id_ed25519.pub itself, as agentauth keygen prints it, since no file's name has a blank
 * behind a key's type. */
static bool is_key_line(const char *given)
{
	return (strncmp(given, "ssh-", 4) == 0 || strncmp(given, "ecdsa-sha2-", 11) == 0) &&
	       strchr(given, ' ');
}

bool given_is_file(const char *given)
{
	return strcmp(given, "-") != 0 && !is_key_line(given);
}

int ctl_read_input(struct ctl *ctl, const char *file, struct buffer *ret)
{
	for (const struct given_file *given = ctl->given; given; given = given->next)
		if (strcmp(given->name, file) == 0) {
			buffer_add(ret, given->bytes.data ? given->bytes.data : "", given->bytes.len);
			return 0;
		}
	if (is_key_line(file)) {
		buffer_puts(ret, file);
		return 0;
	}
	return ctl_read_file(ctl, file, INPUT_MAX, ret);
}

enum ctl_status given_files_read(struct ctl *ctl, const struct arguments *arguments)
{
	enum ctl_status status = CTL_DONE;

	for (size_t i = 0; i < arguments->n_given; i++) {
		struct given_file *given;

		if (arguments->given[i].option->how != EDIT_KEY || !arguments->given[i].option->setting)
			continue;
		given = xcalloc(1, sizeof(*given));
		given->name = xstrdup(arguments->given[i].value);
		given->next = ctl->given;
		if (ctl_read_input(ctl, given->name, &given->bytes) < 0)
			status = ctl_fail(
			    ctl,
			    "--%s takes a file that holds a public key, or in quotes the line itself that "
			    "agentauth keygen printed",
			    arguments->given[i].option->name);
		ctl->given = given;
	}
	return status;
}

void given_files_free(struct ctl *ctl)
{
	while (ctl->given) {
		struct given_file *given = ctl->given;

		ctl->given = given->next;
		if (given->bytes.data)
			explicit_bzero(given->bytes.data, given->bytes.len);
		buffer_free(&given->bytes);
		free(given->name);
		free(given);
	}
}
