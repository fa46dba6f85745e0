/* SPDX-License-Identifier: Apache-2.0 */
/* compile.h makes records of the files of agents.d, in the order of the agents' names, on as many processors as there
 * are.
 *
 * A worker reads each file, checks it and turns it into its records. The caller gets them one after the other, and
 * only a bounded number of them is in memory at any time, since there may be a million. */
#ifndef AGENTAUTHCTL_COMPILE_H
#define AGENTAUTHCTL_COMPILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tools/agentauthctl/model/model.h"
#include "tools/agentauthctl/model/overlap.h"
#include "tools/agentauthctl/publish/advice.h"
#include "tools/agentauthctl/publish/agent_names.h"
#include "tools/agentauthctl/publish/text_change.h"

#define DIGEST_SIZE 32

struct compile_source {
	const struct model *model;
	int agents_fd;
	const char *dir; /* of agents.d, for messages */
	uid_t owner;
	/* texts that a command is about to write, in the place of what the files hold; NULL: none */
	const struct text_change *pending;
	struct advice *advice; /* NULL: none is gathered */
};

struct compiled_agent {
	const char *name;
	bool ok; /* else its problems say why */
	uint32_t uid;
	struct conf_place uid_at, keys_at;
	const char *gecos;
	const char *policy; /* the record's JSON */
	size_t policy_len;
	const char *ssh; /* lines of the "s" record */
	size_t ssh_len;
	size_t n_role_gids; /* 0 also where NSS serves no role's group */
	const uint32_t *role_gids;
	size_t n_bindings;
	const struct bound *bindings;
	unsigned char digest[DIGEST_SIZE]; /* of the file's bytes */
	struct problems problems, advice;
};

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
