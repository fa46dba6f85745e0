/* SPDX-License-Identifier: Apache-2.0 */
/* support_calls.c: counts system calls, see support_calls.h. */
#include <config.h>

#include "tests/unit/support/support_calls.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/support/test.h"

static pid_t start(void (*work)(void *data), void *data)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(1);
	(void)raise(SIGSTOP);
	work(data);
	_exit(0);
}

/* A call stops twice, at its beginning and its end, but for exit_group(). */
unsigned long support_calls(void (*work)(void *data), void *data)
{
	pid_t pid = start(work, data);
	unsigned long stops = 0;
	int status;

	assert_true(pid > 0);
	assert_true(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
	do {
		assert_int_equal(ptrace(PTRACE_SYSCALL, pid, NULL, NULL), 0);
		assert_true(waitpid(pid, &status, 0) == pid);
		stops += WIFSTOPPED(status);
	} while (WIFSTOPPED(status));
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	return stops / 2;
}
