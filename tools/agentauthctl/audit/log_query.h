/* SPDX-License-Identifier: Apache-2.0 */
/* log_query.h: which records of the audit log somebody asks for. */
#ifndef AGENTAUTHCTL_LOG_QUERY_H
#define AGENTAUTHCTL_LOG_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "tools/agentauthctl/audit/log_files.h"

#define LOG_QUERY_MEMBERS 16

struct log_query {
	/* A record must have these. `value` is as JSON writes it between quotation marks, or a number. */
	struct log_query_member {
		const char *name; /* NULL: on_behalf_of or by */
		char *value;
		char *needle; /* is in each line that fits */
		enum log_match { LOG_EQUALS, LOG_BEGINS, LOG_HAS } match;
	} members[LOG_QUERY_MEMBERS];
	size_t n;
	int64_t since, until; /* seconds since 1970, `until` not included; 0: no bound */
	uint64_t from;	      /* the first file is looked at from this offset on; not of a packed one */
};

/* Adds a member that must match this text; NULL adds nothing. */
void log_query_add(struct log_query *query, const char *member, enum log_match match, const char *value);
/* Adds a number. */
void log_query_add_number(struct log_query *query, const char *member, int64_t number);
/* Adds who it was on behalf of, or who did it. */
void log_query_add_user(struct log_query *query, const char *user);
void log_query_free(struct log_query *query);

/* Returns the line as an object where it is asked for; NULL: it is not, or it is no record. */
json_t *log_query_take(const struct log_query *query, const struct log_line *line);

/* Gets every record that is asked for, in the order of the log; takes the reference, and ends the walk with false. */
typedef bool log_query_fn(void *data, json_t *record, const struct log_line *line);
/* Walks over the files, as far as their index says that it must. False: not all could be read, which is reported.
 * `progress` may be NULL. */
struct progress;
bool log_query_walk(const struct log_query *query, const struct log_files *files, struct problems *problems,
		    struct progress *progress, log_query_fn *take, void *data);

#endif
