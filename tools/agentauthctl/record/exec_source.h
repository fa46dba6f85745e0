/* SPDX-License-Identifier: Apache-2.0 */
/* exec_source.h: where the recorder learns of programs that are started: the kernel's audit, or its perf events.
 *
 * audit tells of each program of an agent's login with its words, and counts what it loses; people pay nothing for it where
 * the host has no audit rules of its own. It answers in the first pid namespace only, to root with CAP_AUDIT_CONTROL and
 * CAP_AUDIT_READ. perf events are there in containers too: they tell each start with its file, and the rest is read from /proc
 * while the process is there.
 */
#ifndef AGENTAUTHCTL_EXEC_SOURCE_H
#define AGENTAUTHCTL_EXEC_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/agentauthctl/record/exec_event.h"

/* The ids of agents; people's are never looked at closer. */
struct exec_range {
	uint32_t least, most;
};

struct exec_loss {
	uint64_t known; /* programs that may have been agents', of which no more is known */
	bool more;	/* and others, of which nothing says how many */
};

struct exec_source {
	const char *name; /* "audit" or "perf" */
	void *self;
	int fd; /* has something to read */
	/* Reads what there is. `idle`: nothing came for a while. Returns in how many microseconds it wants to be called
	 * again; -1: once there is something. */
	int (*read)(void *self, bool idle);
	/* Gives what was lost since the last call. */
	struct exec_loss (*lost)(void *self);
	void (*close)(void *self);
};

/* Opens a source that gives each event to `take`. 0, or -errno where this host does not have it. `marker` names a file by
 * which audit_source_clean() knows what to put back. */
int audit_source_open(const struct exec_range *range, const char *marker, exec_take_fn *take, void *data,
		      struct exec_source *ret);
int perf_source_open(const struct exec_range *range, exec_take_fn *take, void *data, struct exec_source *ret);

/* Takes the rules out of the kernel that a recorder which was killed has left there. 0 or -errno. */
int audit_source_clean(const struct exec_range *range, const char *marker);

#endif
