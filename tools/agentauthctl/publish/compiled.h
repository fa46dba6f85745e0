/* SPDX-License-Identifier: Apache-2.0 */
/* compiled.h is what an agent's file is made into (compile.h), or taken as from the generation that serves (stamps.h). */
#ifndef AGENTAUTHCTL_COMPILED_H
#define AGENTAUTHCTL_COMPILED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tools/agentauthctl/model/model.h"
#include "tools/agentauthctl/model/overlap.h"
#include "tools/agentauthctl/publish/advice.h"
#include "tools/agentauthctl/publish/digester.h"
#include "tools/agentauthctl/publish/text_change.h"

struct stamps;

struct compile_source {
	const struct model *model;
	int agents_fd;
	const char *dir; /* of agents.d, for messages */
	uid_t owner;
	/* texts that a command is about to write, in the place of what the files hold; NULL: none */
	const struct text_change *pending;
	struct advice *advice; /* NULL: none is gathered */
	/* what the generation that serves was made of (stamps.h); NULL: every agent is made of its file */
	struct stamps *stamps;
	/* the basis of stamps; NULL: nothing is kept of the files' states */
	const unsigned char *basis;
	int64_t now; /* a file that was changed just before may be changed again without its stamp telling */
};

struct compiled_agent {
	const char *name;
	bool ok;    /* else its problems say why */
	bool taken; /* from the generation that serves, which has these records */
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
	const void *entry; /* of stamps.h; NULL: none */
	size_t entry_len;
};

#endif
