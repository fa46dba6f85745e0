/* SPDX-License-Identifier: Apache-2.0 */
/* approved.c: approved COMMAND [ARGUMENT]..., which a sudo without plugins (sudo-rs) runs as root in the place of a command
 * that waits for a person.
 *
 * sudoers lets an agent run this program with any arguments. So nothing of what they say is believed: the command must be one
 * that an approval rule of the session's roles names, word for word. Then a person is asked, as the approval plugin asks, and
 * the command runs, and is recorded, as the audit plugin records.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/file/child.h"
#include "sudo/ask.h"
#include "sudo/described.h"
#include "sudo/ran.h"

static int refused(const char *why)
{
	(void)fprintf(stderr, "agentauth: refused: %s\n", why);
	return 1;
}

static void say(void *data, const char *text)
{
	(void)data;
	(void)fputs(text, stderr);
}

/* ---- what sudo says of its caller ------------------------------------------------------ */

static bool put(char *ret, size_t cap, const char *name, const char *value)
{
	int n = value ? snprintf(ret, cap, "%s=%s", name, value) : -1;

	return n >= 0 && (size_t)n < cap;
}

static const char *terminal(void)
{
	const char *name = NULL;

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && !name; fd++)
		name = ttyname(fd);
	return name ? name : "";
}

/* sudo sets SUDO_UID and SUDO_USER itself, whatever its caller's environment says. A uid that is not the caller's would have no
 * session that this process is in. */
static bool describe(struct aa_sudo *sudo, char **argv)
{
	static char uid[32], user[300], cwd[4200], tty[300], host[300], command[4200], as[] = "runas_uid=0";
	static char *caller[] = {uid, user, cwd, tty, host, NULL}, *what[] = {command, as, NULL};
	char name[256] = "", *directory = getcwd(NULL, 0);
	bool ok = gethostname(name, sizeof(name) - 1) == 0 &&
		  put(uid, sizeof(uid), "uid", getenv("SUDO_UID")) &&
		  put(user, sizeof(user), "user", getenv("SUDO_USER")) &&
		  put(cwd, sizeof(cwd), "cwd", directory) && put(tty, sizeof(tty), "tty", terminal()) &&
		  put(host, sizeof(host), "host", name) && put(command, sizeof(command), "command", argv[0]);

	free(directory);
	return ok && aa_described_caller(sudo, caller) && aa_described_command(sudo, what, argv);
}

/* ---- the command ------------------------------------------------------------------------- */

/* Becomes the command. The error of a command that cannot be run goes to the parent. */
static void run(char **argv, int error_fd, const sigset_t *mask)
{
	int err;

	(void)sigprocmask(SIG_SETMASK, mask, NULL);
	(void)execv(argv[0], argv);
	err = errno;
	(void)fprintf(stderr, "agentauth: %s cannot be run: %s\n", argv[0], strerror(err));
	(void)!write(error_fd, &err, sizeof(err));
	_exit(err == ENOENT ? 127 : 126);
}

/* Runs it, and records its end. The status to end with. */
static int run_recorded(struct aa_ran *ran, const struct aa_sudo *sudo, char **argv)
{
	int errors[2], err = 0, status = 1 << 8;
	sigset_t mask;
	pid_t pid;

	if (pipe2(errors, O_CLOEXEC) < 0)
		return refused(strerror(errno));
	aa_child_block_signals(&mask);
	pid = fork();
	if (pid == 0)
		run(argv, errors[1], &mask);
	if (pid < 0)
		err = errno;
	(void)close(errors[1]);
	if (pid > 0 && read(errors[0], &err, sizeof(err)) != sizeof(err))
		err = 0;
	if (pid > 0)
		status = aa_child_wait(pid);
	aa_ran_end(ran, sudo, status, err ? strerror(err) : NULL);
	return aa_child_end_like(status);
}

/* A descriptor that the agent has closed must not become the audit log. */
static bool open_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	return fd >= 0;
}

/* The request ends with the sudo that asked: an agent may kill that, and not this. */
static bool end_with_sudo(pid_t parent)
{
	return prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == parent;
}

int main(int argc, char **argv)
{
	pid_t parent = getppid();
	struct aa_ran ran = {0};
	struct aa_sudo sudo;
	enum aa_reason reason;
	const char *why = NULL;

	(void)signal(SIGCHLD, SIG_DFL); /* sudo's caller may have ignored the signal */
	if (!open_standard_files())
		return 1;
	closefrom(STDERR_FILENO + 1);
	if (argc < 2 || argv[1][0] != '/') {
		(void)fputs("usage: approved /PATH/TO/COMMAND [ARGUMENT]...   (by sudo)\n", stderr);
		return 2;
	}
	if (getuid() != 0 || geteuid() != 0 || !end_with_sudo(parent))
		return refused("this program is for sudo to run as root");
	if (!describe(&sudo, argv + 1))
		return refused("sudo did not say who calls it");
	if (!aa_ran_is_agents(&sudo))
		return refused("this program asks for agents' commands, and a person's sudo needs none");
	sudo.hook = AA_CONFDIR "/hooks/approval-requested";
	sudo.say = say;
	sudo.looks = sudo.must_wait = true;
	sudo.logged = sudo.audited =
	    true; /* by PAM, that it was asked; what becomes of it, by this program */
	reason = aa_ask(&sudo, &why);
	if (reason != AA_OK)
		return refused(why);
	reason = setenv("SUDO_COMMAND", argv[1], 1) < 0 ? AA_INTERNAL : aa_ran_begin(&ran, &sudo);
	if (reason != AA_OK)
		return refused(aa_reason_sentence(reason));
	return run_recorded(&ran, &sudo, argv + 1);
}
