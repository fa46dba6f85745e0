/* SPDX-License-Identifier: Apache-2.0 */
/* kill.c: signals the processes of agents or of sessions. */
#include "config.h"

#include "common/state/kill.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/state/monotonic.h"

#define PATIENCE_MS 150 /* of passes over /proc, before a whole uid is stopped */

/* ---- signals ------------------------------------------------------------------------------- */

/* The pid may have gone to another process since the table was taken, so the process of the pidfd is looked at now. */
static bool signal_one(const struct aa_process_row *p, int signal)
{
	int fd = (int)syscall(SYS_pidfd_open, p->id.pid, 0);
	bool done;

	if (fd < 0)
		return false;
	done = aa_process_alive(&p->id) && syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0) == 0;
	close(fd);
	return done;
}

/* Signals each once, and counts those that there are. */
static long signal_set(const struct aa_process_set *set, int signal, long *ret_there)
{
	struct aa_process_table table;
	long n = aa_processes_take(set, &table);

	*ret_there = 0;
	for (size_t i = 0; i < table.n && n >= 0; i++) {
		if (table.v[i].member == AA_PROCESS_OUTSIDE)
			continue;
		++*ret_there;
		n += signal_one(&table.v[i], signal);
	}
	aa_processes_free(&table);
	return n;
}

long aa_kill_signal(const struct aa_process_set *set, int signal)
{
	long there;

	return signal_set(set, signal, &there);
}

/* Takes each uid as its effective one in turn, and signals all that it may signal then. Its saved uid stays root's
 * where it has to come back. */
static int signal_as_each(const uint32_t *uids, size_t n, int signal)
{
	static const uid_t nobodys = UINT32_MAX - 1, same = UINT32_MAX;
	int failed = 0;

	for (size_t i = 0; i < n && !failed; i++) {
		failed = i > 0 && setresuid(same, 0, same) < 0;
		failed = failed || setresuid(nobodys, uids[i], i + 1 < n ? 0 : nobodys) < 0;
		if (!failed)
			(void)kill(-1, signal);
	}
	return failed;
}

/* Signals every process of the uids, of each uid at one stroke, which a fork does not outrun: the kernel holds forks off
 * meanwhile. A child does it that has none of the uids as its real or its saved one, so that no agent can signal or
 * trace it, and no other right while it signals. The kernel spares that child and process 1. */
static void signal_uids(const uint32_t *uids, size_t n, int signal)
{
	pid_t pid;

	for (size_t i = 0; i < n; i++)
		if (uids[i] == 0 || uids[i] == UINT32_MAX)
			return;
	if (n == 0 || geteuid() != 0)
		return;
	pid = fork();
	if (pid == 0)
		_exit(signal_as_each(uids, n, signal));
	if (pid > 0)
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			continue;
}

static int64_t now_ms(void)
{
	return aa_monotonic_us() / 1000;
}

/* Signals the agents of the sessions, each once for all its sessions that follow one another. */
static void signal_agents(const struct aa_process_set *set, int signal)
{
	for (size_t i = 0; i < set->n_sessions; i++)
		if (i == 0 || set->sessions[i]->uid != set->sessions[i - 1]->uid)
			signal_uids(&set->sessions[i]->uid, 1, signal);
}

/* Stops the uid until a pass stops no more processes than the one before: a process that forks runs into a stop
 * sooner or later. */
static void stop_all(const struct aa_process_set *set, int64_t until)
{
	long before = -1, n = aa_kill_signal(set, SIGSTOP);

	while (n > before && now_ms() < until) {
		before = n;
		n = aa_kill_signal(set, SIGSTOP);
	}
}

/* Has the agents be killed once, and says how many processes there were. The processes are killed by their pids first, sshd
 * before its children, so that sshd does not begin to close the session. */
static long kill_once(const struct aa_process_set *set, long *ret_there)
{
	long n = signal_set(set, SIGKILL, ret_there);

	if (!set->sessions)
		signal_uids(set->uids, set->n_uids,
			    SIGKILL); /* and what was not seen, if there is such a thing */
	return n;
}

long aa_kill(const struct aa_process_set *set, int64_t limit_ms, long *ret_killed)
{
	const struct timespec pause = {0, 2000000};
	int64_t start = now_ms();
	long left = 1, n = 0, killed = 0, there;
	bool stopped = false, first = true;

	if (set->sessions) {
		killed = left = aa_processes_count(set);
		if (killed > 0)
			stop_all(set, start + PATIENCE_MS);
	}
	while (left > 0 && n >= 0 && now_ms() - start < limit_ms) {
		/* Other sessions of the agent are stopped too, for a moment. That is done only where this session
		 * outruns us. */
		if (set->sessions && now_ms() - start > PATIENCE_MS) {
			signal_agents(set, SIGSTOP);
			stopped = true;
		}
		n = kill_once(set, &there);
		killed = first && !set->sessions ? there : killed;
		first = false;
		if (there > 0)
			(void)nanosleep(&pause, NULL);
		left = there > 0 ? aa_processes_count(set) : 0;
	}
	if (stopped)
		signal_agents(set, SIGCONT);
	*ret_killed = killed > 0 ? killed : 0;
	return n < 0 ? n : left;
}

/* ---- terminals --------------------------------------------------------------------------------- */

/* Writes to /dev/pts/N or /dev/ttyN of this device number, where it is a terminal of this uid's. */
static bool tell_tty(unsigned tty, uint32_t uid, const char *text)
{
	char path[64];
	struct stat st;
	bool pts = major(tty) >= 136 && major(tty) <= 143, told = false;
	int fd;

	(void)snprintf(path, sizeof(path), pts ? "/dev/pts/%u" : "/dev/tty%u",
		       pts ? (major(tty) - 136) * 256 + minor(tty) : minor(tty));
	fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == tty && st.st_uid == uid)
		told = write(fd, text, strlen(text)) > 0;
	close(fd);
	return told;
}

long aa_kill_warn(struct aa_session *session, const char *text)
{
	const struct aa_process_set set = {.sessions = &session, .n_sessions = 1};
	unsigned told[64];
	size_t n_told = 0;
	struct aa_process_table table;
	int err = aa_processes_take(&set, &table);

	for (size_t i = 0; i < table.n && err == 0; i++) {
		const struct aa_process_row *p = &table.v[i];
		bool again =
		    p->member == AA_PROCESS_OUTSIDE || !p->tty || n_told == sizeof(told) / sizeof(told[0]);

		for (size_t k = 0; k < n_told && !again; k++)
			again = told[k] == p->tty;
		if (!again && tell_tty(p->tty, session->uid, text))
			told[n_told++] = p->tty;
	}
	aa_processes_free(&table);
	return err < 0 ? err : (long)n_told;
}
