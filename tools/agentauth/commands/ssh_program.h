/* SPDX-License-Identifier: Apache-2.0 */
/* ssh_program.h: asking the ssh of this machine about itself. */
#ifndef AGENTAUTH_AGENT_SSH_PROGRAM_H
#define AGENTAUTH_AGENT_SSH_PROGRAM_H

#include <stddef.h>

/* Runs ssh with `option` and then `args`, n of them, and reads what it prints to the descriptor `from` (1 or 2): a text,
 * of which what `ret` has no room for is dropped. ssh's exit status (127: there is no ssh, 255: ended by a signal), or -1
 * with errno set. */
int ssh_program_ask(const char *option, char **args, size_t n, int from, char *ret, size_t size);

#endif
