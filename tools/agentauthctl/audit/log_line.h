/* SPDX-License-Identifier: Apache-2.0 */
/* log_line.h: reads a line of the audit log without a JSON library, as far as that can be done: a line that a writer of
 * ours wrote has no space between its members. */
#ifndef AGENTAUTHCTL_LOG_LINE_H
#define AGENTAUTHCTL_LOG_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/agentauthctl/audit/log_files.h"

#define LOG_SESSION_DIGITS 8 /* of an id, that are enough to ask for it */

/* Returns the second of a record's `time`, "2027-01-15T08:00:00.000000Z"; 0: it is none. */
int64_t log_record_time(const char *text);
/* Returns the line's time in seconds, which stands at its beginning; 0: it does not. */
int64_t log_line_time(const struct log_line *line);
/* Gives each member of the object: a text without its quotation marks, as it stands in the line, another value whole. False:
 * the line is no such object. */
typedef void log_member_fn(void *data, const char *member, size_t member_len, const char *value, size_t len);
bool log_line_members(const struct log_line *line, log_member_fn *take, void *data);
/* Says whether the index has the values of this member. */
bool log_member_is_indexed(const char *member, size_t len);

#endif
