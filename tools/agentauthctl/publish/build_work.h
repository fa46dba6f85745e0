/* SPDX-License-Identifier: Apache-2.0 */
/* build_work.h is shared by the parts of building a generation: build.c, build_main.c, build_agents.c. */
#ifndef AGENTAUTHCTL_BUILD_WORK_H
#define AGENTAUTHCTL_BUILD_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "common/registry/accounts.h"
#include "tools/agentauthctl/model/overlap.h"
#include "tools/agentauthctl/publish/changes.h"
#include "tools/agentauthctl/publish/compile.h"
#include "tools/agentauthctl/publish/newcomers.h"
#include "tools/agentauthctl/publish/cdb_write.h"
#include "tools/agentauthctl/publish/publish_options.h"
#include "tools/agentauthctl/publish/published.h"
#include "tools/agentauthctl/publish/stamps.h"
#include "tools/agentauthctl/publish/workspace.h"
#include "tools/cli/alloc.h"

#define DIGEST_HEX (2 * DIGEST_SIZE + 1)

struct build {
	char digest[DIGEST_HEX]; /* over all that was read and that the records depend on */
	size_t agents, retired;
	size_t taken;  /* of the agents these from the generation that serves */
	char *sudoers; /* what sudo is to grant; NULL: nothing */
	struct changes changes;
	size_t own[3]; /* of these the agents that the command is about, by sign; all, listed or not */
};

struct build_work {
	struct workspace *ws;
	const struct publish_options *options;
	struct advice *advice; /* NULL: none is asked for, or agentauth.conf is not in order */
	struct build *out;
	struct cdb_writer *writer; /* NULL: none is written */
	int gen_fd;		   /* of its directory */
	int error;		   /* of writing it */
	struct stamps *stamps;
	struct stamps_writer *stamps_writer;
	unsigned char basis[DIGEST_SIZE]; /* of both */
	struct published *published;
	struct aa_accounts served; /* of what is published */
	bool has_served;
	EVP_MD_CTX *digest;
	/* These are indexes of ws->ids.v, by name, and no pointers: claiming new names makes that array grow, and so
	 * move. */
	uint32_t *retired;
	size_t n_retired, next_retired;
	struct newcomers newcomers;
	struct bound *bindings;
	size_t n_bindings, bindings_cap;
	struct held_key *keys;
	size_t n_keys, keys_cap;
	struct arena arena; /* of the bindings' rules */
	struct buffer record;
};

/* build_digest() adds to the digest over all that was read. */
void build_digest(struct build_work *w, const void *bytes, size_t len);
void build_digest_text(struct build_work *w, const char *text);

/* Once something is wrong nothing more is written, and everything is still checked. */
bool build_writes(const struct build_work *w);

void build_put_policy(struct build_work *w, const char *key, const char *text, size_t len);

/* build_put_record() puts the text in w->record under PREFIX NAME. Changes call it `kind`; with NULL no change is
 * told of it. */
void build_put_record(struct build_work *w, const char *kind, const char *prefix, const char *name);

#endif
