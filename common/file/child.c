/* SPDX-License-Identifier: Apache-2.0 */
/* child.c: see child.h. */
#include "common/file/child.h"

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void wanted_signals(sigset_t *ret)
{
	static const int all[] = {SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM, SIGUSR1, SIGUSR2};

	sigemptyset(ret);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		(void)sigaddset(ret, all[i]);
}

void aa_child_block_signals(sigset_t *ret_old)
{
	sigset_t set;

	wanted_signals(&set);
	(void)sigprocmask(SIG_BLOCK, &set, ret_old);
}

/* A terminal's signal reaches the command as well. So does that of a sudo with a terminal of its own: its monitor,
 * which leads this session, signals the group. A signal from another process is passed on. */
static bool command_has_it(const siginfo_t *info, pid_t pid)
{
	return info->si_code > 0 ||
	       (info->si_pid == getppid() && getsid(0) == getppid() && getpgid(pid) == getpgrp());
}

int aa_child_wait(pid_t pid)
{
	sigset_t set;
	siginfo_t info;
	int status, signal;

	wanted_signals(&set);
	for (;;) {
		signal = sigwaitinfo(&set, &info);
		if (signal == SIGCHLD && waitpid(pid, &status, WNOHANG) == pid)
			return status;
		if (signal > 0 && signal != SIGCHLD && !command_has_it(&info, pid))
			(void)kill(pid, signal);
	}
}

int aa_child_end_like(int status)
{
	static const struct rlimit no_core = {0, 0};
	sigset_t set;

	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	(void)setrlimit(RLIMIT_CORE, &no_core);
	sigemptyset(&set);
	(void)sigaddset(&set, WTERMSIG(status));
	(void)signal(WTERMSIG(status), SIG_DFL);
	(void)raise(WTERMSIG(status));
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	return 128 + WTERMSIG(status);
}
