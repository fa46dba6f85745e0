/* SPDX-License-Identifier: Apache-2.0 */
/* child.h: waits for a command in the place of the program that started it, and ends as the command did. libc only. */
#ifndef AGENTAUTH_FILE_CHILD_H
#define AGENTAUTH_FILE_CHILD_H

#include <signal.h>
#include <sys/types.h>

/* Blocks the signals that aa_child_wait() takes, before the command is forked. *ret_old is the mask before, which is the
 * command's. */
void aa_child_block_signals(sigset_t *ret_old);
/* Waits until the child has ended, and passes on to it the signals that it has not got itself. The status of waitpid(2). */
int aa_child_wait(pid_t pid);
/* Ends this process by the signal that ended the child, or gives the status to end with. */
int aa_child_end_like(int status);

#endif
