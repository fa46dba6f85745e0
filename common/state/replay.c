/* SPDX-License-Identifier: Apache-2.0 */
/* replay.c: marks of used credentials. */
#include "config.h"

#include "common/state/replay.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/folder.h"
#include "common/jose/sha256.h"
#include "common/state/process.h"
#include "common/state/replay_due.h"
#include "common/state/replay_gone.h"
#include "common/state/replay_room.h"

#define UNSET_KEEP (7 * 86400) /* seconds, of a mark whose writer died before it set the time */
#define TIDY_MOST 8	       /* marks, of one login in four */
#define PURGE_MOST 131072      /* marks that due/ names, and */
#define PATH_SIZE (3 + AA_SHA256_HEX_SIZE)
#define LOOK_MOST 4096 /* marks that are looked at since they may have no line there */

static int open_store(const char *rundir)
{
	return aa_folder_open(rundir, "replay");
}

/* Makes NAME with this mtime, whole at once, unless it is there. */
static int make_stamp(int store, const char *name, int64_t when)
{
	const struct timespec times[2] = {{when, 0}, {when, 0}};
	char temp[64];
	int fd, ret = 0;

	(void)snprintf(temp, sizeof(temp), ".%s.%ld", name, (long)getpid());
	fd = openat(store, temp, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (futimens(fd, times) < 0 || (linkat(store, temp, store, name, 0) < 0 && errno != EEXIST))
		ret = -errno;
	(void)unlinkat(store, temp, 0);
	close(fd);
	return ret;
}

static int read_stamp(int store, const char *name, int64_t *ret)
{
	struct stat st;

	if (fstatat(store, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	*ret = st.st_mtime;
	return 0;
}

/* Makes the first stamp. The directory may be older than that: tmpfiles.d makes it at boot. */
static int begin(int store)
{
	int64_t began;
	int err = aa_boot_time(&began);

	return err < 0 ? err : make_stamp(store, "since", began);
}

int aa_replay_init(const char *rundir)
{
	static const char *const name = "replay";
	int store, ret = aa_folder_make(rundir, &name, 1);

	if (ret < 0)
		return ret;
	store = open_store(rundir);
	if (store < 0)
		return store;
	ret = begin(store);
	close(store);
	return ret;
}

/* Reads since when the store knows every mark; `makes`: writes the stamp where there is none. */
static int read_since(int store, bool makes, int64_t *ret)
{
	int err = read_stamp(store, "since", ret);

	if (err == -ENOENT && !makes)
		return aa_boot_time(ret);
	if (err == -ENOENT && begin(store) == 0)
		err = read_stamp(store, "since", ret);
	return err;
}

/* Says whether the store can tell: it is as old as the credential, and no mark was forgotten that may have been this
 * one's. The boot time is reckoned again by today's clock, since the clock may have been wrong at the stamp's time. */
static bool can_tell(int store, bool makes, int64_t iat, int64_t keep_until)
{
	int64_t since = 0, began = 0;

	if (read_since(store, makes, &since) < 0 || iat < since || aa_boot_time(&began) < 0 || iat < began)
		return false;
	return aa_replay_gone_has(store, keep_until) == 0;
}

/* Gives the span of times that this mark may stand for, and says whether all of it has passed. */
static bool is_over(const struct stat *st, int64_t now, int64_t *ret_from, int64_t *ret_to)
{
	bool is_set = st->st_mtime > st->st_ctime;

	*ret_from = is_set ? st->st_mtime : st->st_ctime;
	*ret_to = is_set ? st->st_mtime : st->st_ctime + UNSET_KEEP;
	return aa_replay_gone_until(*ret_from, *ret_to) + AA_REPLAY_SLACK < now;
}

/* Writes down what is forgotten before forgetting it: a clock that was ahead may have made the mark seem over. */
static bool forget(int store, const char *path, int64_t now)
{
	struct stat st;
	int64_t from, to;

	return fstatat(store, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && is_over(&st, now, &from, &to) &&
	       aa_replay_gone_add(store, from, to) == 0 && unlinkat(store, path, 0) == 0;
}

/* The span is over and was written down before. */
static bool forget_due(int store, const char *path, int64_t number)
{
	struct stat st;

	return fstatat(store, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_mtime > st.st_ctime &&
	       aa_replay_gone_span(st.st_mtime) == number && unlinkat(store, path, 0) == 0;
}

/* Removes a shard's marks that are over. *seen grows by those that were looked at. */
static long purge_shard(int store, const char *shard, int64_t now, unsigned *seen)
{
	int fd = openat(store, shard, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	char path[4 + sizeof(entry->d_name)];
	long removed = 0;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.') {
			(void)snprintf(path, sizeof(path), "%s/%s", shard, entry->d_name);
			removed += forget(store, path, now);
			++*seen;
		}
	closedir(dir);
	return removed;
}

static enum aa_reason no_mark(int err)
{
	return err == -ENOSPC || err == -EDQUOT ? AA_REPLAY_FULL : AA_REPLAY_UNAVAILABLE;
}

static int make_mark(int store, const char *path)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	const char shard[3] = {path[0], path[1], '\0'};
	int fd = openat(store, path, flags, 0600);

	if (fd < 0 && errno == ENOENT && (mkdirat(store, shard, 0700) == 0 || errno == EEXIST))
		fd = openat(store, path, flags, 0600);
	return fd < 0 ? -errno : fd;
}

static enum aa_reason put_mark(int store, const char *path, int64_t keep_until)
{
	const struct timespec times[2] = {{keep_until, 0}, {keep_until, 0}};
	int fd = make_mark(store, path);
	bool ok;

	if (fd < 0)
		return fd == -EEXIST ? AA_REPLAYED : no_mark(fd);
	ok = futimens(fd, times) == 0;
	close(fd);
	return ok ? AA_OK : AA_REPLAY_UNAVAILABLE;
}

/* Says whether the mark is there: AA_OK where it is not. */
static enum aa_reason look(int store, const char *path)
{
	struct stat st;

	if (fstatat(store, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return AA_REPLAYED;
	if (errno != ENOENT)
		return AA_REPLAY_UNAVAILABLE;
	return aa_replay_room_is_full(store) ? AA_REPLAY_FULL : AA_OK;
}

/* Looks for the mark first: a credential that was used is called that where the store is full, too, and has no second
 * line in due/. The answer that decides is that of O_EXCL. */
static enum aa_reason mark_in(int store, const char *path, int64_t keep_until)
{
	enum aa_reason reason = look(store, path);
	int err;

	if (reason != AA_OK)
		return reason;
	err = aa_replay_due_add(store, path + 3, keep_until);
	return err < 0 ? no_mark(err) : put_mark(store, path, keep_until);
}

/* Writes the path of the credential's mark in the store, "XX/SHA256HEX". */
static bool path_of(const char *space, const char *jti, char ret[PATH_SIZE])
{
	if (aa_sha256_pair(ret + 3, space, jti) < 0)
		return false;
	memcpy(ret, ret + 3, 2);
	ret[2] = '/';
	return true;
}

enum aa_reason aa_replay_mark(const char *rundir, const char *space, const char *jti, int64_t iat,
			      int64_t keep_until, int64_t now)
{
	enum aa_reason reason = AA_REPLAY_UNAVAILABLE;
	int store = open_store(rundir);
	char path[PATH_SIZE];

	if (store == -ENOENT && aa_replay_init(rundir) == 0)
		store = open_store(rundir);
	if (store < 0)
		return reason;
	if (path_of(space, jti, path) && can_tell(store, true, iat, keep_until)) {
		reason = mark_in(store, path, keep_until);
		if (path[5] <
		    '4') /* the third digit: one login in four, so that two go for each that comes */
			(void)aa_replay_due_tidy(store, now, TIDY_MOST, forget_due);
	}
	close(store);
	return reason;
}

enum aa_reason aa_replay_check(const char *rundir, const char *space, const char *jti, int64_t iat,
			       int64_t keep_until)
{
	enum aa_reason reason = AA_REPLAY_UNAVAILABLE;
	int store = open_store(rundir);
	char path[PATH_SIZE];
	int64_t began = 0;

	if (store == -ENOENT) /* the first mark makes it, as old as this boot */
		return aa_boot_time(&began) == 0 && iat >= began ? AA_OK : AA_REPLAY_UNAVAILABLE;
	if (store < 0)
		return AA_REPLAY_UNAVAILABLE;
	if (path_of(space, jti, path) && can_tell(store, false, iat, keep_until))
		reason = look(store, path);
	close(store);
	return reason;
}

/* Goes through shards, where the last call ended, until many marks were looked at or all shards were gone through. */
static long purge_shards(int store, int64_t now)
{
	unsigned at = aa_replay_due_looked(store), seen = 0;
	long total = 0;
	char name[3];

	for (unsigned i = 0; i < 256 && seen < LOOK_MOST; i++, at = (at + 1) & 0xff) {
		(void)snprintf(name, sizeof(name), "%02x", at);
		total += purge_shard(store, name, now, &seen);
	}
	aa_replay_due_set_looked(store, at);
	return total;
}

long aa_replay_purge(const char *rundir, int64_t now)
{
	int store = open_store(rundir);
	long total;

	if (store < 0)
		return store;
	total = aa_replay_due_tidy(store, now, PURGE_MOST, forget_due) + purge_shards(store, now);
	aa_replay_gone_tidy(store, now);
	close(store);
	return total;
}

/* ---- a clock that was wrong ------------------------------------------------------- */

int aa_replay_look(const char *rundir, int64_t now, int64_t *ret_since, int64_t *ret_refused)
{
	int store = open_store(rundir), err;

	if (store < 0)
		return store;
	err = read_stamp(store, "since", ret_since);
	if (err == 0)
		*ret_refused = aa_replay_gone_after(store, now);
	close(store);
	return err;
}

int aa_replay_restart(const char *rundir, int64_t now)
{
	const struct timespec times[2] = {{now, 0}, {now, 0}};
	int store = open_store(rundir), err;

	if (store < 0)
		return store;
	err = utimensat(store, "since", times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
	close(store);
	return err;
}
