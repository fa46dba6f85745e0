/* SPDX-License-Identifier: Apache-2.0 */
/* process.h: which process a pid means, by its start time, and what the kernel says of its audit session. */
#ifndef AGENTAUTH_STATE_PROCESS_H
#define AGENTAUTH_STATE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct aa_process {
	pid_t pid, ppid;
	uint64_t start; /* clock ticks since boot: with the pid it names one process of this boot */
};

/* Reads /proc/PID/stat. 0, -ESRCH, or another negative errno. */
int aa_process_read(pid_t pid, struct aa_process *ret);
/* Says whether both mean one process, and not pid 0. */
bool aa_process_same(const struct aa_process *a, const struct aa_process *b);
/* Says whether the process of this pid and start time runs. A process whose first thread has ended lives on in the
 * others. */
bool aa_process_alive(const struct aa_process *process);
/* Says the same, and so of one that could not be looked at, which is not to be taken for ended. */
bool aa_process_may_live(const struct aa_process *process);

#define AA_BOOT_ID_SIZE 37
int aa_boot_id(char ret[AA_BOOT_ID_SIZE]);

/* Gives the time at which this boot, or this container, began: seconds since 1970 by today's clock. */
int aa_boot_time(int64_t *ret);

/* Read /proc/self/sessionid and /proc/self/loginuid. UINT32_MAX: not set, or the kernel has no audit. */
uint32_t aa_audit_session_id(void);
uint32_t aa_login_uid(void);

#endif
