/* SPDX-License-Identifier: Apache-2.0 */
/* run_as.c: starts a program as an agent, see run_as.h. */
#include "config.h"

#include "tools/agentauth/commands/run_as.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "tools/cli/spawn.h"

int run_as(const char *agent, const char *const *command, size_t n, struct buffer *said)
{
	char *sudo = program_find("sudo");
	const char *const front[] = {sudo, "-n", "--", AA_LIBEXECDIR "/start", agent, "--"};
	char **argv =
	    argv_join(front, sizeof(front) / sizeof(front[0]), (char *const *)(uintptr_t)command, n);
	int status = sudo ? program_run(argv, "", 0, said) : -ENOENT;

	free(argv);
	free(sudo);
	return status;
}
