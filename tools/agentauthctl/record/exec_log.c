/* SPDX-License-Identifier: Apache-2.0 */
/* exec_log.c: the log of programs, see exec_log.h. */
#include "config.h"

#include "tools/agentauthctl/record/exec_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "common/jose/sha256.h"
#include "common/state/audit_text.h"

static int open_file(struct exec_log *log)
{
	struct stat st;

	if (log->fd >= 0)
		close(log->fd);
	log->fd = aa_trusted_open_own(log->dir, AA_EXEC_LOG, O_RDWR | O_APPEND | O_CREAT, 022, log->owner);
	if (log->fd < 0)
		return log->fd;
	if (fstat(log->fd, &st) < 0)
		return -errno;
	log->end.size = (uint64_t)st.st_size;
	log->end.inode = st.st_ino;
	return 0;
}

int exec_log_open(struct exec_log *log, const char *logdir, uid_t owner)
{
	int err;

	*log = (struct exec_log){.dir = -1, .fd = -1, .head_fd = -1, .owner = owner};
	log->lines = malloc(EXEC_LOG_BATCH);
	if (!log->lines)
		return -ENOMEM;
	err = aa_trusted_open_folder(AT_FDCWD, logdir, O_NOFOLLOW, owner, &log->dir);
	if (err < 0)
		return err;
	log->head_fd = aa_trusted_open_own(log->dir, AA_EXEC_HEAD, O_RDWR | O_CREAT, 022, owner);
	if (log->head_fd < 0)
		return log->head_fd;
	err = open_file(log);
	return err < 0
		   ? err
		   : aa_audit_find_end(log->dir, AA_EXEC_LOG, log->head_fd, log->fd, owner, true, &log->end);
}

void exec_log_close(struct exec_log *log)
{
	const int fds[] = {log->fd, log->head_fd, log->dir};

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	free(log->lines);
	*log = (struct exec_log){.dir = -1, .fd = -1, .head_fd = -1};
}

void exec_log_add(struct exec_log *log, json_t *record, int64_t time_us, const char *host)
{
	struct aa_audit_text text;
	char hash[65];

	if (!aa_audit_text_make(&text, host, record)) {
		json_decref(record);
		log->lost++;
		return;
	}
	json_decref(record);
	if (EXEC_LOG_BATCH - log->len < AA_AUDIT_LINE_MAX)
		(void)exec_log_write(log);
	aa_audit_text_chain(&text, time_us, log->end.link.seq + 1, log->end.link.hash);
	if (aa_sha256_hex(hash, text.line, text.len - 1) == 0) {
		memcpy(log->end.link.hash, hash, sizeof(hash));
		log->end.link.seq++;
		log->end.time_us = time_us;
		memcpy(log->lines + log->len, text.line, text.len);
		log->len += text.len;
		log->waiting++;
	} else {
		log->lost++;
	}
	aa_audit_text_free(&text);
}

static bool turned_away(const struct exec_log *log)
{
	struct stat ours, named;

	return log->fd < 0 || fstatat(log->dir, AA_EXEC_LOG, &named, AT_SYMLINK_NOFOLLOW) < 0 ||
	       fstat(log->fd, &ours) < 0 || ours.st_ino != named.st_ino || ours.st_dev != named.st_dev;
}

/* A part of a line that a full disk has left is taken back. */
static bool put_lines(struct exec_log *log)
{
	ssize_t n = write(log->fd, log->lines, log->len);

	if (n == (ssize_t)log->len)
		return true;
	if (n > 0 && ftruncate(log->fd, (off_t)log->end.size) < 0)
		(void)open_file(log);
	return false;
}

bool exec_log_write(struct exec_log *log)
{
	bool ok = !turned_away(log) || open_file(log) == 0;

	if (log->len == 0)
		return ok;
	ok = ok && put_lines(log);
	if (ok) {
		log->end.size += log->len;
		(void)aa_audit_write_head(log->head_fd, &log->end);
	} else {
		/* The numbers of these lines are not given again, so that the lines are missed. */
		log->lost += log->waiting;
	}
	log->len = 0;
	log->waiting = 0;
	return ok;
}
