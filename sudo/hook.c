/* SPDX-License-Identifier: Apache-2.0 */
/* hook.c: runs the hook of a request, with root's own limits, signals and priorities. */
#include "config.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/jose/json.h"
#include "sudo/hook.h"

#define HOOK_SECONDS 30

/* Says whether it is an executable regular file that root owns and nobody else can write. */
static bool is_hook(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == 0 && !(st.st_mode & 022) &&
	       (st.st_mode & 0100);
}

/* ---- root's own everything ------------------------------------------------------------- */

/* In a container root may lack the right to raise what was lowered for good. */
static void as_much_as_may_be(int what, rlim_t wanted)
{
	struct rlimit limit;

	if (getrlimit((__rlimit_resource_t)what, &limit) < 0)
		return;
	limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
	(void)setrlimit((__rlimit_resource_t)what, &limit);
}

/* Sets the limits of a process of root's that nobody changed: the kernel's own, and for descriptors systemd's. */
static void own_limits(void)
{
	static const rlim_t MIB = 1024 * 1024, ANY = RLIM_INFINITY;
	const struct {
		int what;
		struct rlimit limit;
	} all[] = {
	    {RLIMIT_NOFILE, {1024, 524288}},
	    {RLIMIT_STACK, {8 * MIB, ANY}},
	    {RLIMIT_CORE, {0, ANY}},
	    {RLIMIT_MEMLOCK, {8 * MIB, 8 * MIB}},
	    {RLIMIT_MSGQUEUE, {819200, 819200}},
	    {RLIMIT_NICE, {0, 0}},
	    {RLIMIT_RTPRIO, {0, 0}},
	    {RLIMIT_FSIZE, {ANY, ANY}},
	    {RLIMIT_CPU, {ANY, ANY}},
	    {RLIMIT_DATA, {ANY, ANY}},
	    {RLIMIT_AS, {ANY, ANY}},
	    {RLIMIT_RSS, {ANY, ANY}},
	    {RLIMIT_NPROC, {ANY, ANY}},
	    {RLIMIT_LOCKS, {ANY, ANY}},
	    {RLIMIT_RTTIME, {ANY, ANY}},
	    {RLIMIT_SIGPENDING, {ANY, ANY}},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (setrlimit((__rlimit_resource_t)all[i].what, &all[i].limit) < 0)
			as_much_as_may_be(all[i].what, all[i].limit.rlim_cur);
}

/* An ignored or blocked signal stays so in the program that is executed: an ignored SIGALRM would be a hook without
 * an end. */
static void own_signals(void)
{
	const struct sigaction by_default = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		(void)sigaction(i, &by_default, NULL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void write_score(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return;
	(void)!write(fd, "0", 1);
	close(fd);
}

/* Sets when the hook runs, on which processors, with what share of the disk, and how soon memory is taken from it. */
static void own_priorities(void)
{
	static const struct sched_param none = {0};
	static const int each_process = 1, default_policy = 0; /* IOPRIO_WHO_PROCESS, MPOL_DEFAULT */
	cpu_set_t every;

	memset(&every, 0xff, sizeof(every));
	(void)sched_setscheduler(0, SCHED_OTHER, &none);
	(void)setpriority(PRIO_PROCESS, 0, 0);
	(void)sched_setaffinity(0, sizeof(every), &every);
	(void)syscall(SYS_ioprio_set, each_process, 0, 0);
	(void)syscall(SYS_set_mempolicy, default_policy, NULL, 0UL);
	(void)prctl(PR_SET_TIMERSLACK, 50000UL, 0UL, 0UL, 0UL);
	(void)prctl(PR_SET_THP_DISABLE, 0UL, 0UL, 0UL, 0UL);
	write_score();
}

/* Puts root's own in the place of what the agent set for itself and sudo kept. The cgroup, by which systemd and the
 * kernel count, stays the session's. False: this process cannot be root. */
static bool become_root(void)
{
	if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return false;
	own_limits();
	own_signals();
	own_priorities();
	(void)personality(0);
	(void)syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	(void)umask(022);
	return chdir("/") == 0;
}

/* ---- the hook ------------------------------------------------------------------------------ */

/* Becomes the hook, in the grandchild: the request on standard input, no terminal, nothing of the agent's. Never
 * returns. */
static void become_hook(const char *path, int in)
{
	char *const argv[] = {(char *)(uintptr_t)path, NULL};
	char *const envp[] = {(char *)(uintptr_t) "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	int null = open("/dev/null", O_RDWR);

	if (setsid() < 0 || null < 0 || dup2(in, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		_exit(127);
	closefrom(3);
	(void)alarm(HOOK_SECONDS);
	execve(path, argv, envp);
	_exit(127);
}

/* Feeds the grandchild, in the child; init inherits the grandchild. */
static void feed(const char *path, const char *text)
{
	int ends[2];
	pid_t pid;

	if (!become_root() || pipe(ends) < 0)
		_exit(127);
	pid = fork();
	if (pid == 0) {
		close(ends[1]);
		become_hook(path, ends[0]);
	}
	close(ends[0]);
	/* A request is far smaller than a pipe holds, so this does not block. */
	_exit(pid < 0 || write(ends[1], text, strlen(text)) < 0);
}

void aa_hook_run(const char *path, const json_t *request)
{
	char *text;
	pid_t pid;

	if (!is_hook(path))
		return;
	text = aa_json_text(request, JSON_COMPACT | JSON_ENSURE_ASCII);
	pid = text ? fork() : -1;
	if (pid == 0)
		feed(path, text);
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
	free(text);
}
