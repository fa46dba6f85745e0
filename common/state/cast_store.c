/* SPDX-License-Identifier: Apache-2.0 */
/* cast_store.c: where recordings of terminals are, see cast_store.h. */
#include "config.h"

#include "common/state/cast_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "common/jose/sha256.h"
#include "common/state/audit_record.h"
#include "common/text/name.h"
#include "common/text/number.h"

#define DAY 86400
#define TIDY_SECONDS 3600 /* between two looks at the age of all recordings */
#define YOUNG_SECONDS 60  /* a writer has written the first line by then */

/* ---- folders ---------------------------------------------------------------------------------- */

/* Opens a folder in ours, made with mode 0700 whatever the caller's umask is. */
static int open_folder(int parent, const char *name, uid_t owner, int *ret)
{
	bool made = mkdirat(parent, name, 0700) == 0;
	int r =
	    !made && errno != EEXIST ? -errno : aa_trusted_open_folder(parent, name, O_NOFOLLOW, owner, ret);

	if (r == 0 && made)
		(void)fchmod(*ret, 0700);
	return r;
}

/* Opens LOGDIR/recordings, and the agent's folder in it. */
static int open_agent(const char *logdir, uid_t owner, const char *agent, int *ret)
{
	int log, all, r;

	if (!agent || !aa_agent_name_is_valid(agent))
		return -EINVAL;
	r = aa_trusted_open_folder(AT_FDCWD, logdir, O_NOFOLLOW, owner, &log);
	if (r < 0)
		return r;
	r = open_folder(log, AA_CAST_DIR, owner, &all);
	close(log);
	if (r < 0)
		return r;
	r = open_folder(all, agent, owner, ret);
	close(all);
	return r;
}

/* Gives the next name that ends in .cast; NULL: there is no more. */
static const char *next_cast(DIR *dir)
{
	struct dirent *entry;
	size_t len;

	while ((entry = readdir(dir))) {
		len = strlen(entry->d_name);
		if (entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".cast") == 0)
			return entry->d_name;
	}
	return NULL;
}

static DIR *list_folder(int parent, const char *name, uid_t owner)
{
	int fd;

	if (aa_trusted_open_folder(parent, name, O_NOFOLLOW, owner, &fd) < 0)
		return NULL;
	return fdopendir(fd);
}

/* ---- how much an agent has --------------------------------------------------------------------- */

/* Adds to the bytes of the agent's sealed recordings, and gives their sum. Without the file they count anew. */
static int64_t add_bytes(int agent, uid_t owner, int64_t more)
{
	int fd = aa_trusted_open_own(agent, "bytes", O_RDWR | O_CREAT, 0, owner);
	char text[32] = "";
	int64_t sum = 0;

	if (fd < 0)
		return 0;
	if (flock(fd, LOCK_EX) == 0 && pread(fd, text, sizeof(text) - 1, 0) > 0) {
		text[strcspn(text, "\n")] = '\0';
		(void)aa_number_parse(text, 0, INT64_MAX / 2, &sum);
	}
	sum = sum + more > 0 ? sum + more : 0;
	if (more != 0) {
		int len = snprintf(text, sizeof(text), "%lld\n", (long long)sum);

		if (pwrite(fd, text, (size_t)len, 0) != len || ftruncate(fd, len) < 0)
			(void)unlinkat(agent, "bytes", 0);
	}
	close(fd);
	return sum;
}

/* An open recording counts as much as it may become. */
static int check_room(int agent, uid_t owner)
{
	DIR *open = list_folder(agent, "open", owner);
	uint64_t bytes = (uint64_t)add_bytes(agent, owner, 0);

	while (open && next_cast(open))
		bytes += AA_CAST_MAX;
	if (open)
		closedir(open);
	return bytes + AA_CAST_MAX > AA_CAST_AGENT_MAX ? -EDQUOT : 0;
}

int aa_cast_store_open(const char *logdir, uid_t owner, const char *agent, int *ret_dirfd)
{
	int dirfd, r = open_agent(logdir, owner, agent, &dirfd);

	if (r < 0)
		return r;
	r = check_room(dirfd, owner);
	if (r == 0)
		r = open_folder(dirfd, "open", owner, ret_dirfd);
	close(dirfd);
	return r;
}

/* ---- sealing ------------------------------------------------------------------------------------ */

/* Reads the first line of a recording: an object with `agentauth` in it, or NULL. */
static json_t *read_head(int fd)
{
	char *text = malloc(AA_CAST_HEAD_MAX + 1), *end = NULL;
	ssize_t n = text ? pread(fd, text, AA_CAST_HEAD_MAX, 0) : -1;
	json_t *head = NULL;

	if (n > 0)
		end = memchr(text, '\n', (size_t)n);
	if (end)
		head = json_loadb(text, (size_t)(end - text), JSON_REJECT_DUPLICATES, NULL);
	free(text);
	if (json_is_object(json_object_get(head, "agentauth")))
		return head;
	json_decref(head);
	return NULL;
}

/* Hashes what the file holds now. Only root writes to it, and nothing is cut short under the mapping. */
static int hash_file(int fd, size_t size, char ret[AA_SHA256_HEX_SIZE])
{
	void *bytes = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	int r;

	if (bytes == MAP_FAILED)
		return -errno;
	r = aa_sha256_hex(ret, bytes, size);
	(void)munmap(bytes, size);
	return r;
}

static json_t *make_record(int fd, const char *file, size_t size, const char *step)
{
	char sha256[AA_SHA256_HEX_SIZE], name[AA_CAST_NAME_SIZE];
	json_t *head, *record;

	if (size == 0 || hash_file(fd, size, sha256) < 0)
		return NULL;
	head = read_head(fd);
	if (!head)
		return NULL;
	(void)snprintf(name, sizeof(name), "%.*s", (int)(strlen(file) - 5), file);
	record = aa_audit_recording(json_object_get(head, "agentauth"), step, name, "ok", AA_OK);
	aa_audit_set(record, "sha256", sha256);
	aa_audit_put(record, "bytes", json_integer((json_int_t)size));
	json_decref(head);
	return record;
}

/* The line comes before the name, so that whoever is killed between them leaves a recording that the next sweep finds. */
static int seal_open(int agent, uid_t owner, int fd, const char *file, const char *step, aa_cast_log_fn *log,
		     void *data)
{
	char from[AA_CAST_NAME_SIZE + 16];
	struct stat st;
	json_t *record;

	if (fstat(fd, &st) < 0)
		return -errno;
	record = make_record(fd, file, (size_t)st.st_size, step);
	if (!record)
		return -EBADMSG;
	if (log(data, record) != AA_OK)
		return -EAGAIN;
	(void)fchmod(fd, 0400);
	(void)snprintf(from, sizeof(from), "open/%s", file);
	if (renameat(agent, from, agent, file) < 0)
		return -errno;
	(void)add_bytes(agent, owner, st.st_size);
	return 0;
}

static int seal(int agent, uid_t owner, const char *file, const char *step, aa_cast_log_fn *log, void *data)
{
	char path[AA_CAST_NAME_SIZE + 16];
	struct stat st;
	size_t size;
	int fd, r;

	if (strlen(file) >= AA_CAST_NAME_SIZE)
		return -ENAMETOOLONG;
	(void)snprintf(path, sizeof(path), "open/%s", file);
	r = aa_trusted_open(agent, path, owner, &fd, &size);
	if (r < 0)
		return r;
	/* Another sealer would hold the lock, or have given the file its other name by now. */
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		r = -EBUSY;
	else if (fstatat(agent, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		r = -errno;
	else
		r = seal_open(agent, owner, fd, file, step, log, data);
	close(fd);
	return r;
}

int aa_cast_seal(const char *logdir, uid_t owner, const char *agent, const char *file, const char *step,
		 aa_cast_log_fn *log, void *data)
{
	int dirfd, r = open_agent(logdir, owner, agent, &dirfd);

	if (r < 0)
		return r;
	r = seal(dirfd, owner, file, step, log, data);
	close(dirfd);
	return r;
}

/* ---- the sweep ------------------------------------------------------------------------------------ */

struct sweep {
	uid_t owner;
	int64_t now;
	aa_cast_log_fn *log;
	void *data;
	bool tidy;
	unsigned removed;
};

/* A file without a first line, left by a writer that was killed at once, is removed. */
static void seal_left(const struct sweep *s, int agent)
{
	DIR *open = list_folder(agent, "open", s->owner);
	const char *file;
	struct stat st;

	while (open && (file = next_cast(open))) {
		int r = seal(agent, s->owner, file, "unfinished", s->log, s->data);

		if (r == -EBADMSG && fstatat(dirfd(open), file, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    st.st_mtime < s->now - YOUNG_SECONDS)
			(void)unlinkat(dirfd(open), file, 0);
	}
	if (open)
		closedir(open);
}

/* Removes what is too old, and counts what stays, so that a count that went wrong does not stay wrong. */
static void tidy_agent(struct sweep *s, int agent)
{
	DIR *dir = list_folder(agent, ".", s->owner);
	const char *file;
	struct stat st;
	int64_t bytes = 0;

	while (dir && (file = next_cast(dir))) {
		if (fstatat(agent, file, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (st.st_mtime >= s->now - (int64_t)AA_CAST_DAYS * DAY)
			bytes += st.st_size;
		else
			s->removed += unlinkat(agent, file, 0) == 0;
	}
	if (dir)
		closedir(dir);
	(void)add_bytes(agent, s->owner, bytes - add_bytes(agent, s->owner, 0));
}

/* Says whether an hour has passed since the last look, which this is from now on. */
static bool is_due(int all, uid_t owner, int64_t now)
{
	int fd = aa_trusted_open_own(all, "tidied", O_RDWR | O_CREAT, 0, owner);
	const struct timespec times[2] = {{now, 0}, {now, 0}};
	struct stat st;
	bool due;

	if (fd < 0)
		return true;
	due = fstat(fd, &st) < 0 || st.st_mtime > now || st.st_mtime <= now - TIDY_SECONDS;
	if (due)
		(void)futimens(fd, times);
	close(fd);
	return due;
}

unsigned aa_cast_sweep(const char *logdir, uid_t owner, int64_t now, aa_cast_log_fn *log, void *data)
{
	struct sweep s = {.owner = owner, .now = now, .log = log, .data = data};
	char path[4096];
	DIR *all = NULL;
	struct dirent *entry;
	int agent;

	if (aa_path_join(path, sizeof(path), logdir, AA_CAST_DIR) == 0)
		all = list_folder(AT_FDCWD, path, owner);
	if (!all)
		return 0;
	s.tidy = is_due(dirfd(all), owner, now);
	while ((entry = readdir(all))) {
		if (!aa_agent_name_is_valid(entry->d_name) ||
		    aa_trusted_open_folder(dirfd(all), entry->d_name, O_NOFOLLOW, owner, &agent) < 0)
			continue;
		seal_left(&s, agent);
		if (s.tidy)
			tidy_agent(&s, agent);
		close(agent);
	}
	closedir(all);
	return s.removed;
}
