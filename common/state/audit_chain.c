/* SPDX-License-Identifier: Apache-2.0 */
/* audit_chain.c: finds the end of the audit log, see audit_chain.h. */
#include "config.h"

#include "common/state/audit_chain.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "common/file/trusted.h"
#include "common/jose/sha256.h"
#include "common/state/audit_text.h"

#define HEAD_SIZE 149 /* seq 20, hash 64, size 20, inode 20, time 20, four spaces and a line feed */
#define TAIL_BYTES (2 * AA_AUDIT_LINE_MAX) /* of the log, where the head does not tell */
#define MTIME_SLACK 2			   /* seconds that a file's time may be before its last line's */

/* ---- the head ------------------------------------------------------------ */

/* A head of an older version ends with the size. */
static bool parse_head(const char *text, struct aa_audit_tail *ret)
{
	struct aa_audit_tail end = {.inode = 0};

	if (sscanf(text, "%20" SCNu64 " %64[0-9a-f] %20" SCNu64 " %20" SCNu64 " %20" SCNd64, &end.link.seq,
		   end.link.hash, &end.size, &end.inode, &end.time_us) < 3 ||
	    strlen(end.link.hash) != 64)
		return false;
	*ret = end;
	return true;
}

/* False: it cannot be read. A head that is empty or damaged leaves *ret_have false. */
static bool read_head(int head_fd, struct aa_audit_tail *ret, bool *ret_have)
{
	char text[HEAD_SIZE + 1];
	size_t len = 0;
	ssize_t n;

	while ((n = pread(head_fd, text + len, HEAD_SIZE - len, (off_t)len)) > 0 || (n < 0 && errno == EINTR))
		len += n > 0 ? (size_t)n : 0;
	if (n < 0)
		return false;
	text[len] = '\0';
	*ret_have = len > 0 && parse_head(text, ret);
	return true;
}

int aa_audit_read_head(int dirfd, const char *name, uid_t owner, struct aa_audit_link *ret)
{
	struct aa_audit_tail end;
	char *text = NULL;
	size_t len;
	int r = aa_trusted_read(dirfd, name, owner, HEAD_SIZE, &text, &len);

	if (r == 0 && !parse_head(text, &end))
		r = -EBADMSG;
	if (r == 0)
		*ret = end.link;
	free(text);
	return r;
}

bool aa_audit_write_head(int head_fd, const struct aa_audit_tail *end)
{
	char text[HEAD_SIZE + 1];
	size_t done = 0;
	ssize_t n;

	(void)snprintf(text, sizeof(text), "%020" PRIu64 " %s %020" PRIu64 " %020" PRIu64 " %020" PRId64 "\n",
		       end->link.seq, end->link.hash, end->size, end->inode, end->time_us);
	while (done < HEAD_SIZE && ((n = pwrite(head_fd, text + done, HEAD_SIZE - done, (off_t)done)) > 0 ||
				    (n < 0 && errno == EINTR)))
		done += n > 0 ? (size_t)n : 0;
	/* Half of a head would be believed: the number of one line with the hash of another. */
	if (done > 0 && done < HEAD_SIZE)
		(void)!ftruncate(head_fd, 0);
	return done == HEAD_SIZE;
}

/* ---- the log's own end ---------------------------------------------------- */

/* Gives the seq of a line of the chain; 0: the line is torn, or stands outside of the chain. */
static uint64_t seq_of_line(const char *line, size_t len)
{
	json_t *json = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL),
	       *seq = json_object_get(json, "seq");
	uint64_t n = 0;

	if (json_is_integer(seq) && json_integer_value(seq) > 0 &&
	    !json_is_true(json_object_get(json, "unchained")))
		n = (uint64_t)json_integer_value(seq);
	json_decref(json);
	return n;
}

/* Finds the beginning of the line that ends before `end`. */
static size_t line_start(const char *buf, size_t end)
{
	while (end > 0 && buf[end - 1] != '\n')
		end--;
	return end;
}

/* Gives the hash of the last line of buf[0..end), and the seq of the last line that has one; 0 where none has. */
static bool link_of_lines(const char *buf, size_t end, struct aa_audit_link *ret)
{
	size_t start = line_start(buf, end);
	uint64_t seq;

	if (aa_sha256_hex(ret->hash, buf + start, end - start) < 0)
		return false;
	while ((seq = seq_of_line(buf + start, end - start)) == 0 && start > 0) {
		end = start - 1;
		start = line_start(buf, end);
	}
	ret->seq = seq;
	return true;
}

/* Reads the end of a log that is not empty, and closes a torn line with a line feed, so that the line stays what it is and
 * nothing is lost. */
static bool end_of_log(int fd, struct aa_audit_tail *ret)
{
	size_t want = ret->size < TAIL_BYTES ? (size_t)ret->size : TAIL_BYTES, end = want;
	char *buf = malloc(want + 1);
	bool ok = false;

	if (!buf || pread(fd, buf, want, (off_t)(ret->size - want)) != (ssize_t)want)
		goto out;
	if (buf[end - 1] == '\n') {
		end--;
	} else if (write(fd, "\n", 1) == 1) {
		ret->size++;
		ret->loss = AA_AUDIT_LINE_CUT;
	} else {
		goto out;
	}
	ok = link_of_lines(buf, end, &ret->link);
out:
	free(buf);
	return ok;
}

/* Goes on from the log's last line, where that is behind the head's, as after a writer that was killed before it wrote the head.
 * Where lines are missing that the head knows of, the head's link holds. */
static bool hold_against(const struct aa_audit_tail *head, bool have_head, int fd, struct aa_audit_tail *ret)
{
	if (!end_of_log(fd, ret))
		return false;
	if (!have_head) {
		ret->loss = AA_AUDIT_HEAD_GONE;
	} else if (ret->link.seq == 0) { /* lines that went round the lock alone */
		ret->link.seq = head->link.seq;
	} else if (ret->link.seq < head->link.seq) {
		ret->lost = head->link.seq - ret->link.seq;
		ret->link = head->link;
		ret->loss = AA_AUDIT_LOG_CUT;
	}
	return true;
}

/* ---- a new log ------------------------------------------------------------- */

/* Says whether the file was turned away from the log after the head was written: it is the one that the head is about, or is
 * packed and as new as that. */
static bool is_turned(const char *log, const struct dirent *entry, const struct stat *st,
		      const struct aa_audit_tail *head)
{
	size_t len = strlen(log);

	return strncmp(entry->d_name, log, len) == 0 &&
	       (entry->d_name[len] == '.' || entry->d_name[len] == '-') && S_ISREG(st->st_mode) &&
	       (st->st_ino == head->inode || st->st_mtime + MTIME_SLACK >= head->time_us / 1000000);
}

/* Gives the name of the file that was turned away, of which the head is; "": none. False: the folder cannot be read. */
static bool find_turned(int dirfd, const char *log, const struct aa_audit_tail *head, char ret[NAME_MAX + 1],
			struct stat *ret_st)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	struct stat st;

	if (!dir && fd >= 0)
		close(fd);
	if (!dir)
		return false;
	ret[0] = '\0';
	while ((entry = readdir(dir))) {
		if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !is_turned(log, entry, &st, head))
			continue;
		memcpy(ret, entry->d_name, strlen(entry->d_name) + 1);
		*ret_st = st;
		if (st.st_ino == head->inode)
			break;
	}
	(void)closedir(dir);
	return true;
}

/* The writer before may have been killed before it wrote the head, and the log turned since: the file then has more lines than
 * the head knows of, and a number must not be given twice. */
static void look_into_turned(int dirfd, const char *name, const struct stat *st, uid_t owner,
			     const struct aa_audit_tail *head, struct aa_audit_tail *ret)
{
	struct aa_audit_tail end = {.size = (uint64_t)st->st_size};
	int fd;

	if (st->st_ino != head->inode || end.size == head->size || end.size == 0)
		return;
	fd = aa_trusted_open_own(dirfd, name, O_RDWR | O_APPEND, 022, owner);
	if (fd >= 0 && hold_against(head, true, fd, &end)) {
		ret->link = end.link;
		ret->loss = end.loss;
		ret->lost = end.lost;
	}
	if (fd >= 0)
		close(fd);
}

/* A new log goes on from the head. */
static void begin_anew(int dirfd, const char *log, uid_t owner, const struct aa_audit_tail *head,
		       bool have_head, struct aa_audit_tail *ret)
{
	char name[NAME_MAX + 1];
	struct stat st = {.st_size = 0};

	ret->link = head->link;
	if ((have_head && !head->inode) || !find_turned(dirfd, log, head, name, &st))
		return; /* nothing tells what became of the log */
	if (have_head && name[0])
		look_into_turned(dirfd, name, &st, owner, head, ret);
	else if (have_head)
		ret->loss = AA_AUDIT_LOG_GONE;
	else if (name[0])
		ret->loss = AA_AUDIT_HEAD_GONE;
}

int aa_audit_find_end(int dirfd, const char *name, int head_fd, int log_fd, uid_t owner, bool again,
		      struct aa_audit_tail *ret)
{
	struct aa_audit_tail head = {.link.hash =
					 "0000000000000000000000000000000000000000000000000000000000000000"};
	struct aa_audit_tail end = {.inode = 0};
	struct stat st;
	bool have;

	if (fstat(log_fd, &st) < 0 || !read_head(head_fd, &head, &have))
		return -errno;
	end.size = (uint64_t)st.st_size;
	end.inode = st.st_ino;
	end.time_us = head.time_us;
	if (!again && (st.st_nlink == 0 || (head.inode && head.inode != end.inode)))
		return -ESTALE;
	if (end.size == 0)
		begin_anew(dirfd, name, owner, &head, have, &end);
	else if (have && head.size == end.size && (!head.inode || head.inode == end.inode))
		end.link = head.link;
	else if (!hold_against(&head, have, log_fd, &end))
		return -EIO;
	*ret = end;
	return 0;
}
