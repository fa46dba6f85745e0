/* SPDX-License-Identifier: Apache-2.0 */
/* log_files.c: finds, orders and opens the files of the audit log. */
#include "config.h"

#include "tools/agentauthctl/audit/log_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "common/file/trusted.h"
#include "common/state/audit_chain.h"
#include "common/text/sort.h"
#include "tools/agentauthctl/audit/log_index.h"
#include "tools/cli/alloc.h"

#define TRIES 3 /* logrotate may rename and pack between the look at the folder and the opening */
#define LINES_FOR_SEQ 64

const struct log_name log_decisions = {AA_AUDIT_LOG, AA_AUDIT_HEAD},
		      log_programs = {AA_EXEC_LOG, AA_EXEC_HEAD};

/* ---- names --------------------------------------------------------------- */

static const struct packing {
	const char *suffix, *program;
} packings[] = {{".gz", "gzip"}, {".xz", "xz"}, {".zst", "zstd"}, {".bz2", "bzip2"}, {NULL, NULL}};

static bool ends_with(const char *name, const char *suffix)
{
	size_t len = strlen(name), suffix_len = strlen(suffix);

	return len > suffix_len && strcmp(name + len - suffix_len, suffix) == 0;
}

static const struct packing *packing_of(const char *name)
{
	const struct packing *p = packings;

	while (p->suffix && !ends_with(name, p->suffix))
		p++;
	return p->suffix ? p : NULL;
}

static bool is_of_log(const char *name, const struct log_name *log)
{
	size_t len = strlen(log->file);

	return strncmp(name, log->file, len) == 0 &&
	       (name[len] == '\0' || ((name[len] == '.' || name[len] == '-') && name[len + 1]));
}

/* While a file is being packed, both stand there, and the packed one is not whole. */
static bool is_being_packed(int dirfd, const char *name)
{
	const struct packing *packing = packing_of(name);
	char *plain = packing ? xstrndup(name, strlen(name) - strlen(packing->suffix)) : NULL;
	bool being_packed = plain && faccessat(dirfd, plain, F_OK, AT_SYMLINK_NOFOLLOW) == 0;

	free(plain);
	return being_packed;
}

/* ---- opening ------------------------------------------------------------- */

/* Returns the number of a line; 0: it has none. The file's first one tells when it was begun, and whether anew. */
static uint64_t take_beginning(struct log_file *file, const struct log_line *line)
{
	json_t *json = json_loadb(line->text, line->len, 0, NULL);
	const char *prev = json_string_value(json_object_get(json, "prev")),
		   *time = json_string_value(json_object_get(json, "time"));
	uint64_t seq = 0;

	if (!json_is_true(json_object_get(json, "unchained")))
		seq = (uint64_t)json_integer_value(json_object_get(json, "seq"));
	if (!*file->first_time && time)
		(void)snprintf(file->first_time, sizeof(file->first_time), "%s", time);
	if (!file->first_seq && seq == 1 && prev && strspn(prev, "0") == strlen(prev))
		file->anew = true;
	json_decref(json);
	return seq;
}

/* Reads what tells a file's place among the others. A first line whose number the second does not follow was tampered with,
 * and the next two that fit decide. */
static void read_beginning(struct log_file *file)
{
	struct log_reader reader;
	struct log_line line;
	uint64_t before = 0;
	bool sure = false, ok = log_reader_begin(&reader, file);

	for (int i = 0; ok && !sure && i < LINES_FOR_SEQ && log_reader_next(&reader, &line); i++) {
		uint64_t seq = take_beginning(file, &line);

		sure = seq != 0 && seq == before + 1 && before != 0;
		if (sure || !file->first_seq)
			file->first_seq = sure ? before : seq;
		if (seq)
			before = seq;
	}
	(void)log_reader_end(&reader);
}

/* A packed file need not be unpacked for this. */
static bool beginning_by_index(const struct log_files *files, struct log_file *file)
{
	struct index_segment segment;

	if (!index_segment_open(files, file, 0, 0, &segment))
		return false;
	file->first_seq = segment.head->first_seq;
	file->anew = segment.head->anew;
	memcpy(file->first_time, segment.head->first_time, sizeof(file->first_time));
	file->first_time[sizeof(file->first_time) - 1] = '\0';
	index_segment_close(&segment);
	return true;
}

/* Returns 0 or a negative errno. */
static int open_one(struct log_files *files, const char *logdir, int dirfd, const char *name)
{
	const struct packing *packing = packing_of(name);
	struct log_file *file;
	struct stat st;
	size_t size;
	int fd, r = aa_trusted_open(dirfd, name, files->owner, &fd, &size);

	if (r < 0)
		return r;
	if (size == 0 || fstat(fd, &st) < 0) {
		close(fd);
		return 0;
	}
	grow(&files->v, &files->cap, files->n + 1, sizeof(*files->v));
	file = &files->v[files->n++];
	*file = (struct log_file){.path = xasprintf("%s/%s", logdir, name),
				  .fd = fd,
				  .size = size,
				  .mtime = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec,
				  .inode = st.st_ino,
				  .is_current = strcmp(name, files->log->file) == 0,
				  .unpacked_by = packing ? packing->program : NULL};
	if (!packing || !beginning_by_index(files, file))
		read_beginning(file);
	files->size += size;
	return 0;
}

static void report(struct problems *problems, const char *logdir, const char *name, int r)
{
	const char *why = r == -EPERM	  ? "others could have written it"
			  : r == -EBADMSG ? "it is no regular file"
					  : strerror(-r);

	problem_error(problems, NULL, "%s/%s cannot be read: %s", logdir, name, why);
}

/* False with -ENOENT in *ret_err: a file was renamed meanwhile. */
static bool open_all(struct log_files *files, const char *logdir, DIR *dir, struct problems *problems,
		     bool last_try)
{
	const struct dirent *entry;
	bool all = true;

	while ((entry = readdir(dir))) {
		int r;

		if (!is_of_log(entry->d_name, files->log) || is_being_packed(dirfd(dir), entry->d_name))
			continue;
		r = open_one(files, logdir, dirfd(dir), entry->d_name);
		if (r == -ENOENT && !last_try)
			return false;
		if (r < 0 && last_try)
			report(problems, logdir, entry->d_name, r);
		all = all && r == 0;
	}
	return all;
}

/* Where audit.head was removed with the log the numbers began anew, and files of both times have the same ones. */
static void count_eras(struct log_files *files)
{
	for (size_t i = 0; i < files->n; i++)
		for (size_t j = 0; j < files->n; j++)
			files->v[i].era +=
			    files->v[j].anew && strcmp(files->v[j].first_time, files->v[i].first_time) <= 0;
}

static int by_first_seq(const void *a, const void *b)
{
	const struct log_file *x = a, *y = b;

	if (x->era != y->era)
		return x->era < y->era ? -1 : 1;
	if (x->first_seq != y->first_seq && x->first_seq && y->first_seq)
		return x->first_seq < y->first_seq ? -1 : 1;
	return (x->mtime > y->mtime) - (x->mtime < y->mtime);
}

/* Opens the folder of the log, and with `by_index` that of the index. */
static DIR *open_folders(struct log_files *files, const char *logdir, bool by_index, int *ret_err)
{
	int fd, index;
	DIR *dir;

	*ret_err = aa_trusted_open_folder(AT_FDCWD, logdir, O_NOFOLLOW, files->owner, &fd);
	if (*ret_err < 0)
		return NULL;
	if (by_index && aa_trusted_open_folder(fd, INDEX_FOLDER, O_NOFOLLOW, files->owner, &index) == 0)
		files->index_fd = index;
	dir = fdopendir(fd);
	if (!dir) {
		*ret_err = -ENOMEM;
		close(fd);
	}
	return dir;
}

bool log_files_open(const char *logdir, const struct log_name *log, uid_t owner, struct problems *problems,
		    bool by_index, struct log_files *ret)
{
	bool done = false;

	*ret = (struct log_files){.log = log, .owner = owner, .index_fd = -1};
	for (int try = 1; try <= TRIES && !done; try++) {
		int r;
		DIR *dir;

		log_files_close(ret);
		dir = open_folders(ret, logdir, by_index, &r);
		if (!dir && r == -ENOENT)
			return true;
		if (!dir) {
			report(problems, logdir, "", r);
			return false;
		}
		done = open_all(ret, logdir, dir, problems, try == TRIES);
		(void)closedir(dir);
	}
	count_eras(ret);
	aa_sort(ret->v, ret->n, sizeof(*ret->v), by_first_seq);
	return done;
}

void log_files_close(struct log_files *files)
{
	for (size_t i = 0; i < files->n; i++) {
		close(files->v[i].fd);
		free(files->v[i].path);
	}
	free(files->v);
	if (files->index_fd >= 0)
		close(files->index_fd);
	*files = (struct log_files){.log = files->log, .owner = files->owner, .index_fd = -1};
}
