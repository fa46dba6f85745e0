/* SPDX-License-Identifier: Apache-2.0 */
/* perf_rings.h: what the kernel's perf events tell of processes, of all processors in the order of time.
 *
 * Each processor has a ring, which the kernel writes while nobody waits: a process was forked, a program was started, a file
 * was mapped to be executed. What a full ring could not take is counted. Process ids are those of the caller's namespace.
 */
#ifndef AGENTAUTHCTL_PERF_RINGS_H
#define AGENTAUTHCTL_PERF_RINGS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum perf_kind { PERF_FORKED, PERF_STARTED, PERF_MAPPED, PERF_LOST };

struct perf_told {
	enum perf_kind kind;
	uint64_t at;	   /* nanoseconds of the monotonic clock */
	pid_t pid, parent; /* parent: of what was forked */
	const char *text;  /* the name of what was started, the path of what was mapped */
	uint64_t lost;	   /* records, of any kind */
};
typedef void perf_told_fn(void *data, const struct perf_told *told);

struct perf_rings;

/* 0 or -errno: -EACCES, -EPERM, -ENOSYS where this host, or its seccomp filter, does not have it. */
int perf_rings_open(struct perf_rings **ret);
void perf_rings_close(struct perf_rings *rings);

/* Returns a descriptor that can be read when a ring has something. */
int perf_rings_fd(const struct perf_rings *rings);

/* Gives what happened before `until`, which is not in the future: by then all that went before it is in the rings. */
void perf_rings_read(struct perf_rings *rings, uint64_t until, perf_told_fn *take, void *data);

/* Watches processors that came meanwhile. True: one did, and what it ran until now was not seen. */
bool perf_rings_renew(struct perf_rings *rings);

#endif
