/* SPDX-License-Identifier: Apache-2.0 */
/* agent_keys.h: the keys in an agent's text: how they end, and how they leave it.
 *
 * An agent has AGENT_KEYS_MAX keys at most. That limit never keeps a key alive: what has ended leaves the text when
 * a key comes, and where there is still no room, the keys that matter least make it.
 */
#ifndef AGENTAUTHCTL_AGENT_KEYS_H
#define AGENTAUTHCTL_AGENT_KEYS_H

#include <jansson.h>

#include "tools/agentauthctl/model/model.h"
#include "tools/cli/alloc.h"

/* The agent as its text is now, in the midst of edits; what is wrong with the text is told by publishing. */
struct agent_now {
	struct conf_file file;
	struct arena arena;
	struct agent agent;
};
void agent_now_read(const struct model *model, const char *name, const struct conf_text *text,
		    struct agent_now *ret);
void agent_now_free(struct agent_now *now);

/* The kid that the key has in the registry: its own, or where the text gives none, its thumbprint. The caller frees. */
char *agent_key_kid(const struct agent_key *key);
/* The number of the agent's key that is this one, whatever its kid; -1: it has none. */
int agent_key_index(const struct agent *agent, const char *pem);

struct agent_keys {
	const struct model *model;
	const char *name;
	struct conf_text *text;
	int64_t now;
};

/* Gives every key that is good an end no later than `until`, and appends [{"kid", "not_after"}…] to `ended`.
 * -1: the text is not in order. */
int agent_keys_end(const struct agent_keys *keys, int64_t until, json_t *ended);
/* Takes out what had ended before and, unless `gone` is NULL, what stands in the way of one more key, which `pem` holds;
 * where that was good still, its {"kid", "not_after"} is appended to `gone`. Not 0: the text is not in order. */
int agent_keys_make_room(const struct agent_keys *keys, const char *pem, json_t *gone);

#endif
