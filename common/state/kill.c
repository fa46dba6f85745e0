/* SPDX-License-Identifier: Apache-2.0 */
/* kill.c: finding and signalling what an agent runs. */
#include "config.h"

#include "common/state/kill.h"

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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOBODYS SIZE_MAX
#define PATIENCE_MS 150 /* of passes over /proc, before a whole uid is stopped */

/* ---- one look at /proc ------------------------------------------------------------ */

struct proc {
	struct aa_process id;
	uint32_t uids[4], login_uid, audit_session;
	unsigned tty; /* device number, 0: none */
	bool dead;
	size_t whose; /* index of the session, or NOBODYS */
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
	static const uint32_t unknown = UINT32_MAX;
	char stat[1024], state, *at;
	struct proc p = {{pid, 0, 0}, {unknown, unknown, unknown, unknown}, unknown, unknown, 0, false,
			 NOBODYS};
	int ppid, tty;
	long threads;
	uint64_t start;

	if (slurp(dir, "stat", stat, sizeof(stat)) <= 0)
		return false;
	at = strrchr(stat, ')');
	if (!at ||
	    sscanf(at + 1,
		   " %c %d %*d %*d %d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %ld %*d %" SCNu64,
		   &state, &ppid, &tty, &threads, &start) != 5)
		return false;
	p.id.ppid = ppid;
	p.id.start = start;
	p.tty = (unsigned)tty;
	/* A process whose first thread has ended looks dead, and its other threads run. */
	p.dead = (state == 'Z' || state == 'X') && threads <= 1;
	*ret = p;
	return true;
}

/* What the quarry is told by, and no more: with thousands of processes each file counts. */
static bool look_at_owner(int dir, const struct aa_quarry *quarry, struct proc *ret)
{
	char status[2048], *at;

	if (quarry->sessions) {
		ret->audit_session = slurp_u32(dir, "sessionid");
		if (ret->audit_session != UINT32_MAX)
			ret->login_uid = slurp_u32(dir, "loginuid");
		return true;
	}
	ret->login_uid = slurp_u32(dir, "loginuid");
	at = slurp(dir, "status", status, sizeof(status)) > 0 ? strstr(status, "\nUid:") : NULL;
	return at && sscanf(at, "\nUid: %u %u %u %u", &ret->uids[0], &ret->uids[1], &ret->uids[2],
			    &ret->uids[3]) == 4;
}

/* quarry NULL: its owner is not asked for. */
static bool look_at_pid(pid_t pid, const struct aa_quarry *quarry, struct proc *ret)
{
	char path[32];
	int dir;
	bool found;

	(void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return false;
	found = look_at(dir, pid, ret) && (!quarry || ret->dead || look_at_owner(dir, quarry, ret));
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

static int take_table(const struct aa_quarry *quarry, struct table *ret)
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

		if (*end || pid <= 1 || pid == getpid() || !look_at_pid((pid_t)pid, quarry, &proc) ||
		    proc.dead)
			continue;
		if (!table_add(ret, &proc))
			err = -ENOMEM;
	}
	closedir(list);
	return err;
}

/* ---- whose they are ------------------------------------------------------------------- */

/* The sessions, sorted for look-ups: positions in `sessions`. */
struct finder {
	const struct aa_quarry *quarry;
	size_t *by_pid, *by_audit;
};

static int compare_opener(const void *a, const void *b, void *data)
{
	struct aa_session *const *sessions = data;
	pid_t x = sessions[*(const size_t *)a]->opener.pid, y = sessions[*(const size_t *)b]->opener.pid;

	return (x > y) - (x < y);
}

static int compare_audit(const void *a, const void *b, void *data)
{
	struct aa_session *const *sessions = data;
	uint32_t x = sessions[*(const size_t *)a]->audit_session,
		 y = sessions[*(const size_t *)b]->audit_session;

	return (x > y) - (x < y);
}

static void finder_free(struct finder *f)
{
	free(f->by_pid);
	free(f->by_audit);
}

static bool finder_make(const struct aa_quarry *quarry, struct finder *ret)
{
	size_t n = quarry->n_sessions;
	void *sessions = (void *)(uintptr_t)quarry->sessions;

	*ret = (struct finder){quarry, calloc(n + 1, sizeof(size_t)), calloc(n + 1, sizeof(size_t))};
	if (!ret->by_pid || !ret->by_audit)
		return false;
	for (size_t i = 0; i < n; i++)
		ret->by_pid[i] = ret->by_audit[i] = i;
	qsort_r(ret->by_pid, n, sizeof(size_t), compare_opener, sessions);
	qsort_r(ret->by_audit, n, sizeof(size_t), compare_audit, sessions);
	return true;
}

/* The first position whose key is not below `key`. */
static size_t lower(const struct finder *f, const size_t *order, bool audit, uint64_t key)
{
	size_t low = 0, high = f->quarry->n_sessions;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct aa_session *s = f->quarry->sessions[order[mid]];

		if ((audit ? (uint64_t)s->audit_session : (uint64_t)s->opener.pid) < key)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static size_t session_of(const struct finder *f, const struct proc *p)
{
	size_t n = f->quarry->n_sessions;

	for (size_t i = lower(f, f->by_pid, false, (uint64_t)p->id.pid); i < n; i++) {
		const struct aa_session *s = f->quarry->sessions[f->by_pid[i]];

		if (s->opener.pid != p->id.pid)
			break;
		if (s->opener.start == p->id.start)
			return f->by_pid[i];
	}
	for (size_t i = lower(f, f->by_audit, true, p->audit_session);
	     i < n && p->audit_session != UINT32_MAX; i++) {
		const struct aa_session *s = f->quarry->sessions[f->by_audit[i]];

		if (s->audit_session != p->audit_session)
			break;
		if (s->uid == p->login_uid)
			return f->by_audit[i];
	}
	return NOBODYS;
}

static size_t whose(const struct finder *f, const struct proc *p)
{
	if (f->quarry->sessions)
		return session_of(f, p);
	for (size_t i = 0; i < 4; i++)
		if (p->uids[i] == f->quarry->uid)
			return 0;
	return p->login_uid == f->quarry->uid ? 0 : NOBODYS;
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
static int mark(struct table *table, const struct aa_quarry *quarry)
{
	struct finder finder;
	bool again = finder_make(quarry, &finder);
	int err = again ? 0 : -ENOMEM;

	qsort(table->v, table->n, sizeof(*table->v), compare_pid);
	for (size_t i = 0; again && i < table->n; i++)
		table->v[i].whose = whose(&finder, &table->v[i]);
	while (again) {
		again = false;
		for (size_t i = 0; i < table->n; i++) {
			struct proc *p = &table->v[i];
			const struct proc *parent = p->whose == NOBODYS ? find_pid(table, p->id.ppid) : NULL;

			if (parent && parent->whose != NOBODYS) {
				p->whose = parent->whose;
				again = true;
			}
		}
	}
	finder_free(&finder);
	return err;
}

static int take_marked(const struct aa_quarry *quarry, struct table *ret)
{
	int err = take_table(quarry, ret);

	return err < 0 ? err : mark(ret, quarry);
}

long aa_quarry_count(const struct aa_quarry *quarry)
{
	struct table table;
	long n = take_marked(quarry, &table);

	for (size_t i = 0; i < table.n && n >= 0; i++)
		n += table.v[i].whose != NOBODYS;
	free(table.v);
	return n;
}

/* systemd's own fork, which has its name and waits for the manager's end. */
static bool keeps_pam_session(const struct proc *p)
{
	char path[32], name[32];

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)p->id.pid);
	return slurp(AT_FDCWD, path, name, sizeof(name)) > 0 && strcmp(name, "(sd-pam)\n") == 0;
}

static bool is_managers(const struct proc *p, const struct aa_process *manager)
{
	if (manager->pid == 0)
		return false;
	return aa_process_same(&p->id, manager) || (p->id.ppid == manager->pid && keeps_pam_session(p));
}

long aa_quarry_strays(uint32_t uid, struct aa_session *const *sessions, size_t n,
		      const struct aa_process *manager)
{
	static struct aa_session *const none[1];
	const struct aa_quarry all = {uid, NULL, 0}, theirs = {UINT32_MAX, n ? sessions : none, n};
	struct table agents, known = {NULL, 0, 0};
	long strays = take_marked(&all, &agents);

	if (strays == 0)
		strays = take_marked(&theirs, &known);
	for (size_t i = 0; i < agents.n && strays >= 0; i++) {
		const struct proc *p = &agents.v[i], *same = find_pid(&known, p->id.pid);

		if (p->whose == NOBODYS || is_managers(p, manager))
			continue;
		strays += !(same && same->whose != NOBODYS && aa_process_same(&same->id, &p->id));
	}
	free(agents.v);
	free(known.v);
	return strays;
}

int aa_quarry_counts(struct aa_session *const *sessions, size_t n, long *ret)
{
	const struct aa_quarry quarry = {UINT32_MAX, sessions, n};
	struct table table;
	int err = take_marked(&quarry, &table);

	memset(ret, 0, n * sizeof(*ret));
	for (size_t i = 0; i < table.n && err == 0; i++)
		if (table.v[i].whose != NOBODYS)
			ret[table.v[i].whose]++;
	free(table.v);
	return err;
}

/* ---- signals ------------------------------------------------------------------------------- */

/* The pid may have gone to another process since the table was taken: the pidfd is of the one that is looked
 * at now. */
static bool signal_one(const struct proc *p, int signal)
{
	int fd = (int)syscall(SYS_pidfd_open, p->id.pid, 0);
	struct proc now;
	bool done;

	if (fd < 0)
		return false;
	done = look_at_pid(p->id.pid, NULL, &now) && now.id.start == p->id.start &&
	       syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0) == 0;
	close(fd);
	return done;
}

long aa_quarry_signal(const struct aa_quarry *quarry, int signal)
{
	struct table table;
	long n = take_marked(quarry, &table);

	for (size_t i = 0; i < table.n && n >= 0; i++)
		if (table.v[i].whose != NOBODYS && signal_one(&table.v[i], signal))
			n++;
	free(table.v);
	return n;
}

/* Every process of the uid at one stroke, which a fork does not outrun: the kernel holds forks off meanwhile.
 * By a child that has the uid as its effective one alone, so that the agent can neither signal nor trace it,
 * and which has no other right; the kernel spares it and process 1. */
static void signal_uid(uint32_t uid, int signal)
{
	static const uid_t nobodys = UINT32_MAX - 1;
	pid_t pid;

	if (uid == 0 || uid == UINT32_MAX || geteuid() != 0)
		return;
	pid = fork();
	if (pid == 0)
		_exit(setresuid(nobodys, uid, nobodys) < 0 || kill(-1, signal) < 0);
	if (pid > 0)
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			continue;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* To the agents of the sessions, each once for all its sessions that follow one another. */
static void signal_agents(const struct aa_quarry *quarry, int signal)
{
	for (size_t i = 0; i < quarry->n_sessions; i++)
		if (i == 0 || quarry->sessions[i]->uid != quarry->sessions[i - 1]->uid)
			signal_uid(quarry->sessions[i]->uid, signal);
}

/* Until a pass stops no more than the one before: what forks runs into a stop sooner or later. */
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
	int64_t start = now_ms();
	long killed = aa_quarry_count(quarry), left = killed, n = 0;
	bool stopped = false;

	if (killed > 0 && quarry->sessions)
		stop_all(quarry, start + PATIENCE_MS);
	if (killed == 0 && !quarry->sessions)
		signal_uid(quarry->uid, SIGKILL); /* what was not seen, if there is such a thing */
	while (left > 0 && n >= 0 && now_ms() - start < limit_ms) {
		/* Other sessions of the agent are stopped with it, for a moment: only where this one runs
		 * ahead of us. */
		if (quarry->sessions && now_ms() - start > PATIENCE_MS) {
			signal_agents(quarry, SIGSTOP);
			stopped = true;
		}
		/* By their pids first: sshd before its children, so that it does not begin to close what is
		 * being ended. */
		n = aa_quarry_signal(quarry, SIGKILL);
		if (!quarry->sessions)
			signal_uid(quarry->uid, SIGKILL);
		(void)nanosleep(&pause, NULL);
		left = aa_quarry_count(quarry);
	}
	if (stopped)
		signal_agents(quarry, SIGCONT);
	*ret_killed = killed > 0 ? killed : 0;
	return n < 0 ? n : left;
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

long aa_quarry_tell(struct aa_session *session, const char *text)
{
	const struct aa_quarry quarry = {session->uid, &session, 1};
	unsigned told[64];
	size_t n_told = 0;
	struct table table;
	int err = take_marked(&quarry, &table);

	for (size_t i = 0; i < table.n && err == 0; i++) {
		const struct proc *p = &table.v[i];
		bool again = p->whose == NOBODYS || !p->tty || n_told == sizeof(told) / sizeof(told[0]);

		for (size_t k = 0; k < n_told && !again; k++)
			again = told[k] == p->tty;
		if (!again && tell_tty(p->tty, session->uid, text))
			told[n_told++] = p->tty;
	}
	free(table.v);
	return err < 0 ? err : (long)n_told;
}
