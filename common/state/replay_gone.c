/* SPDX-License-Identifier: Apache-2.0 */
/* replay_gone.c: the times whose marks are gone, see replay_gone.h. */
#include "config.h"

#include "common/state/replay_gone.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/text/number.h"

#define FINE_BITS 8
#define COARSE_BITS 16
#define FILES_MANY 4096
#define FINE_KEPT (7 * 86400) /* seconds, however many there are */
#define TODAY (7 * 86400)     /* no credential ends later than that from now */

struct span {
	char kind;
	int64_t number;
};

static unsigned bits(char kind)
{
	return kind == 'f' ? FINE_BITS : COARSE_BITS;
}

/* A mark of one time has a fine span. A mark of an unknown time has all coarse spans that it may fall into. */
static char kind_of(int64_t from, int64_t to)
{
	return from == to ? 'f' : 'c';
}

int64_t aa_replay_gone_span(int64_t when)
{
	return when >> FINE_BITS;
}

int64_t aa_replay_gone_span_first(int64_t number)
{
	return number << FINE_BITS;
}

int64_t aa_replay_gone_span_end(int64_t number)
{
	return (number + 1) << FINE_BITS;
}

int64_t aa_replay_gone_until(int64_t from, int64_t to)
{
	unsigned shift = bits(kind_of(from, to));

	return ((to >> shift) + 1) << shift;
}

static void name_of(const struct span *span, char ret[32])
{
	(void)snprintf(ret, 32, "%c%" PRId64, span->kind, span->number);
}

static void path_of(const struct span *span, char ret[40])
{
	(void)snprintf(ret, 40, "gone/%c%" PRId64, span->kind, span->number);
}

static int open_gone(int store)
{
	int fd = openat(store, "gone", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int make(int store, const struct span *span)
{
	char path[40];
	int fd;

	path_of(span, path);
	fd = openat(store, path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 && errno == ENOENT && (mkdirat(store, "gone", 0700) == 0 || errno == EEXIST))
		fd = openat(store, path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int aa_replay_gone_add(int store, int64_t from, int64_t to)
{
	struct span span = {kind_of(from, to), 0};
	unsigned shift = bits(span.kind);
	int err = 0;

	for (span.number = from >> shift; span.number <= to >> shift && err == 0; span.number++)
		err = make(store, &span);
	return err;
}

static int has(int store, char kind, int64_t when)
{
	const struct span span = {kind, when >> bits(kind)};
	struct stat st;
	char path[40];

	path_of(&span, path);
	if (fstatat(store, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return errno == ENOENT ? 0 : -errno;
}

int aa_replay_gone_has(int store, int64_t when)
{
	int found = has(store, 'f', when);

	return found ? found : has(store, 'c', when);
}

/* ---- all of them ----------------------------------------------------------------- */

static bool read_name(const char *name, struct span *ret)
{
	ret->kind = name[0];
	return (name[0] == 'f' || name[0] == 'c') && aa_number_parse(name + 1, 0, INT64_MAX, &ret->number);
}

typedef void visit_fn(void *data, int store, int gone, const struct span *span);

static void each(int store, visit_fn *visit, void *data)
{
	int gone = open_gone(store);
	DIR *dir = gone < 0 ? NULL : fdopendir(gone);
	struct dirent *entry;
	struct span span;

	if (!dir) {
		if (gone >= 0)
			close(gone);
		return;
	}
	while ((entry = readdir(dir)))
		if (read_name(entry->d_name, &span))
			visit(data, store, gone, &span);
	closedir(dir);
}

struct ahead {
	int64_t now, last;
};

static void look_ahead(void *data, int store, int gone, const struct span *span)
{
	struct ahead *ahead = data;
	int64_t begin = span->number << bits(span->kind), end = (span->number + 1) << bits(span->kind);

	(void)store;
	(void)gone;
	if (end > ahead->now && begin < ahead->now + TODAY && end > ahead->last)
		ahead->last = end;
}

int64_t aa_replay_gone_after(int store, int64_t now)
{
	struct ahead ahead = {now, 0};

	each(store, look_ahead, &ahead);
	return ahead.last;
}

static void count(void *data, int store, int gone, const struct span *span)
{
	size_t *n = data;

	(void)store;
	(void)gone;
	*n += span->kind == 'f';
}

/* The coarse file is there before the fine one goes. */
static void coarsen(void *data, int store, int gone, const struct span *span)
{
	const int64_t *now = data;
	struct span coarse = {'c', span->number >> (COARSE_BITS - FINE_BITS)};
	char name[32];

	name_of(span, name);
	if (span->kind == 'f' && ((span->number + 1) << FINE_BITS) < *now - FINE_KEPT &&
	    make(store, &coarse) == 0)
		(void)unlinkat(gone, name, 0);
}

void aa_replay_gone_tidy(int store, int64_t now)
{
	size_t n = 0;

	each(store, count, &n);
	if (n > FILES_MANY)
		each(store, coarsen, &now);
}
