/* SPDX-License-Identifier: Apache-2.0 */
/* changes.h tells what differs between the published generation and the next one, record by record while that is
 * made, so that neither has to be in memory. */
#ifndef AGENTAUTHCTL_CHANGES_H
#define AGENTAUTHCTL_CHANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include <jansson.h>

#include "tools/agentauthctl/publish/published.h"

#define CHANGES_LISTED 1000 /* further ones are counted only */
#define CHANGES_DETAILED 50 /* changed records whose members are compared */

enum change_sign { CHANGE_ADDED, CHANGE_CHANGED, CHANGE_REMOVED };

struct change_item {
	enum change_sign sign;
	const char *kind; /* "agent", "role", "issuer", "host"; static */
	char *name;
	json_t *members; /* of a changed one: {MEMBER: {"from": …, "to": …}}, or NULL */
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
/* changes_compare_agent() does the same for one agent after the other, in the order of their names. */
void changes_compare_agent(struct changes *changes, struct published *published, const char *name,
			   const char *record, size_t len);
/* changes_take() adds those of `from` that are wanted, and that come from the text. */
void changes_take(struct changes *to, const struct changes *from,
		  bool (*wanted)(const void *data, const struct change_item *item), const void *data);
void changes_add(struct changes *changes, enum change_sign sign, const char *kind, const char *name);
/* changes_removed() adds the roles and issuers that are published and that `exists` does not know. */
void changes_removed(struct changes *changes, struct published *published,
		     bool (*exists)(const void *data, const char *kind, const char *name), const void *data);
void changes_free(struct changes *changes);
/* changes_count() counts all of them, listed or not. */
size_t changes_count(const struct changes *changes);
bool changes_any(const struct changes *changes);

/* changes_print() tells a person: "+ agent builder-8" and so on, with the members of each changed record, indented by
 * `indent`. */
void changes_print(FILE *out, const struct changes *changes, const char *indent, size_t at_most);
/* changes_line() returns the first of them in a line, "+ agent builder-8, ~ role deploy (sudo) and 3 more". The caller frees. */
char *changes_line(const struct changes *changes);
/* changes_json() returns a new reference: {"added": [{kind, name}…], "changed": […], "removed": […]}. */
json_t *changes_json(const struct changes *changes);

#endif
