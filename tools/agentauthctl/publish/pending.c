/* SPDX-License-Identifier: Apache-2.0 */
/* pending.c finds what others have not published yet, see pending.h. */
#include "config.h"

#include "tools/agentauthctl/publish/pending.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/agentauthctl/publish/build.h"

/* is_of_others() returns true for an item that is none of the command's own: an agent that the command is not about,
 * and of agentauth.conf all. What a command that edits agentauth.conf found there was noted before. */
static bool is_of_others(const void *data, const struct change_item *item)
{
	const struct text_change *change = data;

	if (strcmp(item->kind, "agent") == 0)
		return !text_change_is_about(change, item->name);
	return !change->main_text;
}

/* is_left() returns true where something is left of an item that the command found in the text that it edits. Nobody
 * publishes what the command takes back. */
static bool is_left(const void *data, const struct change_item *item)
{
	const struct changes *all = data;

	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->v[i].kind, item->kind) == 0 && strcmp(all->v[i].name, item->name) == 0)
			return true;
	return all->n >= CHANGES_LISTED; /* or it stands among those that are not listed */
}

static bool has_file(const struct workspace *ws, const char *agent)
{
	char *name = xasprintf("%s" AGENT_SUFFIX, agent);
	bool has = faccessat(ws->agents_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;

	free(name);
	return has;
}

/* unlisted_own() counts those of the command's own agents that the list of changes has no more room for. */
static size_t unlisted_own(const struct text_change *change, const struct build *build, int sign)
{
	size_t listed = 0;

	for (size_t i = 0; i < build->changes.n; i++) {
		const struct change_item *item = &build->changes.v[i];

		listed += (int)item->sign == sign && strcmp(item->kind, "agent") == 0 &&
			  text_change_of(change, item->name);
	}
	return build->own[sign] - listed;
}

/* find_earlier_edit() finds what an agent's file held already that the command is about to write. */
static void find_earlier_edit(struct workspace *ws, const struct build *build, const char *agent,
			      struct changes *ret)
{
	struct changes own = {0};

	if (!has_file(ws, agent))
		return;
	build_agent_changes(ws, agent, &own);
	changes_take(ret, &own, is_left, &build->changes);
	changes_free(&own);
}

void pending_find(struct workspace *ws, const struct text_change *change, const struct build *build,
		  struct changes *ret)
{
	struct changes all = build->changes;

	if (!change->agent && !change->main_text && !change->texts)
		return;
	for (int sign = 0; sign < 3; sign++)
		all.agents[sign] -= unlisted_own(change, build, sign);
	changes_take(ret, &all, is_of_others, change);
	if (change->main_text)
		changes_take(ret, &ws->main_pending, is_left, &build->changes);
	if (change->agent_text && !change->restores)
		find_earlier_edit(ws, build, change->agent, ret);
	for (size_t i = 0; change->texts && !change->overrides && i < change->texts->n; i++)
		find_earlier_edit(ws, build, change->texts->v[i].name, ret);
}
