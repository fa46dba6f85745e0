/* SPDX-License-Identifier: Apache-2.0 */
/* process_table.h: the processes of some agents, or of some sessions, found by one look at /proc.
 *
 * An agent's are those that have its uid as any of their four, those whose login uid it is (sudo's children have uid
 * 0 and keep it), and their descendants. A session's are those of its audit session, its opener and the opener's
 * descendants.
 */
#ifndef AGENTAUTH_STATE_PROCESS_TABLE_H
#define AGENTAUTH_STATE_PROCESS_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "common/state/process.h"
#include "common/state/session_record.h"

struct aa_process_set {
	struct aa_session *const *sessions; /* NULL: every process of the agents */
	size_t n_sessions;
	const uint32_t *uids; /* of the agents, in ascending order; not used where there are sessions */
	size_t n_uids;
};

#define AA_PROCESS_OUTSIDE SIZE_MAX

/* A running process has these ids, of which those that were not asked for, or are not set, are UINT32_MAX. */
struct aa_process_row {
	struct aa_process id;
	uint32_t uids[4], login_uid, audit_session;
	unsigned tty;  /* device number, 0: none */
	size_t member; /* index of the session, or of the agent, or AA_PROCESS_OUTSIDE */
};

/* Every process but this one and process 1, sorted by pid. */
struct aa_process_table {
	struct aa_process_row *v;
	size_t n, cap;
};

/* Looks at /proc once, and marks the processes of the set. 0, or -errno and an empty table. */
int aa_processes_take(const struct aa_process_set *set, struct aa_process_table *ret);
void aa_processes_free(struct aa_process_table *table);

/* Counts the set's processes without this one. Negative errno: /proc cannot be read. */
long aa_processes_count(const struct aa_process_set *set);
/* Counts for each session of the set, or for each agent, from one look at /proc. 0 or -errno. */
int aa_processes_counts(const struct aa_process_set *set, long *ret);
/* Counts the agent's processes that belong to none of these sessions. This process, the user manager (pid 0: there is
 * none) and the manager's child that keeps its PAM session do not count. Negative errno. */
long aa_processes_strays(uint32_t uid, struct aa_session *const *sessions, size_t n,
			 const struct aa_process *manager);

#endif
