/* SPDX-License-Identifier: Apache-2.0 */
/* support_faulty.c: orders for faulty.so, see support_faulty.h. */
#include <config.h>

#include "tests/unit/support/support_faulty.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/support/test.h"

#define LIBRARY TEST_BUILDDIR "/faulty.so"

static void become(char *const argv[], int orders, const char *folder, time_t now)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%d", dup(orders)); /* without FD_CLOEXEC */
	setenv(FAULTY_FD, text, 1);
	(void)snprintf(text, sizeof(text), "%lld", (long long)now);
	setenv(FAULTY_NOW, text, 1);
	setenv(FAULTY_OUT, folder, 1);
	setenv("LD_PRELOAD", LIBRARY, 1);
	(void)signal(SIGPIPE, SIG_DFL);
	if (chdir(folder) == 0)
		execv(argv[0], argv);
	_exit(98);
}

struct faulty_program faulty_start(char *const argv[], const char *folder, time_t now)
{
	struct faulty_program program;
	int ends[2];

	assert_int_equal(access(LIBRARY, R_OK), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	program.pid = fork();
	assert_true(program.pid >= 0);
	if (program.pid == 0)
		become(argv, ends[1], folder, now);
	close(ends[1]);
	program.fd = ends[0];
	return program;
}

void faulty_run(const struct faulty_program *program, const struct faulty_order *order,
		struct faulty_answer *ret)
{
	assert_int_equal(write(program->fd, order, sizeof(*order)), sizeof(*order));
	assert_int_equal(read(program->fd, ret, sizeof(*ret)), sizeof(*ret));
}

void faulty_end(struct faulty_program *program)
{
	close(program->fd);
	(void)waitpid(program->pid, NULL, 0);
}

const char *faulty_kind_name(enum faulty_kind kind)
{
	static const char *const names[FAULTY_KINDS] = {
	    [FAULTY_NONE] = "nothing",	    [FAULTY_MEMORY] = "no memory", [FAULTY_CALL] = "an error",
	    [FAULTY_INTERRUPTED] = "EINTR", [FAULTY_SHORT] = "half",	   [FAULTY_KILLED] = "SIGKILL",
	    [FAULTY_LIE] = "nothing done",
	};

	return names[kind];
}
