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
#include "common/state/replay_gone.h"

#define SLACK 60	       /* seconds that a mark stays beyond its time */
#define UNSET_KEEP (7 * 86400) /* of a mark whose writer died before it set the time */

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

static int open_shard(int store, const char *hash)
{
	const char name[3] = {hash[0], hash[1], '\0'};
	int fd = openat(store, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT && (mkdirat(store, name, 0700) == 0 || errno == EEXIST))
		fd = openat(store, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Gives the span of times that this mark may stand for, and says whether all of it has passed. */
static bool is_over(const struct stat *st, int64_t now, int64_t *ret_from, int64_t *ret_to)
{
	bool is_set = st->st_mtime > st->st_ctime;

	*ret_from = is_set ? st->st_mtime : st->st_ctime;
	*ret_to = is_set ? st->st_mtime : st->st_ctime + UNSET_KEEP;
	return aa_replay_gone_until(*ret_from, *ret_to) + SLACK < now;
}

/* Writes down what is forgotten before forgetting it: a clock that was ahead may have made the mark seem over. */
static bool forget(int store, int shard, const char *name, int64_t now)
{
	struct stat st;
	int64_t from, to;

	return fstatat(shard, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && is_over(&st, now, &from, &to) &&
	       aa_replay_gone_add(store, from, to) == 0 && unlinkat(shard, name, 0) == 0;
}

/* Removes a shard's marks that are over. */
static long purge_shard(int store, int shard, int64_t now)
{
	int copy = openat(shard, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;
	long removed = 0;

	if (!dir) {
		if (copy >= 0)
			close(copy);
		return -EIO;
	}
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' && forget(store, shard, entry->d_name, now))
			removed++;
	closedir(dir);
	return removed;
}

static enum aa_reason put_mark(int shard, const char *hash, int64_t keep_until)
{
	const struct timespec times[2] = {{keep_until, 0}, {keep_until, 0}};
	int fd = openat(shard, hash, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool ok;

	if (fd < 0)
		return errno == EEXIST ? AA_REPLAYED : AA_REPLAY_UNAVAILABLE;
	ok = futimens(fd, times) == 0;
	close(fd);
	return ok ? AA_OK : AA_REPLAY_UNAVAILABLE;
}

enum aa_reason aa_replay_mark(const char *rundir, const char *space, const char *jti, int64_t iat,
			      int64_t keep_until, int64_t now)
{
	enum aa_reason reason = AA_REPLAY_UNAVAILABLE;
	int store = open_store(rundir), shard = -1;
	char hash[65];

	if (store == -ENOENT && aa_replay_init(rundir) == 0)
		store = open_store(rundir);
	if (store < 0 || aa_sha256_pair(hash, space, jti) < 0 || !can_tell(store, true, iat, keep_until))
		goto out;
	shard = open_shard(store, hash);
	if (shard < 0)
		goto out;
	reason = put_mark(shard, hash, keep_until);
	if (hash[2] == '0') /* one login in sixteen tidies its shard up */
		(void)purge_shard(store, shard, now);
out:
	if (shard >= 0)
		close(shard);
	if (store >= 0)
		close(store);
	return reason;
}

enum aa_reason aa_replay_check(const char *rundir, const char *space, const char *jti, int64_t iat,
			       int64_t keep_until)
{
	enum aa_reason reason = AA_REPLAY_UNAVAILABLE;
	int store = open_store(rundir);
	int64_t began = 0;
	char hash[65], name[sizeof(hash) + 3];
	struct stat st;

	if (store == -ENOENT) /* the first mark makes it, as old as this boot */
		return aa_boot_time(&began) == 0 && iat >= began ? AA_OK : AA_REPLAY_UNAVAILABLE;
	if (store < 0)
		return AA_REPLAY_UNAVAILABLE;
	if (aa_sha256_pair(hash, space, jti) == 0 && can_tell(store, false, iat, keep_until)) {
		(void)snprintf(name, sizeof(name), "%.2s/%s", hash, hash);
		if (fstatat(store, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			reason = AA_REPLAYED;
		else if (errno == ENOENT)
			reason = AA_OK;
	}
	close(store);
	return reason;
}

long aa_replay_purge(const char *rundir, int64_t now)
{
	int store = open_store(rundir), shard;
	long total = 0, n;
	char name[3];

	if (store < 0)
		return store;
	for (unsigned i = 0; i < 256; i++) {
		(void)snprintf(name, sizeof(name), "%02x", i);
		shard = openat(store, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (shard < 0)
			continue;
		n = purge_shard(store, shard, now);
		total += n > 0 ? n : 0;
		close(shard);
	}
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
