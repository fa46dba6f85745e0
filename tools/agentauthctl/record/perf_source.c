/* SPDX-License-Identifier: Apache-2.0 */
/* perf_source.c: learns of programs from the kernel's perf events, see exec_source.h.
 *
 * The kernel tells of each start, in which process, and of which file; nobody waits for the recorder. Whose it is and its words
 * are read from /proc while the process is there. Words that were read are believed once it is known that the process had
 * started nothing else by then. A process that has ended is of the agent whose process forked it. */
#include "config.h"

#include "tools/agentauthctl/record/exec_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/file/proc.h"
#include "tools/agentauthctl/record/perf_rings.h"

#define WAITING_MAX 1024	 /* starts of which not all is known yet */
#define WORDS_WAIT_NS 1000000000 /* after which a program that is in place is taken to have no words */
#define KNOWN (1u << 15)	 /* processes whose owner is remembered */
#define AGAIN_US 1000

/* The owner of a process, as it was last looked at, or of the process that forked it. */
struct owner {
	pid_t pid, ppid; /* 0: free */
	uint32_t login_uid, audit_session, uid, euid;
};

struct start {
	struct exec_event event;
	uint64_t placed; /* when its file was mapped, of the monotonic clock; 0: not yet */
	uint64_t looked; /* when its words were read, or found to be gone; 0: not yet */
};

struct perf_source {
	struct perf_rings *rings;
	struct exec_range range;
	exec_take_fn *take;
	void *data;
	struct exec_loss loss;
	struct start *v;
	size_t n;
	struct owner known[KNOWN];
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* ---- whose a process is -------------------------------------------------------------- */

static int open_process(pid_t pid)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static struct owner *slot_of(struct perf_source *s, pid_t pid)
{
	return &s->known[(unsigned)pid % KNOWN];
}

/* Reads whose the process is now; NULL: it is gone. */
static struct owner *read_owner(struct perf_source *s, pid_t pid, int dir)
{
	struct owner *slot = slot_of(s, pid), now = {.pid = pid};
	char status[2048], *at;

	at = aa_proc_text(dir, "status", status, sizeof(status)) > 0 ? strstr(status, "\nUid:") : NULL;
	if (!at || sscanf(at, "\nUid: %u %u", &now.uid, &now.euid) != 2)
		return NULL;
	now.login_uid = aa_proc_u32(dir, "loginuid");
	now.audit_session = aa_proc_u32(dir, "sessionid");
	now.ppid = slot->pid == pid ? slot->ppid : 0;
	*slot = now;
	return slot;
}

static bool in_range(const struct perf_source *s, uint32_t id)
{
	return id >= s->range.least && id <= s->range.most;
}

static bool is_agents(const struct perf_source *s, const struct owner *o)
{
	return in_range(s, o->login_uid) || in_range(s, o->uid) || in_range(s, o->euid);
}

/* A process of root's becomes an agent's as a session begins; and a kernel without login uids (a container may hide them)
 * leaves open whose it is. */
static bool is_roots(const struct owner *o)
{
	return o->uid == 0 || o->euid == 0;
}

/* The caller finds out whose a process of root's is, while it is there. */
static bool may_be_agents(const struct perf_source *s, const struct owner *o)
{
	return is_agents(s, o) || (o->login_uid == UINT32_MAX && is_roots(o));
}

static void take_fork(struct perf_source *s, const struct perf_told *told)
{
	struct owner *parent = slot_of(s, told->parent), child = {0};

	if (parent->pid != told->parent) {
		int dir = open_process(told->parent);

		parent = dir < 0 ? NULL : read_owner(s, told->parent, dir);
		if (dir >= 0)
			close(dir);
	}
	if (parent) {
		child = *parent;
		child.pid = told->pid;
		child.ppid = told->parent;
	}
	*slot_of(s, told->pid) = child;
}

/* ---- starts ---------------------------------------------------------------------------- */

static void drop(struct perf_source *s, struct start *w)
{
	*w = s->v[--s->n];
}

/* Leaves a start, whose process has ended, until all that is told of it is known. */
static void miss_words(struct start *w)
{
	w->event.words_missed = true;
	w->looked = clock_ns(CLOCK_MONOTONIC);
}

/* Gives a start whose words nobody can read any more, or says that it was lost: one of nobody's, or of a process of root's
 * that may have become an agent's since it was looked at. */
static void give_without_words(struct perf_source *s, struct start *w)
{
	const struct owner *o = slot_of(s, w->event.pid);

	w->event.kept = w->event.length = 0;
	w->event.words_missed = true;
	if (o->pid == w->event.pid && is_agents(s, o)) {
		w->event.login_uid = o->login_uid;
		w->event.audit_session = o->audit_session;
		w->event.uid = o->uid;
		w->event.euid = o->euid;
		w->event.ppid = o->ppid;
		s->take(s->data, &w->event);
	} else {
		s->loss.known += o->pid != w->event.pid || is_roots(o);
	}
	drop(s, w);
}

static void give(struct perf_source *s, struct start *w)
{
	if (w->event.words_missed) {
		give_without_words(s, w);
	} else {
		s->take(s->data, &w->event);
		drop(s, w);
	}
}

static void read_link(int dir, const char *name, char ret[PATH_MAX])
{
	ssize_t n = readlinkat(dir, name, ret, PATH_MAX - 1);

	ret[n > 0 ? n : 0] = '\0';
}

static void read_words(int dir, struct exec_event *ret)
{
	int fd = openat(dir, "cmdline", O_RDONLY | O_CLOEXEC);
	char rest[4096];
	ssize_t n;

	n = fd < 0 ? -1 : read(fd, ret->words, EXEC_WORDS_KEPT);
	ret->kept = ret->length = n > 0 ? (size_t)n : 0;
	while (n > 0 && (n = read(fd, rest, sizeof(rest))) > 0)
		ret->length += (size_t)n;
	ret->words[ret->kept] = '\0';
	if (fd >= 0)
		close(fd);
}

static void describe(struct start *w, int dir, const struct owner *o, const struct aa_proc_stat *stat)
{
	w->event.ppid = stat->ppid;
	w->event.login_uid = o->login_uid;
	w->event.audit_session = o->audit_session;
	w->event.uid = o->uid;
	w->event.euid = o->euid;
	read_link(dir, "cwd", w->event.directory);
	if (!w->event.path[0])
		read_link(dir, "exe", w->event.path);
}

/* A process may be anywhere in its call of exec for long, where others have the processor. */
static bool is_starting(const struct start *w, const struct aa_proc_stat *stat)
{
	return !stat->dead && w->event.kept == 0 &&
	       (!w->placed || clock_ns(CLOCK_MONOTONIC) - w->placed < WORDS_WAIT_NS);
}

/* Reads all of a start that /proc has. The words come first: once they are in place, the process has its new owner, too, as a
 * setuid program's. True: the slot holds another start now. */
static bool look_into(struct perf_source *s, struct start *w, int dir)
{
	struct aa_proc_stat stat;
	const struct owner *o;

	read_words(dir, &w->event);
	o = aa_proc_stat(dir, w->event.pid, &stat) < 0 ? NULL : read_owner(s, w->event.pid, dir);
	if (o && !may_be_agents(s, o)) {
		drop(s, w);
		return true;
	}
	if (o && is_starting(w, &stat))
		return false;
	if (!o || stat.dead || w->event.kept == 0) {
		miss_words(w);
	} else {
		describe(w, dir, o, &stat);
		w->looked = clock_ns(CLOCK_MONOTONIC);
	}
	return false;
}

static bool look(struct perf_source *s, struct start *w)
{
	int dir = open_process(w->event.pid);
	bool done;

	if (dir < 0) {
		miss_words(w);
		return false;
	}
	done = look_into(s, w, dir);
	close(dir);
	return done;
}

/* Everything that happened before `until` has been read. */
static void settle(struct perf_source *s, uint64_t until)
{
	for (size_t i = 0; i < s->n;) {
		struct start *w = &s->v[i];

		if (w->looked && w->looked < until)
			give(s, w);
		else
			i += w->looked || !look(s, w);
	}
}

static struct start *start_of(struct perf_source *s, pid_t pid)
{
	for (size_t i = s->n; i-- > 0;)
		if (s->v[i].event.pid == pid)
			return &s->v[i];
	return NULL;
}

static void set_time(struct exec_event *ret, uint64_t at)
{
	uint64_t when = clock_ns(CLOCK_REALTIME) - (clock_ns(CLOCK_MONOTONIC) - at);

	ret->seconds = (int64_t)(when / 1000000000);
	ret->micros = (uint32_t)(when % 1000000000 / 1000);
}

static void take_start(struct perf_source *s, const struct perf_told *told)
{
	struct start *w = start_of(s, told->pid);

	if (w && w->looked && w->looked < told->at)
		give(s, w);
	else if (w)
		give_without_words(s, w);
	if (s->n == WAITING_MAX)
		settle(s, 0);
	if (s->n == WAITING_MAX) {
		s->loss.known++;
		return;
	}
	w = &s->v[s->n++];
	memset(&w->event, 0, offsetof(struct exec_event, path));
	w->event.path[0] = w->event.directory[0] = '\0';
	w->event.kept = w->event.length = 0;
	w->event.words_missed = false;
	w->event.pid = told->pid;
	w->placed = w->looked = 0;
	set_time(&w->event, told->at);
}

/* The first file that is mapped behind a start is the program; what follows are its libraries. */
static void take_map(struct perf_source *s, const struct perf_told *told)
{
	struct start *w = start_of(s, told->pid);

	if (!w || w->placed)
		return;
	w->placed = told->at;
	if (!w->event.path[0])
		(void)snprintf(w->event.path, sizeof(w->event.path), "%s", told->text);
}

static void take_told(void *self, const struct perf_told *told)
{
	struct perf_source *s = self;

	if (told->kind == PERF_LOST)
		s->loss.known += told->lost;
	else if (told->pid <= 0) /* of another pid namespace */
		return;
	else if (told->kind == PERF_FORKED)
		take_fork(s, told);
	else if (told->kind == PERF_STARTED)
		take_start(s, told);
	else
		take_map(s, told);
}

static int read_told(void *self, bool idle)
{
	struct perf_source *s = self;
	uint64_t until = clock_ns(CLOCK_MONOTONIC);

	(void)idle;
	perf_rings_read(s->rings, until, take_told, s);
	settle(s, until);
	return s->n ? AGAIN_US : -1;
}

/* ---- beginning and end --------------------------------------------------------------- */

static struct exec_loss lost(void *self)
{
	struct perf_source *s = self;
	struct exec_loss loss = s->loss;

	loss.more = perf_rings_renew(s->rings);
	s->loss = (struct exec_loss){0};
	return loss;
}

static void close_source(void *self)
{
	struct perf_source *s = self;

	perf_rings_close(s->rings);
	free(s->v);
	free(s);
}

int perf_source_open(const struct exec_range *range, exec_take_fn *take, void *data, struct exec_source *ret)
{
	struct perf_source *s = calloc(1, sizeof(*s));
	int err = -ENOMEM;

	if (!s)
		return -ENOMEM;
	s->range = *range;
	s->take = take;
	s->data = data;
	s->v = malloc(WAITING_MAX * sizeof(*s->v));
	if (s->v)
		err = perf_rings_open(&s->rings);
	if (err < 0) {
		close_source(s);
		return err;
	}
	*ret = (struct exec_source){.name = "perf",
				    .self = s,
				    .fd = perf_rings_fd(s->rings),
				    .read = read_told,
				    .lost = lost,
				    .close = close_source};
	return 0;
}
