/* SPDX-License-Identifier: Apache-2.0 */
/* sshd_process.h: what a running sshd was told on its command line, which its files do not show. */
#ifndef AGENTAUTH_HOST_SSHD_PROCESS_H
#define AGENTAUTH_HOST_SSHD_PROCESS_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

struct aa_sshd_process_told {
	char config[PATH_MAX];	   /* -f; "": nothing was said */
	bool has_use_pam, use_pam; /* -o UsePAM=…: it comes before the files */
};

/* Of the process, if it is an sshd that listens: its title shows how it was started. false: it is none. */
bool aa_sshd_process_told(pid_t pid, struct aa_sshd_process_told *ret);
/* Of the nearest ancestor of this process that is one. */
bool aa_sshd_process_told_ancestor(struct aa_sshd_process_told *ret);

#endif
