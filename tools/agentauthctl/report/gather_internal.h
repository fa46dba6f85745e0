/* SPDX-License-Identifier: Apache-2.0 */
/* gather_internal.h: what gather.c and gather_events.c share. */
#ifndef AGENTAUTHCTL_GATHER_INTERNAL_H
#define AGENTAUTHCTL_GATHER_INTERNAL_H

#include "tools/agentauthctl/report/gather.h"

#define GATHER_NOBODY SIZE_MAX /* the record names no agent, or one of too many */

/* A record, as far as each event looks at it. */
struct gather_seen {
	const json_t *record;
	int64_t when;
	bool in_span, ok;
	uint64_t count;
	size_t agent;
	struct open_session *session; /* NULL: none that is open */
};

/* Returns the member's text, or "" where there is none. */
const char *gather_text(const json_t *record, const char *member);
/* Counts a record as one of its event. An event that this version does not know counts for nothing. */
void gather_event(struct gather *gather, const char *event, const struct gather_seen *seen);
/* Adds a session that is over, or that nothing more is known of, where it touches the span. */
void gather_end_session(struct gather *gather, const struct open_session *session, int64_t end,
			enum report_how how);

#endif
