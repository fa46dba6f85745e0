/* SPDX-License-Identifier: Apache-2.0 */
/* log_query.h: which records of the audit log somebody asks for. */
#ifndef AGENTAUTHCTL_LOG_QUERY_H
#define AGENTAUTHCTL_LOG_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "tools/agentauthctl/audit/log_files.h"

#define LOG_QUERY_MEMBERS 12

struct log_query {
	/* Members whose value is asked for: as they are to be, and as they stand in a line of the log. */
	struct log_query_member {
		const char *name, *value;
		char *needle;
	} members[LOG_QUERY_MEMBERS];
	size_t n;
	const char *user;     /* who it was on behalf of, or who did it */
	const char *command;  /* a part of it */
	const char *session;  /* the beginning of its id */
	int64_t uid;	      /* 0: any */
	int64_t since, until; /* seconds since 1970, `until` not included; 0: no bound */
};

/* Adds a member that must have this value; NULL adds nothing. */
void log_query_add(struct log_query *query, const char *member, const char *value);
void log_query_free(struct log_query *query);

/* Returns the line as an object where it is asked for; NULL: it is not, or it is no record. */
json_t *log_query_take(const struct log_query *query, const struct log_line *line);

/* Gets every record that is asked for, in the order of the log; takes the reference, and ends the walk with false. */
typedef bool log_query_fn(void *data, json_t *record, const struct log_line *line);
/* Walks over the files as far as the query's times demand. False: not all could be read, which is reported. `progress` may
 * be NULL. */
struct progress;
bool log_query_walk(const struct log_query *query, const struct log_files *files, struct problems *problems,
		    struct progress *progress, log_query_fn *take, void *data);

#endif
