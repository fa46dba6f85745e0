/* SPDX-License-Identifier: Apache-2.0 */
/* sshd_process.h: the command line of a running sshd, which its files do not show. */
#ifndef AGENTAUTH_HOST_SSHD_PROCESS_H
#define AGENTAUTH_HOST_SSHD_PROCESS_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

struct aa_sshd_process_told {
	char config[PATH_MAX];	   /* -f; "": nothing was said */
	bool has_use_pam, use_pam; /* -o UsePAM=…: it comes before the files */
};

/* Reads the title of a process, if it is an sshd that listens: it shows how the sshd was started. false: it is no
 * such process. */
bool aa_sshd_process_told(pid_t pid, struct aa_sshd_process_told *ret);
/* Reads that of the nearest ancestor of this process that is one. */
bool aa_sshd_process_told_ancestor(struct aa_sshd_process_told *ret);

#endif
