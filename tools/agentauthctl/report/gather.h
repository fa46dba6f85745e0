/* SPDX-License-Identifier: Apache-2.0 */
/* gather.h: makes the report of records, which are given in the order of the log. */
#ifndef AGENTAUTHCTL_GATHER_H
#define AGENTAUTHCTL_GATHER_H

#include <jansson.h>

#include "tools/agentauthctl/report/open_sessions.h"
#include "tools/agentauthctl/report/report.h"

#define GATHER_REQUESTS 256 /* that wait for a person at the same time */

struct gather_request {
	char id[32];
	int64_t when; /* 0: the place is free */
};

struct gather {
	struct report *report;
	int64_t from;	/* what is before is not looked at */
	int64_t before; /* time of the last record */
	const char *agent;
	struct open_sessions open;
	struct gather_request requests[GATHER_REQUESTS];
	size_t next_request;
};

/* Begins an empty report of a span. What lies `history` seconds before it is looked at, too, for what is new.
 * `agent` NULL: of every agent. */
void gather_begin(struct gather *gather, struct report *report, int64_t history, const char *agent);
void gather_record(struct gather *gather, const json_t *record);
/* Ends the gathering; what it needs besides are the report's facts. The report is without findings as yet. */
void gather_end(struct gather *gather);

#endif
