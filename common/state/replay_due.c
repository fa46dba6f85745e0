/* SPDX-License-Identifier: Apache-2.0 */
/* replay_due.c: which marks end when, see replay_due.h. */
#include "config.h"

#include "common/state/replay_due.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/jose/sha256.h"
#include "common/state/replay_gone.h"
#include "common/text/number.h"

#define HASH 32
#define AT_ONCE 64 /* lines */
#define LOOKED ".looked"

static int open_due(int store)
{
	int fd = openat(store, "due", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int open_or_make(int store, const char *path, int flags)
{
	int fd = openat(store, path, flags | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0 && errno == ENOENT && (mkdirat(store, "due", 0700) == 0 || errno == EEXIST))
		fd = openat(store, path, flags | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

static void path_of(int64_t number, char ret[32])
{
	(void)snprintf(ret, 32, "due/%" PRId64, number);
}

static unsigned digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void put_line(const char *hash, unsigned char ret[HASH])
{
	for (size_t i = 0; i < HASH; i++)
		ret[i] = (unsigned char)(digit(hash[2 * i]) << 4 | digit(hash[2 * i + 1]));
}

int aa_replay_due_add(int store, const char *hash, int64_t keep_until)
{
	unsigned char line[HASH];
	char path[32];
	int fd, err = 0;
	ssize_t n;

	path_of(aa_replay_gone_span(keep_until), path);
	fd = open_or_make(store, path, O_WRONLY | O_APPEND);
	if (fd < 0)
		return fd;
	put_line(hash, line);
	n = write(fd, line, sizeof(line));
	if (n != (ssize_t)sizeof(line))
		err = n < 0 ? -errno : -ENOSPC;
	close(fd);
	return err;
}

/* ---- the oldest ------------------------------------------------------------------ */

/* Gives the oldest span whose marks are all over, or -1. */
static int64_t oldest_over(int store, int64_t now)
{
	int due = open_due(store);
	DIR *dir = due < 0 ? NULL : fdopendir(due);
	int64_t number, oldest = -1;
	struct dirent *entry;

	if (!dir) {
		if (due >= 0)
			close(due);
		return -1;
	}
	while ((entry = readdir(dir)))
		if (aa_number_parse(entry->d_name, 0, INT64_MAX >> 8, &number) &&
		    (oldest < 0 || number < oldest) &&
		    aa_replay_gone_span_end(number) + AA_REPLAY_SLACK < now)
			oldest = number;
	closedir(dir);
	return oldest;
}

static bool forget_line(int store, const unsigned char *line, int64_t number, aa_replay_forget_fn *forget)
{
	char path[3 + 2 * HASH + 1];

	aa_hex(path + 3, line, HASH);
	memcpy(path, path + 3, 2);
	path[2] = '/';
	return forget(store, path, number);
}

/* Takes up to `most` lines from the file's end. Where two processes do so at once they take the same ones, or one makes
 * the file as long again as it was, with lines of zeros, which name no mark. *ret_left: lines that are left. */
static long take_lines(int store, int fd, int64_t number, unsigned most, aa_replay_forget_fn *forget,
		       off_t *ret_left)
{
	unsigned char lines[AT_ONCE][HASH];
	struct stat st;
	long removed = 0;
	off_t n, first;

	if (fstat(fd, &st) < 0)
		return -errno;
	n = st.st_size / HASH < (off_t)most ? st.st_size / HASH : (off_t)most;
	n = n < AT_ONCE ? n : AT_ONCE;
	first = st.st_size / HASH - n;
	if (pread(fd, lines, (size_t)n * HASH, first * HASH) != (ssize_t)n * HASH)
		return -EIO;
	for (off_t i = 0; i < n; i++)
		removed += forget_line(store, lines[i], number, forget);
	if (ftruncate(fd, first * HASH) < 0)
		return -errno;
	*ret_left = first;
	return removed;
}

/* Writes the span down before a mark of it goes; where that fails none goes. */
static long take(int store, int64_t number, unsigned most, aa_replay_forget_fn *forget)
{
	int64_t first = aa_replay_gone_span_first(number);
	long removed = aa_replay_gone_add(store, first, first);
	off_t left = 1;
	char path[32];
	int fd;

	if (removed < 0)
		return removed;
	path_of(number, path);
	fd = openat(store, path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	removed = take_lines(store, fd, number, most, forget, &left);
	if (removed >= 0 && left == 0)
		(void)unlinkat(store, path, 0);
	close(fd);
	return removed;
}

long aa_replay_due_tidy(int store, int64_t now, unsigned most, aa_replay_forget_fn *forget)
{
	int64_t number = oldest_over(store, now);
	long removed = 0, total = 0;

	while (number >= 0 && most > 0 && removed >= 0) {
		removed = take(store, number, most, forget);
		total += removed > 0 ? removed : 0;
		most -= most < AT_ONCE ? most : AT_ONCE;
		number = most > 0 ? oldest_over(store, now) : -1;
	}
	return total;
}

uint64_t aa_replay_due_count(int store)
{
	int due = open_due(store);
	DIR *dir = due < 0 ? NULL : fdopendir(due);
	struct dirent *entry;
	uint64_t n = 0;
	struct stat st;

	if (!dir) {
		if (due >= 0)
			close(due);
		return 0;
	}
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' && fstatat(due, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			n += (uint64_t)st.st_size / HASH;
	closedir(dir);
	return n;
}

/* ---- marks without a line ---------------------------------------------------------- */

unsigned aa_replay_due_looked(int store)
{
	struct stat st;

	return fstatat(store, "due/" LOOKED, &st, AT_SYMLINK_NOFOLLOW) < 0 ? 0 : (unsigned)st.st_mtime & 0xff;
}

void aa_replay_due_set_looked(int store, unsigned shard)
{
	const struct timespec times[2] = {{shard, 0}, {shard, 0}};
	int fd = open_or_make(store, "due/" LOOKED, O_WRONLY);

	if (fd < 0)
		return;
	(void)futimens(fd, times);
	close(fd);
}
