/* SPDX-License-Identifier: Apache-2.0 */
/* ssh_program.h: runs the ssh of this machine, to ask it about itself and to log in. */
#ifndef AGENTAUTH_AGENT_SSH_PROGRAM_H
#define AGENTAUTH_AGENT_SSH_PROGRAM_H

#include <stddef.h>

#define SSH_FAILED \
	255 /* ssh's own exit status where it did not log in, lost the connection, or ran what exits so */

/* The outputs are texts, and cut where there is no room. */
struct ssh_said {
	char out[32768], err[4096];
};

/* Runs ssh with `option` and the n `args`, and reads its output. Returns ssh's exit status (127 where there is no ssh, 255
 * where a signal ended it), or -1 with errno set. */
int ssh_program_ask(const char *option, char **args, size_t n, struct ssh_said *ret);

/* Runs ssh with `args` (args[0] is "ssh", NULL at the end), passes signals and stops on to it, and returns its exit status.
 * Where a signal ended ssh, that signal ends this process too. -1 means that ssh cannot be run, with errno set. */
int ssh_program_run(char **args);

#endif
