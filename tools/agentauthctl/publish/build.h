/* SPDX-License-Identifier: Apache-2.0 */
/* build.h: checking all of the text and making a generation's records of it. A part of publishing, see
 * publish.h. */
#ifndef AGENTAUTHCTL_BUILD_H
#define AGENTAUTHCTL_BUILD_H

#include "tools/agentauthctl/publish/compile.h"
#include "tools/agentauthctl/publish/publish.h"

#define DIGEST_HEX (2 * DIGEST_SIZE + 1)

struct build {
	char digest[DIGEST_HEX]; /* over all that was read and that the records depend on */
	size_t agents, retired;
	char *sudoers; /* what sudo is to grant; NULL: nothing */
	struct changes changes;
};

/* Reads and checks everything, and writes the records into the directory open as `gen_fd` (-1: nowhere). The
 * names in `r` already are those that the change leaves. -1: reported. */
int build_generation(struct workspace *ws, const struct publish_options *options, int gen_fd, uint32_t number,
		     struct build *ret);
void build_free(struct build *build);

/* What the text that was read says otherwise than what is published: agentauth.conf, which is in order, and one
 * agent's file, which there is; one that is not in order counts as changed. */
void build_main_changes(struct workspace *ws, struct changes *ret);
void build_agent_changes(struct workspace *ws, const char *name, struct changes *ret);

#endif
