/* SPDX-License-Identifier: Apache-2.0 */
/* plan.h shows changes to a person, to a script and to the log: a line for each agent, role and issuer, and below it what
 * of it is added, changed or taken away. */
#ifndef AGENTAUTHCTL_PLAN_H
#define AGENTAUTHCTL_PLAN_H

#include <stdio.h>

#include "tools/agentauthctl/publish/changes.h"

/* plan_print() tells a person: "+ agent builder-8" and so on, with the words of plan_words.h below each, indented by
 * `indent`. `leaving` says what becomes of an agent or role that is taken away; NULL: nothing is said of that. */
void plan_print(FILE *out, const struct changes *changes, const char *indent, size_t at_most,
		const char *leaving);
/* plan_line() returns the first of them in a line, "+ agent builder-8, ~ role deploy (sudo) and 3 more". The caller frees. */
char *plan_line(const struct changes *changes);
/* plan_words_joined() returns the words of an item in a line; "": it has none. The caller frees. */
char *plan_words_joined(const struct change_item *item);
/* plan_json() returns a new reference: {"added": [{kind, name, words}…], "changed": […], "removed": […]}. */
json_t *plan_json(const struct changes *changes);

#endif
