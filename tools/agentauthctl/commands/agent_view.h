/* SPDX-License-Identifier: Apache-2.0 */
/* agent_view.h: members of an agent's published record, as list and show print them. */
#ifndef AGENTAUTHCTL_AGENT_VIEW_H
#define AGENTAUTHCTL_AGENT_VIEW_H

#include <jansson.h>
#include <stdint.h>

#include "tools/agentauthctl/commands/ctl.h"

/* The member's text, "" where there is none; it belongs to the object. */
const char *view_text(const json_t *object, const char *member);
/* The member's number, 0 where there is none. */
int64_t view_number(const json_t *object, const char *member);
/* "active", "expired", "suspended", or "unknown" where STATEDIR/state cannot be read. */
const char *view_state(const struct ctl *ctl, const json_t *agent);
/* The texts of the array joined by ", "; the caller frees. */
char *view_joined(const json_t *list);
/* A time in seconds since 1970 as RFC 3339, null for 0; a new reference. */
json_t *view_time(int64_t when);

#endif
