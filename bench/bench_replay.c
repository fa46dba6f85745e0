/* SPDX-License-Identifier: Apache-2.0 */
/* bench_replay.c: what it costs to mark a credential as used, beside a file that is made with O_EXCL and no more.
 *
 * Usage: bench_replay RUNDIR LIVE MARKS. The marks come as they do on a host with so many live ones: each is kept for an
 * hour, and in each moment as many end as are made. A row is `METHOD LIVE MEAN P50 P99`, in nanoseconds; a last one says
 * how many marks are left: `left LIVE N`. The time is that of the processor, since nothing waits, and what else the
 * machine does is not what is asked.
 */
#define _GNU_SOURCE 1
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/state/replay.h"
#include "common/state/replay_room.h"

#define HOUR 3600
#define BLOCK 1000 /* marks */

static const char *rundir;
static long live;
static int64_t base;

static int64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static void mark(long i)
{
	int64_t now = base + i * HOUR / live;
	enum aa_reason reason;
	char jti[32];

	(void)snprintf(jti, sizeof(jti), "%ld", i);
	reason = aa_replay_mark(rundir, "agent:builder-7", jti, base, now + HOUR, now);
	if (reason != AA_OK) {
		(void)fprintf(stderr, "bench_replay: mark %ld: %s\n", i, aa_reason_name(reason));
		exit(1);
	}
}

static void make_file(long i)
{
	char path[4096];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/peer/%02lx/%064lx", rundir, (unsigned long)i & 0xff,
		       (unsigned long)i);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		(void)fprintf(stderr, "bench_replay: %s: %s\n", path, strerror(errno));
		exit(1);
	}
	close(fd);
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* Takes the quickest of several blocks, as on a machine that does nothing else. */
static void row(const char *method, void (*one)(long i), long first, long n)
{
	int64_t took[BLOCK], sum, mean = INT64_MAX, p50 = 0, p99 = 0;

	for (long block = 0; block + BLOCK <= n; block += BLOCK) {
		sum = 0;
		for (long i = 0; i < BLOCK; i++) {
			int64_t start = now_ns();

			one(first + block + i);
			took[i] = now_ns() - start;
			sum += took[i];
		}
		if (sum / BLOCK >= mean)
			continue;
		qsort(took, BLOCK, sizeof(*took), compare);
		mean = sum / BLOCK;
		p50 = took[BLOCK / 2];
		p99 = took[BLOCK * 99 / 100];
	}
	(void)printf("%s %ld %lld %lld %lld\n", method, live, (long long)mean, (long long)p50,
		     (long long)p99);
}

static void make_peer(void)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/peer", rundir);
	(void)mkdir(path, 0700);
	for (unsigned i = 0; i < 256; i++) {
		(void)snprintf(path, sizeof(path), "%s/peer/%02x", rundir, i);
		(void)mkdir(path, 0700);
	}
}

int main(int argc, char **argv)
{
	struct aa_replay_room room;
	long n, begun;

	if (argc != 4 || (live = atol(argv[2])) < 1 || (n = atol(argv[3])) < BLOCK) {
		(void)fprintf(stderr, "usage: bench_replay RUNDIR LIVE MARKS\n");
		return 2;
	}
	rundir = argv[1];
	base = time(NULL);
	begun =
	    live +
	    live /
		8; /* the first ones are over by then, with the span and the slack that they are kept for */
	for (long i = 0; i < begun; i++)
		mark(i);
	make_peer();
	row("ours", mark, begun, n);
	row("file", make_file, 0, n);
	if (aa_replay_room_look(rundir, &room) == 0)
		(void)printf("left %ld %llu\n", live, (unsigned long long)room.marks);
	return 0;
}
