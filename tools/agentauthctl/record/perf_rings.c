/* SPDX-License-Identifier: Apache-2.0 */
/* perf_rings.c: reads the rings of the kernel's perf events, see perf_rings.h and perf_event_open(2). */
#include "config.h"

#include "tools/agentauthctl/record/perf_rings.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/perf_event.h>

#define RING_BYTES (256 * 1024) /* a power of two; what root may lock on any host without asking for more */
#define RECORD_MAX 65536
/* Where a record has what is used of it, behind its header. */
#define FORKED_PARENT 4
#define STARTED_NAME 8
#define MAPPED_PATH 64
#define LOST_COUNT 8

struct ring {
	int fd; /* -1: this processor is not there */
	char *page, *data;
	uint64_t head, tail;
};

struct perf_rings {
	int epoll;
	long n;
	struct ring *v;
	char record[RECORD_MAX] __attribute__((aligned(8)));
};

/* ---- a ring for each processor ------------------------------------------------------- */

static int open_event(int cpu)
{
	/* The last eight bytes of each record are its time. */
	struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE,
				       .size = sizeof(attr),
				       .config = PERF_COUNT_SW_DUMMY,
				       .sample_type = PERF_SAMPLE_TIME,
				       .sample_id_all = 1,
				       .use_clockid = 1,
				       .clockid = CLOCK_MONOTONIC,
				       .task = 1,
				       .comm = 1,
				       .comm_exec = 1,
				       .mmap = 1,
				       .mmap2 = 1,
				       .watermark = 1,
				       .wakeup_watermark = 1};
	long fd = syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

static void close_ring(struct ring *ring)
{
	if (ring->page)
		(void)munmap(ring->page, (size_t)sysconf(_SC_PAGESIZE) + RING_BYTES);
	if (ring->fd >= 0)
		close(ring->fd);
	*ring = (struct ring){.fd = -1};
}

static int open_ring(struct perf_rings *r, int cpu)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct epoll_event event = {.events = EPOLLIN};
	struct ring *ring = &r->v[cpu];
	void *map;
	int err;

	*ring = (struct ring){.fd = open_event(cpu)};
	if (ring->fd < 0) {
		err = ring->fd;
		ring->fd = -1;
		return err;
	}
	map = mmap(NULL, page + RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0);
	if (map != MAP_FAILED) {
		ring->page = map;
		ring->data = ring->page + page;
	}
	if (map != MAP_FAILED && epoll_ctl(r->epoll, EPOLL_CTL_ADD, ring->fd, &event) == 0)
		return 0;
	err = -errno;
	close_ring(ring);
	return err;
}

int perf_rings_open(struct perf_rings **ret)
{
	struct perf_rings *r = calloc(1, sizeof(*r));
	long n = sysconf(_SC_NPROCESSORS_CONF);
	int err = 0;

	if (!r)
		return -ENOMEM;
	r->epoll = epoll_create1(EPOLL_CLOEXEC);
	r->v = calloc((size_t)n, sizeof(*r->v));
	if (r->epoll < 0 || !r->v)
		err = -ENOMEM;
	for (; err == 0 && r->n < n; r->n++) {
		err = open_ring(r, (int)r->n);
		if (err == -ENODEV) /* is switched off */
			err = 0;
	}
	if (err < 0)
		perf_rings_close(r);
	else
		*ret = r;
	return err;
}

void perf_rings_close(struct perf_rings *r)
{
	for (long i = 0; r && i < r->n; i++)
		close_ring(&r->v[i]);
	if (r && r->epoll >= 0)
		close(r->epoll);
	if (r)
		free(r->v);
	free(r);
}

int perf_rings_fd(const struct perf_rings *r)
{
	return r->epoll;
}

bool perf_rings_renew(struct perf_rings *r)
{
	bool came = false;

	for (long i = 0; i < r->n; i++)
		came = (r->v[i].fd < 0 && open_ring(r, (int)i) == 0) || came;
	return came;
}

/* ---- records --------------------------------------------------------------------------- */

/* Copies out of a ring, round its end. */
static void copy(const struct ring *ring, uint64_t at, void *ret, size_t len)
{
	size_t begin = at % RING_BYTES, first = RING_BYTES - begin < len ? RING_BYTES - begin : len;

	memcpy(ret, ring->data + begin, first);
	memcpy((char *)ret + first, ring->data, len - first);
}

static void look_at_head(struct ring *ring)
{
	uint64_t *head = (void *)(ring->page + offsetof(struct perf_event_mmap_page, data_head));

	ring->head = __atomic_load_n(head, __ATOMIC_ACQUIRE);
}

static void give_back(struct ring *ring, uint64_t bytes)
{
	uint64_t *tail = (void *)(ring->page + offsetof(struct perf_event_mmap_page, data_tail));

	ring->tail += bytes;
	__atomic_store_n(tail, ring->tail, __ATOMIC_RELEASE);
}

/* Gives the time of the next record; UINT64_MAX: there is none. */
static uint64_t next_time(const struct ring *ring, struct perf_event_header *ret)
{
	uint64_t at;

	if (ring->fd < 0 || ring->tail == ring->head)
		return UINT64_MAX;
	copy(ring, ring->tail, ret, sizeof(*ret));
	copy(ring, ring->tail + ret->size - sizeof(at), &at, sizeof(at));
	return at;
}

static pid_t pid_at(const char *body, size_t at)
{
	int32_t pid;

	memcpy(&pid, body + at, sizeof(pid));
	return pid;
}

/* False: a record of no interest. */
static bool read_record(const struct perf_event_header *h, const char *body, struct perf_told *ret)
{
	ret->pid = pid_at(body, 0);
	ret->parent = pid_at(body, FORKED_PARENT);
	if (h->type == PERF_RECORD_FORK) {
		ret->kind = PERF_FORKED;
		return ret->pid != ret->parent; /* and no thread */
	} else if (h->type == PERF_RECORD_COMM) {
		ret->kind = PERF_STARTED;
		ret->text = body + STARTED_NAME;
		return h->misc & PERF_RECORD_MISC_COMM_EXEC;
	} else if (h->type == PERF_RECORD_MMAP2) {
		ret->kind = PERF_MAPPED;
		ret->text = body + MAPPED_PATH;
		return true;
	} else if (h->type == PERF_RECORD_LOST) {
		ret->kind = PERF_LOST;
		memcpy(&ret->lost, body + LOST_COUNT, sizeof(ret->lost));
		return true;
	}
	return false;
}

void perf_rings_read(struct perf_rings *r, uint64_t until, perf_told_fn *take, void *data)
{
	for (long i = 0; i < r->n; i++)
		if (r->v[i].fd >= 0)
			look_at_head(&r->v[i]);
	for (;;) {
		struct perf_event_header h = {0}, first = {0};
		struct perf_told told = {.at = until};
		struct ring *ring = NULL;

		for (long i = 0; i < r->n; i++) {
			uint64_t at = next_time(&r->v[i], &h);

			if (at < told.at) {
				told.at = at;
				ring = &r->v[i];
				first = h;
			}
		}
		if (!ring)
			return;
		copy(ring, ring->tail, r->record, first.size);
		give_back(ring, first.size);
		if (read_record(&first, r->record + sizeof(first), &told))
			take(data, &told);
	}
}
