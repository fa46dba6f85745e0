/* SPDX-License-Identifier: Apache-2.0 */
/* ssh_program.h: running the ssh of this machine: to ask it about itself, and in its place. */
#ifndef AGENTAUTH_AGENT_SSH_PROGRAM_H
#define AGENTAUTH_AGENT_SSH_PROGRAM_H

#include <stddef.h>

#define SSH_FAILED \
	255 /* ssh's own exit status where it did not log in, lost the connection, or ran what exits so */

/* Texts; what there is no room for is dropped. */
struct ssh_said {
	char out[32768], err[4096];
};

/* Runs ssh with `option` and then `args`, n of them, and reads what it prints. ssh's exit status (127: there is no ssh,
 * 255: ended by a signal), or -1 with errno set. */
int ssh_program_ask(const char *option, char **args, size_t n, struct ssh_said *ret);

/* Runs ssh with `args` (args[0] is "ssh", NULL at the end), passes signals and stops on to it, and gives its exit status.
 * Where a signal ended ssh, the same signal ends this process. -1: ssh cannot be run, with errno set. */
int ssh_program_run(char **args);

#endif
