/* SPDX-License-Identifier: Apache-2.0 */
/* list_rows.h keeps of each agent what `list` prints, puts the agents in an order, and prints them. */
#ifndef AGENTAUTHCTL_LIST_ROWS_H
#define AGENTAUTHCTL_LIST_ROWS_H

#include "tools/agentauthctl/commands/ctl.h"

struct list_row {
	char *name, *owner, *description, *bindings; /* NULL: none */
	json_t *roles, *elevated;
	const char *state;
	uint32_t uid;
	size_t keys, revoked_keys;		/* those that are good now, and those that were revoked */
	int64_t expires, last_login, last_sudo; /* 0: never */
	int64_t oldest_key; /* of the good ones, when it was registered; 0: there is none */
	bool undated; /* that is not known of it, and when the agent was registered stands in its place */
	bool retired; /* only the name and the uid are known */
};

struct list_rows {
	struct list_row *v;
	size_t n, cap;
};

#define LIST_ORDERS "name|uid|owner|expires|last-login"

/* list_row_of() makes the row of an agent, and list_row_retired() that of a retired one. */
struct list_row list_row_of(struct ctl *ctl, const struct aa_agent *agent);
struct list_row list_row_retired(const char *name, uint32_t uid);
/* list_rows_add() takes what the row holds; list_row_free() frees it. */
void list_rows_add(struct list_rows *rows, const struct list_row *row);
void list_row_free(struct list_row *row);
void list_rows_free(struct list_rows *rows);

/* list_rows_sort() takes a word of LIST_ORDERS. What has no owner or no end comes last, and what never had a session comes
 * first; where rows are equal, the name decides. */
void list_rows_sort(struct list_rows *rows, const char *order);
json_t *list_rows_json(const struct list_rows *rows);
void list_rows_print(const struct list_rows *rows, bool wide);

#endif
