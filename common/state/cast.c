/* SPDX-License-Identifier: Apache-2.0 */
/* cast.c: writes what a terminal showed, see cast.h. */
#include "config.h"

#include "common/state/cast.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "common/state/audit_record.h"
#include "common/state/cast_store.h"
#include "common/state/monotonic.h"
#include "common/text/cast_text.h"

#define PIECE 8192
#define MARKS 4096		  /* bytes of the bound that are left for what is no output */
#define LOOK ((size_t)1 << 20)	  /* written bytes after which the disk is looked at again */
#define SPARE ((size_t)256 << 20) /* bytes of the disk that are left to others, or a twentieth of it */

struct aa_cast {
	int fd;
	int64_t begun_us;
	size_t size, looked_at;
	struct aa_cast_text text[AA_CAST_STREAMS];
	char name[AA_CAST_NAME_SIZE];
	char line[AA_CAST_TEXT_SIZE(PIECE) + 64];
};

const char *aa_cast_name(const struct aa_cast *cast)
{
	return cast->name;
}

/* ---- lines ------------------------------------------------------------------------------------ */

/* The log and the other agents need the rest of the disk. */
static bool has_space(int fd)
{
	struct statvfs fs;
	uint64_t spare;

	if (fstatvfs(fd, &fs) < 0 || fs.f_blocks == 0) /* without blocks it has no limit */
		return true;
	spare = (uint64_t)fs.f_blocks * fs.f_frsize / 20;
	return (uint64_t)fs.f_bavail * fs.f_frsize > (spare < SPARE ? spare : SPARE);
}

/* Appends a line, or nothing of it. */
static int append(struct aa_cast *cast, const char *line, size_t len)
{
	ssize_t n;
	int err;

	if (cast->size >= cast->looked_at + LOOK) {
		if (!has_space(cast->fd))
			return -ENOSPC;
		cast->looked_at = cast->size;
	}
	n = write(cast->fd, line, len);
	err = n < 0 ? -errno : -ENOSPC;
	if (n == (ssize_t)len) {
		cast->size += len;
		return 0;
	}
	if (n > 0 && ftruncate(cast->fd, (off_t)cast->size) < 0)
		cast->size += (size_t)n; /* a torn line */
	return err;
}

/* Begins an event's line, and gives its length so far. */
static size_t begin_line(struct aa_cast *cast, char code)
{
	int64_t us = aa_monotonic_us() - cast->begun_us;

	return (size_t)sprintf(cast->line, "[%lld.%06lld, \"%c\", \"", (long long)(us / 1000000),
			       (long long)(us % 1000000), code);
}

static int end_line(struct aa_cast *cast, size_t len)
{
	memcpy(cast->line + len, "\"]\n", 3);
	return append(cast, cast->line, len + 3);
}

int aa_cast_event(struct aa_cast *cast, char code, const char *text)
{
	size_t len = begin_line(cast, code), more = strlen(text);

	if (more > MARKS / 2 || cast->size + MARKS / 2 + 64 > AA_CAST_MAX)
		return -EFBIG;
	memcpy(cast->line + len, text, more);
	return end_line(cast, len + more);
}

static int put_piece(struct aa_cast *cast, struct aa_cast_text *text, const char *piece, size_t len)
{
	size_t begin = begin_line(cast, 'o'), more = aa_cast_text(text, piece, len, cast->line + begin);

	if (more == 0)
		return 0;
	if (cast->size + begin + more + MARKS > AA_CAST_MAX)
		return -EFBIG;
	return end_line(cast, begin + more);
}

int aa_cast_output(struct aa_cast *cast, enum aa_cast_stream stream, const char *piece, size_t len)
{
	int r = 0;

	while (len > 0 && r == 0) {
		size_t n = len < PIECE ? len : PIECE;

		r = put_piece(cast, &cast->text[stream], piece, n);
		piece += n;
		len -= n;
	}
	return r;
}

void aa_cast_close(struct aa_cast *cast)
{
	if (!cast)
		return;
	for (size_t i = 0; i < AA_CAST_STREAMS; i++) {
		size_t len = begin_line(cast, 'o'), more = aa_cast_text_end(&cast->text[i], cast->line + len);

		if (more > 0)
			(void)end_line(cast, len + more);
	}
	if (cast->fd >= 0) {
		(void)flock(cast->fd, LOCK_UN); /* a child of sudo's may hold the same descriptor still */
		close(cast->fd);
	}
	free(cast);
}

/* ---- the beginning ---------------------------------------------------------------------------- */

/* Writes the head: what players read, and what the log will say. */
static int put_head(struct aa_cast *cast, const json_t *about, unsigned columns, unsigned lines)
{
	char title[512];
	json_t *head;
	char *text;
	int r = -ENOMEM;

	(void)snprintf(title, sizeof(title), "%s, session %.8s: %s",
		       json_string_value(json_object_get(about, "agent")),
		       json_string_value(json_object_get(about, "session")),
		       json_string_value(json_object_get(about, "command")));
	head = json_pack("{s:i, s:i, s:i, s:I, s:O}", "version", 2, "width", (int)columns, "height",
			 (int)lines, "timestamp", (json_int_t)time(NULL), "agentauth", about);
	if (head)
		aa_audit_set(head, "title", title);
	text = head ? json_dumps(head, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
	if (text) {
		size_t len = strlen(text);

		text[len] = '\n'; /* in the place of the zero */
		r = append(cast, text, len + 1);
	}
	free(text);
	json_decref(head);
	return r;
}

/* The caller's umask is an agent's. */
static int make_file(struct aa_cast *cast, int dirfd, uid_t owner)
{
	char file[AA_CAST_NAME_SIZE + 8];

	(void)snprintf(file, sizeof(file), "%s.cast", cast->name);
	cast->fd = aa_trusted_open_own(dirfd, file, O_RDWR | O_APPEND | O_CREAT | O_EXCL, 0, owner);
	if (cast->fd < 0)
		return cast->fd;
	return fchmod(cast->fd, 0600) < 0 || flock(cast->fd, LOCK_EX) < 0 ? -errno : 0;
}

static int begin(struct aa_cast *cast, int dirfd, uid_t owner, const json_t *about, unsigned columns,
		 unsigned lines)
{
	struct timespec now;
	int r;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)snprintf(cast->name, sizeof(cast->name), "%.32s.%lld%06ld",
		       json_string_value(json_object_get(about, "session")), (long long)now.tv_sec,
		       now.tv_nsec / 1000);
	cast->begun_us = aa_monotonic_us();
	cast->text[AA_CAST_STDOUT].bare = cast->text[AA_CAST_STDERR].bare = true;
	r = has_space(dirfd) ? make_file(cast, dirfd, owner) : -ENOSPC;
	return r < 0 ? r : put_head(cast, about, columns, lines);
}

int aa_cast_begin(const char *logdir, uid_t owner, const json_t *about, unsigned columns, unsigned lines,
		  struct aa_cast **ret)
{
	const char *agent = json_string_value(json_object_get(about, "agent"));
	struct aa_cast *cast;
	int dirfd, r;

	r = aa_cast_store_open(logdir, owner, agent, &dirfd);
	if (r < 0)
		return r;
	cast = calloc(1, sizeof(*cast));
	r = cast ? 0 : -ENOMEM;
	if (cast) {
		cast->fd = -1;
		r = begin(cast, dirfd, owner, about, columns ? columns : 80, lines ? lines : 24);
	}
	close(dirfd);
	if (r < 0)
		aa_cast_close(cast);
	else
		*ret = cast;
	return r;
}
