/* SPDX-License-Identifier: Apache-2.0 */
/* ssh_program.c: runs the ssh of this machine as a child. */
#include "config.h"

#include "tools/agentauth/commands/ssh_program.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/cli/spawn.h"

/* ---- asking ------------------------------------------------------------------------ */

/* Reads what ssh printed, without the carriage returns at the ends of its lines. */
static void read_said(int fd, char *ret, size_t size)
{
	ssize_t n = pread(fd, ret, size - 1, 0);
	char *to = ret;

	for (ssize_t i = 0; i < n; i++)
		if (ret[i] != '\r')
			*to++ = ret[i];
	*to = 0;
}

static int wait_for(pid_t pid)
{
	int status;

	if (program_wait(pid, &status) < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : SSH_FAILED;
}

/* The outputs are files in memory and not pipes, so that ssh can print to both as much as it likes, in any order. */
int ssh_program_ask(const char *option, char **args, size_t n, struct ssh_said *ret)
{
	char **all = argv_join((const char *const[]){"ssh", option}, 2, args, n);
	int out = memfd_create("out", MFD_CLOEXEC), err = memfd_create("err", MFD_CLOEXEC), result = -1;
	pid_t pid = -1;

	if (out < 0 || err < 0)
		goto out;
	pid = fork();
	if (pid == 0) {
		if (dup2(out, STDOUT_FILENO) >= 0 && dup2(err, STDERR_FILENO) >= 0)
			(void)execvp("ssh", all);
		_exit(127);
	}
	if (pid > 0)
		result = wait_for(pid);
	read_said(out, ret->out, sizeof(ret->out));
	read_said(err, ret->err, sizeof(ret->err));
out:
	if (out >= 0)
		close(out);
	if (err >= 0)
		close(err);
	free(all);
	return result;
}

/* ---- running ----------------------------------------------------------------------- */

static volatile sig_atomic_t running; /* the pid */

/* Passes on a signal that a process sent. The terminal's signals go to all of its foreground group, and so to ssh itself. */
static void pass_on(int signal, siginfo_t *info, void *context)
{
	(void)context;
	if (running > 0 && info->si_code <= 0)
		(void)kill((pid_t)running, signal);
}

static const int passed[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
#define N_PASSED (sizeof(passed) / sizeof(passed[0]))

/* Blocks the signals until they can be passed on; *ret is the mask from before. */
static void hold_signals(sigset_t *ret)
{
	sigset_t held;

	(void)sigemptyset(&held);
	for (size_t i = 0; i < N_PASSED; i++)
		(void)sigaddset(&held, passed[i]);
	(void)sigprocmask(SIG_BLOCK, &held, ret);
}

/* Passes the signals on, but for those that the caller ignores, as nohup does: they stay ignored, in ssh too. */
static void pass_signals_on(void)
{
	struct sigaction old, action = {.sa_sigaction = pass_on, .sa_flags = SA_RESTART | SA_SIGINFO};

	for (size_t i = 0; i < N_PASSED; i++)
		if (sigaction(passed[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			(void)sigaction(passed[i], &action, NULL);
}

/* Waits until ssh ends. ssh stops itself at ~^Z, and then this process stops too, so that the shell gets its terminal back. */
static int wait_out(pid_t pid)
{
	int status;

	for (;;) {
		if (waitpid(pid, &status, WUNTRACED) < 0) {
			if (errno != EINTR)
				return -1;
			continue;
		}
		if (!WIFSTOPPED(status))
			return status;
		(void)raise(SIGSTOP);
		(void)kill(pid, SIGCONT);
	}
}

static void end_by(int number)
{
	(void)signal(number, SIG_DFL);
	(void)raise(number);
}

int ssh_program_run(char **args)
{
	pid_t self = getpid(), pid;
	sigset_t mask;
	int status;

	hold_signals(&mask);
	(void)signal(SIGCHLD,
		     SIG_DFL); /* A caller may have it ignored, and then there would be no exit status. */
	pid = fork();
	if (pid == 0) {
		(void)sigprocmask(SIG_SETMASK, &mask, NULL);
		/* A killed agentauth leaves no ssh behind. */
		if (prctl(PR_SET_PDEATHSIG, SIGHUP) == 0 && getppid() == self)
			(void)execvp("ssh", args);
		_exit(127);
	}
	if (pid > 0) {
		running = pid;
		pass_signals_on();
	}
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	if (pid < 0)
		return -1;
	status = wait_out(pid);
	if (status >= 0 && WIFSIGNALED(status))
		end_by(WTERMSIG(status));
	return status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : SSH_FAILED;
}
