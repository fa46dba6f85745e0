/* SPDX-License-Identifier: Apache-2.0 */
/* spawn.h: runs another program by its path, without a shell, with a clean environment (THREATS 46). */
#ifndef AGENTAUTHCTL_SPAWN_H
#define AGENTAUTHCTL_SPAWN_H

#include <stddef.h>
#include <sys/types.h>

#include "tools/cli/alloc.h"

/* Returns the program's path in the first of the administrators' directories that has it; NULL: none has. The caller
 * frees. */
char *program_find(const char *name);

/* Returns the words of both lists as one argument list with a NULL behind it, from malloc(). The words themselves are not
 * copied. */
char **argv_join(const char *const *front, size_t n_front, char *const *rest, size_t n_rest);

/* Runs argv[0] with `input` as its standard input, and appends the program's two outputs to `output`, up to 16 MiB. Returns
 * its exit status, 128 + N where a signal ended it, or a negative errno where it could not be run. */
int program_run(char *const argv[], const char *input, size_t len, struct buffer *output);

/* Starts argv[0] with the file as its standard input, and returns a descriptor, O_CLOEXEC, of what it writes on standard
 * output; what it says on standard error is dropped. A negative errno where it could not be started. program_wait() follows
 * once the descriptor is closed. */
int program_read(char *const argv[], int in, pid_t *ret_pid);

/* Waits until the child has ended, whatever signals are caught meanwhile. *ret_status is waitpid()'s. Returns 0 or a
 * negative errno. */
int program_wait(pid_t pid, int *ret_status);

#endif
