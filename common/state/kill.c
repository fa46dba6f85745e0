/* SPDX-License-Identifier: Apache-2.0 */
/* kill.c: finding and signalling what an agent runs. */
#include "config.h"

#include "kill.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

/* ---- one look at /proc ------------------------------------------------------------ */

struct proc {
	struct aa_process id;
	uint32_t uids[4], login_uid, audit_session;
	unsigned tty; /* device number, 0: none */
	bool dead, mine;
};

struct table {
	struct proc *v;
	size_t n, cap;
};

static ssize_t slurp(int dir, const char *name, char *buf, size_t cap)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, cap - 1);

	if (fd >= 0)
		close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return n;
}

static uint32_t slurp_u32(int dir, const char *name)
{
	char text[32], *end;
	unsigned long value;

	if (slurp(dir, name, text, sizeof(text)) <= 0)
		return UINT32_MAX;
	value = strtoul(text, &end, 10);
	return end == text || value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

/* A process that ends while it is looked at is none. */
static bool look_at(int dir, pid_t pid, struct proc *ret)
{
	char stat[1024], status[2048], state, *at;
	struct proc p = {.id.pid = pid};
	int ppid, tty;
	uint64_t start;

	if (slurp(dir, "stat", stat, sizeof(stat)) <= 0 || slurp(dir, "status", status, sizeof(status)) <= 0)
		return false;
	at = strrchr(stat, ')');
	if (!at || sscanf(at + 1, " %c %d %*d %*d %d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %" SCNu64, &state,
			  &ppid, &tty, &start) != 4)
		return false;
	at = strstr(status, "\nUid:");
	if (!at || sscanf(at, "\nUid: %u %u %u %u", &p.uids[0], &p.uids[1], &p.uids[2], &p.uids[3]) != 4)
		return false;
	p.id.ppid = ppid;
	p.id.start = start;
	p.tty = (unsigned)tty;
	p.dead = state == 'Z' || state == 'X';
	p.login_uid = slurp_u32(dir, "loginuid");
	p.audit_session = slurp_u32(dir, "sessionid");
	*ret = p;
	return true;
}

static bool look_at_pid(pid_t pid, struct proc *ret)
{
	char path[32];
	int dir;
	bool found;

	(void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return false;
	found = look_at(dir, pid, ret);
	close(dir);
	return found;
}

static bool table_add(struct table *table, const struct proc *proc)
{
	if (table->n == table->cap) {
		size_t cap = table->cap ? 2 * table->cap : 256;
		struct proc *v = realloc(table->v, cap * sizeof(*v));

		if (!v)
			return false;
		table->v = v;
		table->cap = cap;
	}
	table->v[table->n++] = *proc;
	return true;
}

static int take_table(struct table *ret)
{
	DIR *list = opendir("/proc");
	struct dirent *entry;
	struct proc proc;
	int err = 0;

	memset(ret, 0, sizeof(*ret));
	if (!list)
		return -errno;
	while (err == 0 && (entry = readdir(list))) {
		char *end;
		long pid = strtol(entry->d_name, &end, 10);

		if (*end || pid <= 1 || pid == getpid() || !look_at_pid((pid_t)pid, &proc) || proc.dead)
			continue;
		if (!table_add(ret, &proc))
			err = -ENOMEM;
	}
	closedir(list);
	return err;
}

/* ---- whose they are ------------------------------------------------------------------- */

static bool is_quarry(const struct aa_quarry *quarry, const struct proc *p)
{
	const struct aa_session *s = quarry->session;

	if (s)
		return (p->id.pid == s->opener.pid && p->id.start == s->opener.start) ||
		       (s->audit_session != UINT32_MAX && p->audit_session == s->audit_session && p->login_uid == s->uid);
	for (size_t i = 0; i < 4; i++)
		if (p->uids[i] == quarry->uid)
			return true;
	return p->login_uid == quarry->uid;
}

static int compare_pid(const void *a, const void *b)
{
	pid_t x = ((const struct proc *)a)->id.pid, y = ((const struct proc *)b)->id.pid;

	return (x > y) - (x < y);
}

static const struct proc *find_pid(const struct table *table, pid_t pid)
{
	const struct proc key = {.id.pid = pid};

	return bsearch(&key, table->v, table->n, sizeof(*table->v), compare_pid);
}

/* Marks the quarry and its descendants, until a round adds none. */
static void mark(struct table *table, const struct aa_quarry *quarry)
{
	bool again = true;

	qsort(table->v, table->n, sizeof(*table->v), compare_pid);
	for (size_t i = 0; i < table->n; i++)
		table->v[i].mine = is_quarry(quarry, &table->v[i]);
	while (again) {
		again = false;
		for (size_t i = 0; i < table->n; i++) {
			const struct proc *parent = table->v[i].mine ? NULL : find_pid(table, table->v[i].id.ppid);

			if (parent && parent->mine)
				table->v[i].mine = again = true;
		}
	}
}

long aa_quarry_count(const struct aa_quarry *quarry)
{
	struct table table;
	long n = take_table(&table);

	if (n == 0) {
		mark(&table, quarry);
		for (size_t i = 0; i < table.n; i++)
			n += table.v[i].mine;
	}
	free(table.v);
	return n;
}

int aa_quarry_counts(struct aa_session *const *sessions, size_t n, long *ret)
{
	struct table table;
	int err = take_table(&table);

	for (size_t i = 0; i < n && err == 0; i++) {
		const struct aa_quarry quarry = {sessions[i]->uid, sessions[i]};

		ret[i] = 0;
		mark(&table, &quarry);
		for (size_t k = 0; k < table.n; k++)
			ret[i] += table.v[k].mine;
	}
	free(table.v);
	return err;
}

/* ---- signals ------------------------------------------------------------------------------- */

/* The pid may have gone to another process since the table was taken: the pidfd is of the one that is looked at now. */
static bool signal_one(const struct proc *p, int signal)
{
	int fd = (int)syscall(SYS_pidfd_open, p->id.pid, 0);
	struct proc now;
	bool done;

	if (fd < 0)
		return false;
	done = look_at_pid(p->id.pid, &now) && now.id.start == p->id.start &&
	       syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0) == 0;
	close(fd);
	return done;
}

long aa_quarry_signal(const struct aa_quarry *quarry, int signal)
{
	struct table table;
	long n = take_table(&table);

	if (n == 0) {
		mark(&table, quarry);
		for (size_t i = 0; i < table.n; i++)
			if (table.v[i].mine && signal_one(&table.v[i], signal))
				n++;
	}
	free(table.v);
	return n;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Until two passes running stop no more than the one before: what forks runs into a stop sooner or later. */
static void stop_all(const struct aa_quarry *quarry, int64_t until)
{
	long before = -1, n = aa_quarry_signal(quarry, SIGSTOP);

	while (n > before && now_ms() < until) {
		before = n;
		n = aa_quarry_signal(quarry, SIGSTOP);
	}
}

long aa_quarry_kill(const struct aa_quarry *quarry, int64_t limit_ms, long *ret_killed)
{
	const struct timespec pause = {0, 2000000};
	int64_t until = now_ms() + limit_ms;
	long killed = 0, left = 1;

	stop_all(quarry, until);
	while (left > 0 && now_ms() < until) {
		long n = aa_quarry_signal(quarry, SIGKILL);

		if (n < 0)
			return n;
		killed = n > killed ? n : killed;
		(void)nanosleep(&pause, NULL);
		left = aa_quarry_count(quarry);
	}
	*ret_killed = killed;
	return left;
}

/* ---- terminals --------------------------------------------------------------------------------- */

/* /dev/pts/N or /dev/ttyN of this device number, where it is a terminal of this uid's. */
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

long aa_quarry_tell(const struct aa_quarry *quarry, const char *text)
{
	unsigned told[64];
	size_t n_told = 0;
	struct table table;
	int err = take_table(&table);

	if (err == 0)
		mark(&table, quarry);
	for (size_t i = 0; i < table.n && err == 0; i++) {
		const struct proc *p = &table.v[i];
		bool again = !p->mine || !p->tty || n_told == sizeof(told) / sizeof(told[0]);

		for (size_t k = 0; k < n_told && !again; k++)
			again = told[k] == p->tty;
		if (!again && tell_tty(p->tty, quarry->uid, text))
			told[n_told++] = p->tty;
	}
	free(table.v);
	return err < 0 ? err : (long)n_told;
}
