/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_replay.c: any names, and any bytes in due/, in the store of used credentials. Holds: a credential that was used is not
 * taken a second time before it ends, whatever else lies there, tidying included. */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/state/replay.h"
#include "fuzz/fuzz.h"
#include "tests/unit/support/support_accounts.h"

#define NOW 4102444800 /* in 2100, since what is older than this boot is refused */
#define NAMES_MAX 16

static char *run_dir; /* from the first input to the end */

static void begin(void)
{
	run_dir = support_tmpdir();
	FUZZ_HOLDS(aa_replay_init(run_dir) == 0);
	/* Older than what is presented here. */
	FUZZ_HOLDS(aa_replay_restart(run_dir, NOW - 600) == 0);
}

struct litter {
	char path[NAMES_MAX][128];
	unsigned n;
};

/* A file of this name, with these bytes; one that is the store's own is left alone. */
static void leave(struct litter *all, const char *folder, const char *name, size_t len, const uint8_t *data,
		  size_t size)
{
	char *path = all->path[all->n];
	int fd;

	if (!len || len > 70 || memchr(name, '/', len) || memchr(name, '\0', len) || all->n == NAMES_MAX)
		return;
	(void)snprintf(path, sizeof(all->path[0]), "%s/replay/%s%.*s", run_dir, folder, (int)len, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	FUZZ_HOLDS(write(fd, data, size) == (ssize_t)size && close(fd) == 0);
	all->n++;
}

/* Each line is a name, in each of the store's folders. */
static void leave_all(struct litter *all, const uint8_t *data, size_t size)
{
	static const char *const folders[] = {"", "due/", "gone/", "00/", "ff/"};
	const char *at = (const char *)data, *end = at + size, *line;

	for (; at < end; at = line + 1) {
		line = memchr(at, '\n', (size_t)(end - at));
		line = line ? line : end;
		for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
			leave(all, folders[i], at, (size_t)(line - at), data, size);
	}
	/* What is due now, in the form of a file that is read. */
	leave(all, "due/", "16025173", 8, data, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct litter litter = {0};
	static unsigned long n;
	enum aa_reason first;
	char jti[32];

	if (!run_dir)
		begin();
	(void)snprintf(jti, sizeof(jti), "%lu", n++);
	first = aa_replay_mark(run_dir, "", jti, NOW - 5, NOW + 300, NOW);
	if (first !=
	    AA_OK) { /* tidying has taken what lay there for what is gone, and refuses rather than forgets */
		support_remove(run_dir);
		free(run_dir);
		begin();
		FUZZ_HOLDS(aa_replay_mark(run_dir, "", jti, NOW - 5, NOW + 300, NOW) == AA_OK);
	}
	leave_all(&litter, data, size);
	FUZZ_HOLDS(aa_replay_check(run_dir, "", jti, NOW - 5, NOW + 300) != AA_OK);
	FUZZ_HOLDS(aa_replay_mark(run_dir, "", jti, NOW - 5, NOW + 300, NOW) != AA_OK);
	if (n % 8 == 0) /* it goes through all shards */
		(void)aa_replay_purge(run_dir, NOW + 60);
	FUZZ_HOLDS(aa_replay_mark(run_dir, "", jti, NOW - 5, NOW + 300, NOW + 60) != AA_OK);
	for (unsigned i = 0; i < litter.n; i++)
		(void)unlink(litter.path[i]);
	return 0;
}
