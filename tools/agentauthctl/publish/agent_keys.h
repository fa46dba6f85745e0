/* SPDX-License-Identifier: Apache-2.0 */
/* agent_keys.h ends the keys in an agent's text, and takes them out of it.
 *
 * An agent has AGENT_KEYS_MAX keys at most. That limit never keeps a key alive: a key that has ended leaves the text
 * when another comes, and where there is still no room, the keys that matter least make it. */
#ifndef AGENTAUTHCTL_AGENT_KEYS_H
#define AGENTAUTHCTL_AGENT_KEYS_H

#include <jansson.h>

#include "tools/agentauthctl/model/model.h"
#include "tools/cli/alloc.h"

/* agent_now is the agent as its text stands in the midst of edits. Publishing tells what is wrong with the text. */
struct agent_now {
	struct conf_file file;
	struct arena arena;
	struct aa_agent agent;
};
void agent_now_read(const struct model *model, const char *name, const struct conf_text *text,
		    struct agent_now *ret);
void agent_now_free(struct agent_now *now);

/* agent_key_kid() returns the kid that the text gives the key, else the key's thumbprint, as the published record has
 * it. The caller frees. */
char *agent_key_kid(const struct aa_agent_key *key);
/* agent_key_index() returns the number of this key among the agent's, whatever its kid, or -1. */
int agent_key_index(const struct aa_agent *agent, const char *pem);

struct agent_keys {
	const struct model *model;
	const char *name;
	struct conf_text *text;
	int64_t now;
};

/* agent_keys_end() gives every key that is good an end no later than `until`, and appends [{"kid", "not_after"}…] to
 * `ended`. It returns -1 where the text is not in order. */
int agent_keys_end(const struct agent_keys *keys, int64_t until, json_t *ended);
/* agent_keys_make_room() takes out the keys that had ended before and, unless `gone` is NULL, the one that leaves no
 * room for another key, which `pem` holds. Where the key that went was still good, its {"kid", "not_after"} is
 * appended to `gone`. It returns -1 where the text is not in order. */
int agent_keys_make_room(const struct agent_keys *keys, const char *pem, json_t *gone);

#endif
