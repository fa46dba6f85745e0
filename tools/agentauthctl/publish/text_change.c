/* SPDX-License-Identifier: Apache-2.0 */
/* text_change.c finds an agent's text among those that are changed, see text_change.h. */
#include "config.h"

#include "tools/agentauthctl/publish/text_change.h"

#include <stdlib.h>
#include <string.h>

#include "common/text/sort.h"

static int compare_names(const void *name, const void *entry)
{
	const struct agent_text *text = entry;

	return strcmp(name, text->name);
}

const struct conf_text *text_change_of(const struct text_change *change, const char *agent)
{
	const struct agent_text *found = NULL;

	if (change->agent && strcmp(change->agent, agent) == 0)
		return change->agent_text;
	if (change->texts && change->texts->n)
		found = aa_search(agent, change->texts->v, change->texts->n, sizeof(*found), compare_names);
	return found ? &found->text : NULL;
}

bool text_change_is_about(const struct text_change *change, const char *agent)
{
	return (change->agent && strcmp(change->agent, agent) == 0) || text_change_of(change, agent);
}
