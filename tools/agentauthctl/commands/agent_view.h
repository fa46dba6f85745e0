/* SPDX-License-Identifier: Apache-2.0 */
/* agent_view.h reads members of an agent's published record, as list and show print them. */
#ifndef AGENTAUTHCTL_AGENT_VIEW_H
#define AGENTAUTHCTL_AGENT_VIEW_H

#include <jansson.h>
#include <stdint.h>

#include "tools/agentauthctl/commands/ctl.h"
#include "tools/agentauthctl/commands/many_agents.h"

/* view_text() returns the member's text, or "" where there is none. The text belongs to the object. */
const char *view_text(const json_t *object, const char *member);
/* view_number() returns the member's number, or 0 where there is none. */
int64_t view_number(const json_t *object, const char *member);
/* view_revoked_key() returns what was decided of the key with this kid: an object with by, at and why, or none of these where
 * its file cannot be read. NULL: it is not revoked. The object belongs to `ctl`. view_key_is_good() returns true for a key of
 * an agent that lets it in: active, not over and not revoked. */
const json_t *view_revoked_key(struct ctl *ctl, const char *kid);
bool view_key_is_good(struct ctl *ctl, const struct aa_agent_key *key);
/* view_since() returns when the agent was given its name, as far as STATEDIR/ids says, and a time long ago where that cannot
 * be read. */
int64_t view_since(struct ctl *ctl, const char *agent);
/* view_decided() writes "since TIME, by WHO: WHY", as the decision has them. */
void view_decided(const json_t *decision, struct buffer *ret);
/* view_many() has the questions about each of many agents be answered from what state/ holds now. */
void view_many(struct ctl *ctl);
/* view_last_use() returns when the agent was last used so; 0: never. */
int64_t view_last_use(struct ctl *ctl, enum aa_use use, const char *agent);
/* view_state() returns "active", "no-credential" (nothing lets the agent in), "expired" or "suspended", and "unknown" where
 * STATEDIR/state cannot be read. */
const char *view_state(struct ctl *ctl, const struct aa_agent *agent);
/* view_has_credential() returns true where a good key, a provider's token, or a person of this host lets the agent in. */
bool view_has_credential(struct ctl *ctl, const struct aa_agent *agent);
/* view_list() returns the texts joined by ", ", and view_joined() those of a JSON array; the caller frees. */
char *view_list(const struct aa_list *list);
char *view_joined(const json_t *list);
/* view_time() returns a time in seconds since 1970 as RFC 3339, and null for 0, as a new reference. */
json_t *view_time(int64_t when);
/* view_elevations() returns a list of elevations with its times as text, as a new reference. */
json_t *view_elevations(json_t *list);

#endif
