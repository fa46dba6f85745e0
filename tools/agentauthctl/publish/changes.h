/* SPDX-License-Identifier: Apache-2.0 */
/* changes.h tells what differs between the published generation and the next one, record by record while that is
 * made, so that neither has to be in memory. */
#ifndef AGENTAUTHCTL_CHANGES_H
#define AGENTAUTHCTL_CHANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <jansson.h>

#include "tools/agentauthctl/publish/published.h"

#define CHANGES_LISTED 1000 /* further ones are counted only */
#define CHANGES_TOUCHED 100 /* agents of a changed role or issuer that are named */

enum change_sign { CHANGE_ADDED, CHANGE_CHANGED, CHANGE_REMOVED };

struct change_item {
	enum change_sign sign;
	const char *kind; /* "agent", "role", "issuer", "host"; static */
	char *name;
	json_t *members; /* of one that is added or changed: {MEMBER: {"from": …, "to": …}}, or NULL */
	size_t touched;	 /* agents that have this role, or are bound to this issuer; of those compared */
	json_t *agents;	 /* their names, as many as are kept; NULL: none */
};

struct changes {
	struct change_item *v;
	size_t n, cap;
	size_t agents[3], roles[3], others[3]; /* by sign; all, listed or not */
};

/* changes_compare() compares a record with the published one of the same key ("role:NAME"), if there is one.
 * `published` may be NULL. */
void changes_compare(struct changes *changes, struct published *published, const char *kind, const char *key,
		     const char *name, const char *record, size_t len);
/* changes_compare_records() compares two records; `was` is NULL where there was none. */
void changes_compare_records(struct changes *changes, const char *kind, const char *name, const char *was,
			     size_t was_len, const char *record, size_t len);
/* changes_note_agent() has the roles and issuers that were compared before, and differ, know an agent that has them. */
void changes_note_agent(struct changes *changes, const char *name, const char *record, size_t len);
/* changes_compare_agent() does the same as changes_compare() for one agent after the other, in the order of their names, and
 * notes it. */
void changes_compare_agent(struct changes *changes, struct published *published, const char *name,
			   const char *record, size_t len);
/* changes_take() adds those of `from` that are wanted, and that come from the text. */
void changes_take(struct changes *to, const struct changes *from,
		  bool (*wanted)(const void *data, const struct change_item *item), const void *data);
void changes_add(struct changes *changes, enum change_sign sign, const char *kind, const char *name);
/* changes_removed() adds the roles and issuers that are published and that `exists` does not know. */
void changes_removed(struct changes *changes, struct published *published,
		     bool (*exists)(const void *data, const char *kind, const char *name), const void *data);
/* changes_between() compares two generations, so that `from` would become `to`. It returns false where one of them is
 * damaged. */
bool changes_between(struct changes *changes, struct published *from, struct published *to);
void changes_free(struct changes *changes);
/* changes_count() counts all of them, listed or not. */
size_t changes_count(const struct changes *changes);
bool changes_any(const struct changes *changes);
/* changes_removes() counts the agents, roles and issuers that are taken away. */
size_t changes_removes(const struct changes *changes);

#endif
