/* SPDX-License-Identifier: Apache-2.0 */
/* plan_words.h says in words what differs within one record: "max_session: 1 hour -> 8 hours", "sudo: + (root) /bin/true",
 * "key KID: removed". Members have the names of the settings; times are dates and spans are durations. */
#ifndef AGENTAUTHCTL_PLAN_WORDS_H
#define AGENTAUTHCTL_PLAN_WORDS_H

#include "tools/agentauthctl/publish/changes.h"

/* A plan_fn is called with each line, which may hold anything but is shown as text/shown.h has it. */
typedef void plan_fn(void *data, const char *line);

/* plan_words() tells what an item that was added has, or what of a changed one differs. */
void plan_words(const struct change_item *item, plan_fn *tell, void *data);

#endif
