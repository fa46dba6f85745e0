/* SPDX-License-Identifier: Apache-2.0 */
/* audit.c: appends to the audit log. */
#include "config.h"

#include "common/state/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "common/jose/sha256.h"
#include "common/state/audit_begun.h"
#include "common/state/audit_brake.h"
#include "common/state/audit_chain.h"
#include "common/state/audit_copy.h"
#include "common/state/audit_lock.h"
#include "common/state/audit_note.h"
#include "common/state/audit_text.h"
#include "common/state/audit_unwritten.h"
#include "common/user/guard.h"
#include "common/state/monotonic.h"

/* ---- files --------------------------------------------------------------- */

static int open_own(int dirfd, const char *name, int flags, uid_t owner)
{
	return aa_trusted_open_own(dirfd, name, flags | O_CREAT, 022, owner);
}

static int open_logdir(const struct aa_audit *audit)
{
	int fd, r = aa_trusted_open_folder(AT_FDCWD, audit->logdir, O_NOFOLLOW, audit->owner, &fd);

	return r < 0 ? r : fd;
}

/* A file that is not there is made with the first line. */
static bool could_open(int dirfd, const char *name, uid_t owner)
{
	int fd = aa_trusted_open_own(dirfd, name, O_RDONLY, 022, owner);

	if (fd < 0)
		return fd == -ENOENT && faccessat(dirfd, ".", W_OK, AT_EACCESS) == 0;
	close(fd);
	return faccessat(dirfd, name, W_OK, AT_EACCESS) == 0;
}

bool aa_audit_can_append(const struct aa_audit *audit)
{
	int dirfd = open_logdir(audit);
	struct statvfs fs;
	bool can;

	if (dirfd < 0)
		return false;
	/* A file system without blocks has no limit. */
	can = fstatvfs(dirfd, &fs) == 0 && !(fs.f_flag & ST_RDONLY) && (fs.f_blocks == 0 || fs.f_bfree > 0) &&
	      could_open(dirfd, "audit.lock", audit->owner) && could_open(dirfd, AA_AUDIT_LOG, audit->owner);
	close(dirfd);
	return can;
}

/* ---- one writer ------------------------------------------------------------ */

#define COUNTS_MAX 16 /* lines of counts that one call writes */
#define LINES_MAX (COUNTS_MAX + 8)
#define TRIES 100 /* after a line that went round the lock */

struct writer {
	const struct aa_audit *audit;
	int dirfd, lock_fd, head_fd, log_fd; /* -1: not open */
	struct aa_audit_text
	    lines[LINES_MAX]; /* that were written, to be copied, once the lock is given back */
	size_t n_lines, n_counts;
	bool new_log, settle_failed;
};

static int open_in(const struct writer *w, const char *name, int flags)
{
	return open_own(w->dirfd, name, flags, w->audit->owner);
}

/* Opens the files before the lock is taken, which is held the shorter. */
static bool begin(struct writer *w, const struct aa_audit *audit, int dirfd)
{
	memset(w, 0, sizeof(*w));
	w->audit = audit;
	w->dirfd = dirfd;
	w->lock_fd = open_in(w, "audit.lock", O_RDWR);
	w->head_fd = open_in(w, AA_AUDIT_HEAD, O_RDWR);
	w->log_fd = open_in(w, AA_AUDIT_LOG, O_RDWR | O_APPEND);
	return w->lock_fd >= 0 && w->head_fd >= 0 && w->log_fd >= 0;
}

/* Waits for the lock, but briefly where somebody waited in vain a moment ago: a login has several lines, and there are more
 * logins, while one process that holds the lock is stopped. audit.lock holds the time at which that was, which only those that
 * go round the lock need. */
static bool take_lock(const struct writer *w)
{
	int64_t gave_up, now = aa_monotonic_us(), wait_us = AA_AUDIT_WAIT_MS * INT64_C(1000);
	bool brief = w->audit->go_round &&
		     pread(w->lock_fd, &gave_up, sizeof(gave_up), 0) == (ssize_t)sizeof(gave_up) &&
		     gave_up <= now && now - gave_up < 2 * wait_us;

	if (aa_audit_lock(w->lock_fd, brief ? wait_us / 50 : wait_us))
		return true;
	now = aa_monotonic_us();
	if (w->audit->go_round && !brief)
		(void)!pwrite(w->lock_fd, &now, sizeof(now), 0);
	return false;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The name of a new log is on the disk with its folder. */
static bool sync_folder(const struct writer *w)
{
	int fd = openat(w->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	close_one(&fd);
	return ok;
}

/* Gives the lock back before the disk is waited for: the lines of those that wait together reach it together. False: what was
 * written may not be on the disk, though the policy asks for it. */
static bool give_back(struct writer *w)
{
	close_one(&w->lock_fd);
	return !w->audit->sync || w->n_lines == 0 ||
	       (fdatasync(w->log_fd) == 0 && (!w->new_log || sync_folder(w)));
}

static void end(struct writer *w)
{
	close_one(&w->lock_fd);
	close_one(&w->head_fd);
	close_one(&w->log_fd);
	for (size_t i = 0; i < w->n_lines; i++) {
		w->lines[i].line[w->lines[i].len - 1] = '\0';
		if (!w->audit->quiet)
			aa_audit_copy(w->lines[i].line, true);
		aa_audit_text_free(&w->lines[i]);
	}
}

/* ---- one line ------------------------------------------------------------ */

/* Keeps a line that was written for end(). */
static void keep(struct writer *w, struct aa_audit_text *text)
{
	if (w->n_lines < LINES_MAX)
		w->lines[w->n_lines++] = *text;
	else
		aa_audit_text_free(text);
	memset(text, 0, sizeof(*text));
}

/* Writes the line with one write(), and takes back what a full disk left of it. */
static bool put_line(int log_fd, const struct aa_audit_text *text, uint64_t size)
{
	ssize_t n = write(log_fd, text->line, text->len);

	if (n == (ssize_t)text->len)
		return true;
	if (n > 0 && ftruncate(log_fd, (off_t)size) < 0)
		return false; /* a torn line: the next writer closes it */
	return false;
}

/* Writes the line at the end, which moves behind it. -EAGAIN: that is the log's end no more, since a line was written past the
 * lock while this process was stopped for long. Where the head cannot be written, the log's last line decides. */
static int write_at(struct writer *w, struct aa_audit_text *text, struct aa_audit_tail *at)
{
	int64_t now = aa_audit_clock_us();
	struct aa_audit_link link = {.seq = at->link.seq + 1};
	struct stat st;

	aa_audit_text_chain(text, now, link.seq, at->link.hash);
	if (aa_sha256_hex(link.hash, text->line, text->len - 1) < 0)
		return -EIO;
	if (fstat(w->log_fd, &st) == 0 && (uint64_t)st.st_size != at->size)
		return -EAGAIN;
	if (!put_line(w->log_fd, text, at->size))
		return -EIO;
	if (link.seq == 1 && w->audit->statedir)
		aa_audit_begun_note(w->audit->statedir, w->audit->logdir, w->audit->owner);
	w->new_log = w->new_log || at->size == 0;
	at->link = link;
	at->size += text->len;
	at->time_us = now;
	(void)aa_audit_write_head(w->head_fd, at);
	keep(w, text);
	return 0;
}

/* Writes what the log says of itself. */
static int say(struct writer *w, json_t *note, struct aa_audit_tail *at)
{
	struct aa_audit_text text = {.buf = NULL};
	int r = json_object_get(note, "event") && aa_audit_text_make(&text, w->audit->host, note)
		    ? write_at(w, &text, at)
		    : -ENOMEM;

	aa_audit_text_free(&text);
	json_decref(note);
	return r;
}

/* Says what became of the log since its last line, before the next one. */
static int say_what_was(struct writer *w, struct aa_audit_tail *at)
{
	int64_t now = aa_audit_clock_us(), before = at->time_us;
	const char *rundir = w->audit->rundir;
	struct aa_unwritten unwritten;
	int r = 0;

	if (at->loss != AA_AUDIT_NO_LOSS)
		r = say(w, aa_audit_note_loss(at), at);
	if (r == 0 && before > now + AA_AUDIT_CLOCK_SLACK)
		r = say(w, aa_audit_note_clock(before, now), at);
	if (r == 0 && rundir && aa_audit_unwritten_read(rundir, w->audit->owner, &unwritten)) {
		r = say(w, aa_audit_note_unwritten(&unwritten), at);
		if (r == 0)
			aa_audit_unwritten_forget(rundir);
	}
	return r;
}

/* Says whether nothing in the folder tells of lines before. */
static bool is_first(const struct writer *w, const struct aa_audit_tail *at)
{
	return w->audit->statedir && at->link.seq == 0 && at->loss == AA_AUDIT_NO_LOSS;
}

/* The log may have been turned away since it was opened. */
static int find_end(struct writer *w, struct aa_audit_tail *ret)
{
	int r = aa_audit_find_end(w->dirfd, AA_AUDIT_LOG, w->head_fd, w->log_fd, w->audit->owner, false, ret);

	if (r == -ESTALE) {
		close_one(&w->log_fd);
		r = w->log_fd = open_in(w, AA_AUDIT_LOG, O_RDWR | O_APPEND);
	}
	if (r > 0)
		r = aa_audit_find_end(w->dirfd, AA_AUDIT_LOG, w->head_fd, w->log_fd, w->audit->owner, true,
				      ret);
	if (r == 0 && is_first(w, ret) &&
	    aa_audit_begun(w->audit->statedir, w->audit->logdir, w->audit->owner))
		ret->loss = AA_AUDIT_LOG_GONE;
	return r;
}

/* Appends the line, whose text is taken. */
static bool append_line(struct writer *w, struct aa_audit_text *text)
{
	struct aa_audit_tail at;
	int r = -EAGAIN;

	for (int i = 0; i < TRIES && r == -EAGAIN; i++) {
		r = find_end(w, &at);
		if (r == 0)
			r = say_what_was(w, &at);
		if (r == 0)
			r = write_at(w, text, &at);
	}
	aa_audit_text_free(text);
	return r == 0;
}

/* Writes the line outside of the chain, since somebody holds the lock for too long; the line says so. */
static bool append_unchained(struct writer *w, json_t *record)
{
	struct aa_audit_text text = {.buf = NULL};
	bool ok;

	(void)json_object_set_new(record, "unchained", json_true());
	if (!aa_audit_text_make(&text, w->audit->host, record))
		return false;
	aa_audit_text_chain(&text, aa_audit_clock_us(), 1, "");
	ok = write(w->log_fd, text.line, text.len) == (ssize_t)text.len;
	if (ok)
		keep(w, &text);
	aa_audit_text_free(&text);
	return ok;
}

/* ---- refusals that are counted (audit_brake.h) -------------------------- */

static int64_t now_of(const struct aa_audit *audit)
{
	return audit->now ? audit->now : (int64_t)time(NULL);
}

static bool write_count(void *data, json_t *record)
{
	struct writer *w = data;
	struct aa_audit_text text = {.buf = NULL};
	bool ok = w->n_counts < COUNTS_MAX && aa_audit_text_make(&text, w->audit->host, record) &&
		  append_line(w, &text);

	w->n_counts += ok;
	w->settle_failed = w->settle_failed || !ok;
	json_decref(record);
	return ok;
}

/* Counts the refusal, if it is one. One that cannot be counted has its line. */
static bool counted(struct writer *w, const json_t *record)
{
	bool is = false;
	int fd = w->audit->brake && aa_audit_brake_is_for(record) ? open_in(w, "audit.brake", O_RDWR) : -1;

	if (fd >= 0) {
		aa_audit_brake_settle(fd, now_of(w->audit), write_count, w);
		is = aa_audit_brake_counts(fd, record, w->audit->brake, now_of(w->audit));
	}
	close_one(&fd);
	return is;
}

/* ---- elsewhere ----------------------------------------------------------- */

/* Writes the record to the machine's own logs alone, since the audit log could not take it, and counts it. */
static void give_up(const struct aa_audit *audit, json_t *record)
{
	struct aa_audit_text text = {.buf = NULL};

	if (audit->rundir)
		aa_audit_unwritten_add(audit->rundir, audit->owner, aa_audit_clock_us());
	if (audit->quiet || !aa_audit_text_make(&text, audit->host, record))
		return;
	aa_audit_text_chain(&text, aa_audit_clock_us(), 1, "");
	text.line[text.len - 1] = '\0';
	aa_audit_copy(text.line, false);
	aa_audit_text_free(&text);
}

/* ---- the record ------------------------------------------------------------ */

static bool append_in(const struct aa_audit *audit, int dirfd, json_t *record)
{
	struct aa_audit_text text = {.buf = NULL};
	struct writer w;
	bool ok = begin(&w, audit, dirfd) && aa_audit_text_make(&text, audit->host, record);

	if (ok && take_lock(&w))
		ok = counted(&w, record) || append_line(&w, &text);
	else if (ok)
		ok = audit->go_round && append_unchained(&w, record);
	ok = give_back(&w) && ok;
	aa_audit_text_free(&text);
	end(&w);
	return ok;
}

static bool append(const struct aa_audit *audit, json_t *record)
{
	int dirfd = open_logdir(audit);
	bool ok = dirfd >= 0 && append_in(audit, dirfd, record);

	if (dirfd >= 0)
		close(dirfd);
	return ok;
}

/* Appends in a process of its own, which may enter the directory instead of holding it open. */
static bool append_sparing(const struct aa_audit *audit, json_t *record)
{
	int dirfd = open_logdir(audit);
	bool there = dirfd >= 0 && fchdir(dirfd) == 0;

	if (dirfd >= 0)
		close(dirfd);
	return there && append_in(audit, AT_FDCWD, record);
}

/* Appends in a child where the caller has left no descriptor and its limit cannot be raised: the child needs three,
 * and none of those that are open. _Fork() runs no fork handlers of other libraries; a pipe would take two
 * descriptors more. */
static bool append_in_child(const struct aa_audit *audit, json_t *record)
{
	bool *done = mmap(NULL, sizeof(*done), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), ok;
	pid_t pid;

	if (done == MAP_FAILED)
		return false;
	closelog();
	pid = _Fork();
	if (pid == 0) {
		closefrom(0);
		*done = append_sparing(audit, record);
		if (!*done)
			give_up(audit, record);
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	ok = *done;
	(void)munmap(done, sizeof(*done));
	return ok;
}

enum aa_reason aa_audit_append(const struct aa_audit *audit, json_t *record)
{
	struct aa_guard guard;
	bool ok = false;

	if (!json_object_get(record, "event")) {
		json_decref(record);
		return AA_AUDIT_UNAVAILABLE;
	}
	aa_guard_raise(&guard); /* while the lock is held, the agent must not be able to stop us */
	ok = append(audit, record);
	if (!ok && guard.starved)
		ok = append_in_child(audit, record);
	else if (!ok)
		give_up(audit, record);
	ok = aa_guard_lower(&guard) && ok;
	json_decref(record);
	return ok ? AA_OK : AA_AUDIT_UNAVAILABLE;
}

/* Writes COUNTS_MAX lines at the most. *ret_more: there may be more of them. False: something remains to be written. */
static bool settle_once(const struct aa_audit *audit, int dirfd, bool *ret_more)
{
	struct writer w;
	int fd = -1;
	bool done = false;

	if (begin(&w, audit, dirfd) && take_lock(&w))
		fd = open_in(&w, "audit.brake", O_RDWR);
	if (fd >= 0) {
		aa_audit_brake_settle(fd, now_of(audit), write_count, &w);
		done = !w.settle_failed;
	}
	close_one(&fd);
	done = give_back(&w) && done;
	*ret_more = !done && w.n_counts == COUNTS_MAX;
	end(&w);
	return done;
}

enum aa_reason aa_audit_settle(const struct aa_audit *audit)
{
	int dirfd = open_logdir(audit);
	bool done = dirfd == -ENOENT, more = dirfd >= 0; /* without a log nothing was counted */

	while (more)
		done = settle_once(audit, dirfd, &more);
	if (dirfd >= 0)
		close(dirfd);
	return done ? AA_OK : AA_AUDIT_UNAVAILABLE;
}
