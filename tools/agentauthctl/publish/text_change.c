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

static const struct agent_text *find_text(const struct text_change *change, const char *agent)
{
	if (!change->texts || !change->texts->n)
		return NULL;
	return aa_search(agent, change->texts->v, change->texts->n, sizeof(*change->texts->v), compare_names);
}

const struct conf_text *text_change_of(const struct text_change *change, const char *agent)
{
	const struct agent_text *found;

	if (change->agent && strcmp(change->agent, agent) == 0)
		return change->agent_text;
	found = find_text(change, agent);
	return found && !found->gone ? &found->text : NULL;
}

bool text_change_is_about(const struct text_change *change, const char *agent)
{
	return (change->agent && strcmp(change->agent, agent) == 0) || find_text(change, agent);
}
