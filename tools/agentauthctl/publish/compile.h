/* SPDX-License-Identifier: Apache-2.0 */
/* compile.h makes records of the files of agents.d, in the order of the agents' names, on as many processors as there
 * are.
 *
 * A worker reads each file, checks it and turns it into its records. The caller gets them one after the other, and
 * only a bounded number of them is in memory at any time, since there may be a million. */
#ifndef AGENTAUTHCTL_COMPILE_H
#define AGENTAUTHCTL_COMPILE_H

#include <stdbool.h>

#include "tools/agentauthctl/publish/agent_names.h"
#include "tools/agentauthctl/publish/compiled.h"

/* compile_record() makes the record of one agent as its file has it. It returns false where the file is not in order. */
bool compile_record(const struct compile_source *source, const char *name, struct buffer *ret);

struct compilation;
struct compilation *compile_start(const struct compile_source *source, const struct agent_names *names);
/* compile_next() returns the next agent in the list's order, until the call after, or NULL after the last. Its
 * problems may be moved away. */
struct compiled_agent *compile_next(struct compilation *compilation);
/* compile_end() may be called before the end, and stops the workers. */
void compile_end(struct compilation *compilation);

#endif
