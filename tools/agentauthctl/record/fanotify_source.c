/* SPDX-License-Identifier: Apache-2.0 */
/* fanotify_source.c: learns of programs from fanotify, see exec_source.h.
 *
 * The kernel tells that a process has opened a file to run it; nobody waits for the recorder. The process then still has the
 * image that it had: its words are read once its memory is another, which the place of its words on the stack shows. One that
 * has ended by then leaves its path; one that has ended before its first look is counted, for nobody knows whose it was. */
#include "config.h"

#include "tools/agentauthctl/record/exec_source.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/file/proc.h"
#include "common/state/monotonic.h"

#define WAITING_MAX 1024    /* processes whose new image is not there yet */
#define IMAGE_WAIT_US 50000 /* after which a call of exec is taken to have failed */
#define KNOWN (1u << 14)    /* processes whose last image is remembered */

struct waiting {
	struct exec_event event;
	char opened[PATH_MAX]; /* the file that it opened to run it */
	dev_t device;	       /* that it is on */
	bool script;	       /* that begins with #!, so that another program runs it */
	bool again;	       /* it may belong to the start before, as the dynamic linker does */
	uint64_t start;	       /* of the process */
	uint64_t old_words;    /* where the words of its old image lie; 0: not known */
	int64_t since;
};

/* The last start of a process. */
struct image {
	pid_t pid;
	uint64_t start, words;
	uint64_t path, opened; /* hashes */
	dev_t device;
};

struct fanotify_source {
	int fd, mounts;
	struct exec_range range;
	exec_take_fn *take;
	void *data;
	struct exec_loss loss;
	struct waiting *v;
	size_t n;
	struct image last[KNOWN];
};

/* ---- what a process is ------------------------------------------------------------- */

static void read_link(int dir, const char *name, char ret[PATH_MAX])
{
	ssize_t n = readlinkat(dir, name, ret, PATH_MAX - 1);

	ret[n > 0 ? n : 0] = '\0';
}

static void read_opened(int fd, char ret[PATH_MAX])
{
	char link[32];

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	read_link(AT_FDCWD, link, ret);
}

static int open_process(pid_t pid)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool in_range(const struct fanotify_source *s, uint32_t id)
{
	return id >= s->range.least && id <= s->range.most;
}

static bool read_uids(int dir, struct exec_event *ret)
{
	char status[2048], *at;

	at = aa_proc_text(dir, "status", status, sizeof(status)) > 0 ? strstr(status, "\nUid:") : NULL;
	return at && sscanf(at, "\nUid: %u %u", &ret->uid, &ret->euid) == 2;
}

/* Reads whose the process is; false: it is gone. */
static bool read_owner(int dir, struct exec_event *ret)
{
	ret->login_uid = aa_proc_u32(dir, "loginuid");
	return read_uids(dir, ret);
}

/* A kernel without login uids (a container may hide them) leaves open whose a process of root's is: the caller finds out. */
static bool may_be_agents(const struct fanotify_source *s, const struct exec_event *e)
{
	return in_range(s, e->login_uid) || in_range(s, e->uid) || in_range(s, e->euid) ||
	       (e->login_uid == UINT32_MAX && (e->uid == 0 || e->euid == 0));
}

static struct image *last_image(struct fanotify_source *s, pid_t pid)
{
	return &s->last[(unsigned)pid % KNOWN];
}

static uint64_t hash(const char *path)
{
	uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */

	for (; *path; path++)
		h = (h ^ (unsigned char)*path) * UINT64_C(1099511628211);
	return h;
}

static bool is_linker(const char *path)
{
	const char *name = strrchr(path, '/');

	return name && (strncmp(name, "/ld-", 4) == 0 || strncmp(name, "/ld.so", 6) == 0 ||
			strncmp(name, "/ld64.so", 8) == 0);
}

/* Finds where the words of the image lie that was there when the process was forked, or last looked at. A process whose
 * parent is gone is taken to have its old image where its program is not the file that it opened. */
static void know_old_image(struct fanotify_source *s, struct waiting *w, int dir,
			   const struct aa_proc_stat *stat)
{
	const struct image *last = last_image(s, w->event.pid);
	struct aa_proc_stat parent;

	if (last->pid == w->event.pid && last->start == stat->start) {
		uint64_t opened = hash(w->opened);

		w->old_words = last->words;
		w->again = is_linker(w->opened) || (opened == last->path && opened != last->opened) ||
			   (opened == last->opened && w->device != last->device);
		return;
	}
	w->old_words = stat->ppid > 1 && aa_proc_stat(AT_FDCWD, stat->ppid, &parent) == 0 ? parent.words : 0;
	if (w->old_words)
		return;
	read_link(dir, "exe", w->event.path);
	if (strcmp(w->event.path, w->opened) != 0)
		w->old_words = stat->words;
}

static void now(struct exec_event *ret)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	ret->seconds = t.tv_sec;
	ret->micros = (uint32_t)(t.tv_nsec / 1000);
}

/* ---- events ------------------------------------------------------------------------- */

static void give(struct fanotify_source *s, struct waiting *w)
{
	s->take(s->data, &w->event);
	*w = s->v[--s->n];
}

static void remember(struct fanotify_source *s, const struct waiting *w, uint64_t words)
{
	*last_image(s, w->event.pid) =
	    (struct image){w->event.pid, w->start, words, hash(w->event.path), hash(w->opened), w->device};
}

static void give_without_words(struct fanotify_source *s, struct waiting *w)
{
	memcpy(w->event.path, w->opened, sizeof(w->event.path));
	w->event.words_missed = true;
	remember(s, w, w->old_words);
	give(s, w);
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

/* Finds a start of the process that waits, other than `but`. */
static struct waiting *waiting_of(struct fanotify_source *s, pid_t pid, const struct waiting *but)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].event.pid == pid && &s->v[i] != but)
			return &s->v[i];
	return NULL;
}

static void describe(struct fanotify_source *s, struct waiting *w, int dir, int fd,
		     const struct aa_proc_stat *stat)
{
	struct stat file;
	char first[2];

	w->event.ppid = stat->ppid;
	w->event.audit_session = aa_proc_u32(dir, "sessionid");
	read_link(dir, "cwd", w->event.directory);
	read_opened(fd, w->opened);
	w->device = fstat(fd, &file) == 0 ? file.st_dev : 0;
	w->start = stat->start;
	w->script = pread(fd, first, 2, 0) == 2 && first[0] == '#' && first[1] == '!';
	w->again = false;
	w->since = aa_monotonic_us();
	now(&w->event);
	know_old_image(s, w, dir, stat);
}

/* A start that may have been told already, or was no start. */
static void drop(struct fanotify_source *s, struct waiting *w)
{
	*w = s->v[--s->n];
}

static void give_unread(struct fanotify_source *s, struct waiting *w)
{
	if (w->again)
		drop(s, w);
	else
		give_without_words(s, w);
}

/* The new image is there. Where it is of another file, which no #! explains, that one was started meanwhile, and its own
 * event comes yet. False: the kernel has not put its words in place. */
static bool give_image(struct fanotify_source *s, struct waiting *w, int dir, const struct aa_proc_stat *stat)
{
	read_link(dir, "exe", w->event.path);
	if (!w->script && !w->again && strcmp(w->event.path, w->opened) != 0) {
		give_without_words(s, w);
		return true;
	}
	if (w->again && waiting_of(s, w->event.pid, w)) {
		drop(s, w);
		return true;
	}
	read_words(dir, &w->event);
	if (w->event.kept == 0)
		return false;
	(void)read_uids(dir, &w->event); /* a setuid program's */
	remember(s, w, stat->words);
	give(s, w);
	return true;
}

/* Gives the event if the new image is there, or never will be. True: the slot holds another event now. */
static bool look(struct fanotify_source *s, struct waiting *w, int64_t at)
{
	int dir = open_process(w->event.pid);
	struct aa_proc_stat stat;
	bool done = false, gone = dir < 0 || aa_proc_stat(dir, w->event.pid, &stat) < 0 || stat.dead;

	if (!gone && stat.words && stat.words != w->old_words)
		done = give_image(s, w, dir, &stat);
	if (!done && (gone || at - w->since > IMAGE_WAIT_US)) {
		give_unread(s, w);
		done = true;
	}
	if (dir >= 0)
		close(dir);
	return done;
}

static int look_at_all(struct fanotify_source *s)
{
	int64_t at = aa_monotonic_us(), youngest = 0;

	for (size_t i = 0; i < s->n;) {
		if (s->v[i].since > youngest)
			youngest = s->v[i].since;
		i += !look(s, &s->v[i], at);
	}
	if (s->n == 0)
		return -1;
	return at - youngest < 5000 ? 200 : 2000;
}

/* A script's interpreter, the dynamic linker and an overlay's lower file belong to the start that waits already. */
static bool belongs_to_waiting(struct fanotify_source *s, const struct fanotify_event_metadata *m)
{
	char opened[PATH_MAX];
	struct stat file;

	if (!waiting_of(s, m->pid, NULL) || fstat(m->fd, &file) < 0)
		return false;
	read_opened(m->fd, opened);
	for (size_t i = 0; i < s->n; i++) {
		const struct waiting *w = &s->v[i];

		if (w->event.pid == m->pid && (w->script || is_linker(opened) ||
					       (strcmp(opened, w->opened) == 0 && w->device != file.st_dev)))
			return true;
	}
	return false;
}

/* Counts a process that nobody knows any more, once: each start has two to four events. */
static void count_gone(struct fanotify_source *s, pid_t pid)
{
	struct image *last = last_image(s, pid);

	s->loss.known += last->pid != pid;
	*last = (struct image){.pid = pid};
}

/* Takes the first file that a process opens to run it. */
static void take_event(struct fanotify_source *s, const struct fanotify_event_metadata *m)
{
	struct waiting *w = &s->v[s->n];
	struct aa_proc_stat stat;
	int dir;

	if (m->pid <= 0 || belongs_to_waiting(s, m)) /* 0: of another pid namespace */
		return;
	memset(w, 0, offsetof(struct waiting, opened));
	w->event.pid = m->pid;
	dir = open_process(m->pid);
	if (dir < 0 || !read_owner(dir, &w->event)) {
		count_gone(s, m->pid);
	} else if (may_be_agents(s, &w->event)) {
		if (aa_proc_stat(dir, m->pid, &stat) < 0) {
			count_gone(s, m->pid);
		} else {
			describe(s, w, dir, m->fd, &stat);
			s->n++;
			(void)look(s, w, w->since);
		}
	}
	if (dir >= 0)
		close(dir);
}

static int read_events(void *self, bool idle)
{
	struct fanotify_source *s = self;
	char bytes[8192] __attribute__((aligned(__alignof__(struct fanotify_event_metadata))));
	const struct fanotify_event_metadata *m;
	ssize_t n;

	(void)idle;
	while ((n = read(s->fd, bytes, sizeof(bytes))) > 0) {
		for (m = (const void *)bytes; FAN_EVENT_OK(m, n); m = FAN_EVENT_NEXT(m, n)) {
			if (m->mask & FAN_Q_OVERFLOW)
				s->loss.more = true;
			else if (s->n == WAITING_MAX)
				s->loss.known++;
			else
				take_event(s, m);
			if (m->fd >= 0)
				close(m->fd);
		}
		(void)look_at_all(s);
	}
	return look_at_all(s);
}

/* ---- what is watched ---------------------------------------------------------------- */

/* Watches a file system as a whole, or, where it cannot be, as it is mounted here. */
static bool watch(int fd, const char *path)
{
	return fanotify_mark(fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_OPEN_EXEC, AT_FDCWD, path) == 0 ||
	       fanotify_mark(fd, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_OPEN_EXEC, AT_FDCWD, path) == 0;
}

/* Nothing can be run from these, and some of them are huge. */
static bool holds_programs(const struct mntent *m)
{
	static const char *const none[] = {"proc",   "sysfs",  "cgroup", "cgroup2",
					   "devpts", "mqueue", "autofs"};

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (strcmp(m->mnt_type, none[i]) == 0)
			return false;
	return !hasmntopt(m, "noexec");
}

static size_t watch_all(struct fanotify_source *s)
{
	FILE *f = setmntent("/proc/self/mounts", "re");
	struct mntent m;
	char text[8192];
	size_t n = 0;

	while (f && getmntent_r(f, &m, text, sizeof(text)))
		n += holds_programs(&m) && watch(s->fd, m.mnt_dir);
	if (f)
		endmntent(f);
	return n;
}

static void look_after(void *self)
{
	(void)watch_all(self);
}

static struct exec_loss lost(void *self)
{
	struct fanotify_source *s = self;
	struct exec_loss loss = s->loss;

	s->loss = (struct exec_loss){0};
	return loss;
}

static void close_source(void *self)
{
	struct fanotify_source *s = self;

	if (s->fd >= 0)
		close(s->fd);
	if (s->mounts >= 0)
		close(s->mounts);
	free(s->v);
	free(s);
}

int fanotify_source_open(const struct exec_range *range, exec_take_fn *take, void *data,
			 struct exec_source *ret)
{
	struct fanotify_source *s = calloc(1, sizeof(*s));
	int err = 0;

	if (!s)
		return -ENOMEM;
	s->range = *range;
	s->take = take;
	s->data = data;
	s->v = malloc(WAITING_MAX * sizeof(*s->v));
	s->mounts = open("/proc/self/mounts", O_RDONLY | O_CLOEXEC);
	s->fd =
	    fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY | O_CLOEXEC | O_LARGEFILE);
	if (s->fd < 0)
		err = -errno;
	else if (!s->v)
		err = -ENOMEM;
	else if (watch_all(s) == 0)
		err = -EOPNOTSUPP;
	if (err < 0) {
		close_source(s);
		return err;
	}
	*ret = (struct exec_source){.name = "fanotify",
				    .self = s,
				    .fd = s->fd,
				    .changes = s->mounts,
				    .read = read_events,
				    .look_after = look_after,
				    .lost = lost,
				    .close = close_source};
	return 0;
}
