/* SPDX-License-Identifier: Apache-2.0 */
/* audit_groups.h: records by session: what a session did below its beginning, each command of sudo in one line with its end. */
#ifndef AGENTAUTHCTL_AUDIT_GROUPS_H
#define AGENTAUTHCTL_AUDIT_GROUPS_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

struct audit_groups {
	struct audit_group *v; /* in the order in which they began */
	size_t n, cap;
	size_t *buckets; /* by the session's hash: the group that was added last, from 1 */
	bool why;	 /* the sentence of each reason stands below its line */
};

bool audit_groups_has(const struct audit_groups *groups, const char *session);
/* These do nothing where the session has a group, or none. */
void audit_groups_begin(struct audit_groups *groups, const char *session);
void audit_groups_drop(struct audit_groups *groups, const char *session);

/* Adds the record to its session's group, which is begun where there is none. What sudo was asked makes room for what
 * sudo did, and that gets its end. */
void audit_groups_add(struct audit_groups *groups, json_t *record);
void audit_groups_print(const struct audit_groups *groups);
void audit_groups_free(struct audit_groups *groups);

#endif
