/* SPDX-License-Identifier: Apache-2.0 */
/* audit.c: appends to the audit log. */
#include "config.h"

#include "common/state/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "common/jose/sha256.h"
#include "common/state/audit_brake.h"
#include "common/state/audit_chain.h"
#include "common/state/audit_copy.h"
#include "common/state/guard.h"
#include "common/state/monotonic.h"
#include "common/text/utc.h"

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
	      could_open(dirfd, "audit.lock", audit->owner) && could_open(dirfd, "audit.jsonl", audit->owner);
	close(dirfd);
	return can;
}

/* Waits for the lock, AA_AUDIT_WAIT_MS at the most, in steps that grow from 20 us to 2 ms. */
static bool take_lock(int fd)
{
	struct timespec step = {0, 20000};
	int64_t until = aa_monotonic_us() + AA_AUDIT_WAIT_MS * 1000;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if ((errno != EWOULDBLOCK && errno != EINTR) || aa_monotonic_us() > until)
			return false;
		(void)nanosleep(&step, NULL);
		if (step.tv_nsec < 2000000)
			step.tv_nsec += step.tv_nsec / 2;
	}
	return true;
}

/* ---- the line ------------------------------------------------------------ */

static void utc_now(char *ret, size_t cap)
{
	char seconds[AA_UTC_SIZE];
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	aa_utc_print(now.tv_sec, seconds);
	(void)snprintf(ret, cap, "%.19s.%06ldZ", seconds, now.tv_nsec / 1000);
}

/* Does the work of json_object_update_missing(), which does not report that memory was out. */
static bool add_missing(json_t *whole, json_t *record)
{
	const char *key;
	json_t *value;

	json_object_foreach(record, key, value)
	{
		if (!json_object_get(whole, key) && json_object_set(whole, key, value) < 0)
			return false;
	}
	return true;
}

/* Writes time, seq, prev, host, and then the caller's members. The line is from malloc(), with its line feed. */
static char *compose(const struct aa_audit *audit, json_t *record, const struct aa_audit_link *last,
		     size_t *ret_len)
{
	char now[40], *line = malloc(AA_AUDIT_LINE_MAX + 2);
	json_t *whole;
	size_t len = 0;

	utc_now(now, sizeof(now));
	whole = json_pack("{s:s, s:I, s:s, s:s}", "time", now, "seq", (json_int_t)(last->seq + 1), "prev",
			  last->hash, "host", audit->host ? audit->host : "");
	/* json_dumps() will not do: where memory is out for a member's name it goes on without that name. */
	if (line && whole && add_missing(whole, record))
		len = json_dumpb(whole, line, AA_AUDIT_LINE_MAX, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(whole);
	if (len == 0 || len >= AA_AUDIT_LINE_MAX) {
		free(line);
		return NULL;
	}
	memcpy(line + len, "\n", 2);
	*ret_len = len + 1;
	return line;
}

/* Writes the line with one write(), and takes back what a full disk left of it. */
static bool put_line(int log_fd, const char *line, size_t len, uint64_t size)
{
	ssize_t n = write(log_fd, line, len);

	if (n == (ssize_t)len)
		return true;
	if (n > 0 && ftruncate(log_fd, (off_t)size) < 0)
		return false; /* a torn line: the next writer closes it */
	return false;
}

static bool append_locked(const struct aa_audit *audit, int dirfd, json_t *record, char **ret_line)
{
	int head_fd = open_own(dirfd, "audit.head", O_RDWR, audit->owner);
	int log_fd = open_own(dirfd, "audit.jsonl", O_RDWR | O_APPEND, audit->owner);
	struct aa_audit_link last, link;
	struct stat st;
	uint64_t size;
	size_t len;
	char *line = NULL;
	bool ok = false;

	if (head_fd < 0 || log_fd < 0)
		goto out;
	/* Another line may have been written past the lock meanwhile, since this process may have been stopped for
	 * long: the line is then composed anew. */
	do {
		free(line);
		line = NULL;
		if (fstat(log_fd, &st) < 0)
			goto out;
		size = (uint64_t)st.st_size;
		if (!aa_audit_last_link(head_fd, log_fd, &size, &last))
			goto out;
		line = compose(audit, record, &last, &len);
	} while (line && fstat(log_fd, &st) == 0 && (uint64_t)st.st_size != size);
	if (!line || !put_line(log_fd, line, len, size))
		goto out;
	link.seq = last.seq + 1;
	/* Without a head the next writer is only slower: the log's last line decides. */
	if (aa_sha256_hex(link.hash, line, len - 1) < 0 || !aa_audit_write_head(head_fd, &link, size + len))
		(void)unlinkat(dirfd, "audit.head", 0);
	ok = !audit->sync || fdatasync(log_fd) == 0;
	line[len - 1] = '\0';
	*ret_line = line;
	line = NULL;
out:
	free(line);
	if (head_fd >= 0)
		close(head_fd);
	if (log_fd >= 0)
		close(log_fd);
	return ok;
}

/* ---- refusals that are counted (audit_brake.h) -------------------------- */

#define COUNTS_MAX 16 /* lines of counts that one call writes */

struct lines {
	char *v[COUNTS_MAX + 1]; /* to be copied, once the lock is given back */
	size_t n;
};

struct settling {
	const struct aa_audit *audit;
	int dirfd;
	struct lines *lines;
	bool failed;
};

static bool append_line(const struct aa_audit *audit, int dirfd, json_t *record, struct lines *lines)
{
	bool ok = append_locked(audit, dirfd, record, &lines->v[lines->n]);

	lines->n += lines->v[lines->n] != NULL;
	return ok;
}

static bool write_count(void *data, json_t *record)
{
	struct settling *s = data;
	bool ok = s->lines->n < COUNTS_MAX && append_line(s->audit, s->dirfd, record, s->lines);

	s->failed = s->failed || !ok;
	json_decref(record);
	return ok;
}

static void settle(struct settling *s, int brake_fd)
{
	aa_audit_brake_settle(brake_fd, s->audit->now ? s->audit->now : (int64_t)time(NULL), write_count, s);
}

/* A refusal that cannot be counted has its line. */
static bool append_or_count(const struct aa_audit *audit, int dirfd, json_t *record, struct lines *lines)
{
	struct settling s = {audit, dirfd, lines, false};
	bool counted = false;
	int fd = audit->brake && aa_audit_brake_is_for(record)
		     ? open_own(dirfd, "audit.brake", O_RDWR, audit->owner)
		     : -1;

	if (fd >= 0) {
		settle(&s, fd);
		counted = aa_audit_brake_counts(fd, record, audit->brake,
						audit->now ? audit->now : (int64_t)time(NULL));
		close(fd);
	}
	return counted || append_line(audit, dirfd, record, lines);
}

/* Writes the line outside of the chain, since somebody holds the lock for too long; the line says so. */
static bool append_unchained(const struct aa_audit *audit, int dirfd, json_t *record, char **ret_line)
{
	static const struct aa_audit_link none = {0, ""};
	int log_fd = open_own(dirfd, "audit.jsonl", O_RDWR | O_APPEND, audit->owner);
	char *line = NULL;
	size_t len;
	bool ok = false;

	if (log_fd < 0)
		return false;
	(void)json_object_set_new(record, "unchained", json_true());
	line = compose(audit, record, &none, &len);
	if (line && write(log_fd, line, len) == (ssize_t)len) {
		line[len - 1] = '\0';
		*ret_line = line;
		line = NULL;
		ok = true;
	}
	free(line);
	close(log_fd);
	return ok;
}

static void copy_all(const struct aa_audit *audit, struct lines *lines)
{
	for (size_t i = 0; i <= COUNTS_MAX; i++) {
		if (lines->v[i] && !audit->quiet)
			aa_audit_copy(lines->v[i], true);
		free(lines->v[i]);
	}
}

/* Writes the record to the machine's own logs alone, since the audit log could not take it. */
static void copy_unwritten(const struct aa_audit *audit, json_t *record)
{
	static const struct aa_audit_link none = {0, ""};
	size_t len;
	char *line = audit->quiet ? NULL : compose(audit, record, &none, &len);

	if (line)
		aa_audit_copy(line, false);
	free(line);
}

/* ---- the record ------------------------------------------------------------ */

static bool append_in(const struct aa_audit *audit, int dirfd, json_t *record)
{
	int lock_fd = open_own(dirfd, "audit.lock", O_RDWR, audit->owner);
	struct lines lines = {.n = 0};
	bool ok = false;

	if (lock_fd < 0)
		return false;
	if (take_lock(lock_fd))
		ok = append_or_count(audit, dirfd, record, &lines);
	else if (audit->go_round)
		ok = append_unchained(audit, dirfd, record, &lines.v[lines.n]);
	close(lock_fd);
	copy_all(audit, &lines);
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
			copy_unwritten(audit, record);
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
		copy_unwritten(audit, record);
	ok = aa_guard_lower(&guard) && ok;
	json_decref(record);
	return ok ? AA_OK : AA_AUDIT_UNAVAILABLE;
}

/* Writes COUNTS_MAX lines at the most. False: something remains to be written. */
static bool settle_once(const struct aa_audit *audit, int dirfd, struct lines *lines)
{
	struct settling s = {audit, dirfd, lines, false};
	int lock_fd = open_own(dirfd, "audit.lock", O_RDWR, audit->owner), brake_fd = -1;
	bool locked = lock_fd >= 0 && take_lock(lock_fd);

	if (locked)
		brake_fd = open_own(dirfd, "audit.brake", O_RDWR, audit->owner);
	if (brake_fd >= 0) {
		settle(&s, brake_fd);
		close(brake_fd);
	}
	if (lock_fd >= 0)
		close(lock_fd);
	return brake_fd >= 0 && !s.failed;
}

enum aa_reason aa_audit_settle(const struct aa_audit *audit)
{
	int dirfd = open_logdir(audit);
	bool done = dirfd == -ENOENT, more = dirfd >= 0; /* without a log nothing was counted */

	while (more) {
		struct lines lines = {.n = 0};

		done = settle_once(audit, dirfd, &lines);
		more = !done && lines.n == COUNTS_MAX;
		copy_all(audit, &lines);
	}
	if (dirfd >= 0)
		close(dirfd);
	return done ? AA_OK : AA_AUDIT_UNAVAILABLE;
}
