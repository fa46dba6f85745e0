/* SPDX-License-Identifier: Apache-2.0 */
/* agent_home.c: a home directory of the test's own, with keys and profiles in it. */
#include "config.h"

#include "tests/unit/support/jose_make.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/support/agent_home.h"
#include "tools/agentauth/commands/completion.h"
#include "tools/cli/say.h"

static char root[64];

const char *home_path(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/home/%s", root, name);
	return path;
}

void home_make(void)
{
	static const char *const variables[] = {"AGENTAUTH_CONFIG",   "AGENTAUTH_PROFILE",
						"AGENTAUTH_TASK",     "AGENTAUTH_SCOPE",
						"AGENTAUTH_ASK_TASK", "AGENTAUTH_ASK_SCOPE"};
	char path[128];

	strcpy(root, "/tmp/agentauth-test-XXXXXX");
	assert_non_null(mkdtemp(root));
	(void)snprintf(path, sizeof(path), "%s/home", root);
	assert_int_equal(mkdir(path, 0700), 0);
	setenv("HOME", path, 1);
	(void)snprintf(path, sizeof(path), "%s/run", root);
	assert_int_equal(mkdir(path, 0700), 0);
	setenv("XDG_RUNTIME_DIR", path, 1);
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		unsetenv(variables[i]);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

void home_remove(void)
{
	if (root[0])
		(void)nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	root[0] = 0;
}

void home_write(const char *name, const char *text, mode_t mode)
{
	char path[256];
	int fd;

	(void)snprintf(path, sizeof(path), "%s", home_path(name));
	for (char *p = strchr(path + strlen(root) + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = 0;
		(void)mkdir(path, 0700);
		*p = '/';
	}
	(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static int temporary(const char *text, size_t len)
{
	char path[] = "/tmp/agentauth-test-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void collect(int fd, char *buf, size_t size)
{
	ssize_t n = pread(fd, buf, size - 1, 0);

	assert_true(n >= 0);
	buf[n] = 0;
	close(fd);
}

static int run_program(const struct command *command, int argc, char **argv)
{
	static const struct option_spec global[] = {{"help", NULL, "show this", 0, NULL}, {0}};
	const struct command *const commands[] = {command, NULL};
	const struct program program = {
	    .name = "agentauth",
	    .about = "the test's",
	    .more = "",
	    .names_command = true,
	    .commands = commands,
	    .global = global,
	    .values = completion_values,
	    .list = completion_list,
	};
	struct arguments arguments = {0};
	struct problems problems = {0};
	int status = program_main(&program, NULL, argc, argv, &arguments, &problems);

	status = program_end(&arguments, status, NULL, &problems);
	arguments_free(&arguments);
	problems_free(&problems);
	return status;
}

void run_command(struct output *ret, const struct command *command, const char *input, size_t input_len,
		 const char *const *args)
{
	int fds[3] = {temporary(input, input_len), temporary("", 0), temporary("", 0)}, saved[3], argc = 2;
	char *argv[32] = {strdup("agentauth"), strdup(command->name)};

	for (; args[argc - 2]; argc++)
		argv[argc] = strdup(args[argc - 2]);
	fflush(NULL);
	for (int i = 0; i < 3; i++) {
		saved[i] = dup(i);
		dup2(fds[i], i);
	}
	ret->status = run_program(command, argc, argv);
	fflush(NULL);
	for (int i = 0; i < 3; i++) {
		dup2(saved[i], i);
		close(saved[i]);
	}
	close(fds[0]);
	collect(fds[1], ret->out, sizeof(ret->out));
	collect(fds[2], ret->err, sizeof(ret->err));
	say_as("agentauth");
	for (int i = 0; i < argc; i++)
		free(argv[i]);
}

int home_setup(void **state)
{
	(void)state;
	home_make();
	return 0;
}

int home_teardown(void **state)
{
	(void)state;
	home_remove();
	return 0;
}

const struct test_fixture fixture_home = {home_setup, home_teardown};
