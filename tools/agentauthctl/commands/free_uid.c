/* SPDX-License-Identifier: Apache-2.0 */
/* free_uid.c finds uids for new agents, see free_uid.h. */
#include "config.h"

#include "tools/agentauthctl/commands/free_uid.h"

#include <stdlib.h>

/* pending_uid() returns the uid in a file that was written by hand and not applied yet. It returns 0 where the uid
 * cannot be told, which publishing will say. */
static uint32_t pending_uid(struct workspace *workspace, const char *name)
{
	struct problems ignored = {0};
	struct conf_file file = {0};
	struct arena arena = {0};
	struct aa_agent agent = {0};
	char *base = xasprintf("%s" AGENT_SUFFIX, name);

	if (conf_text_read(workspace->agents_fd, workspace->agents_dir, base, workspace->paths->owner,
			   &ignored, &file.text) == 0)
		agent_read(&workspace->model, name, &file, &arena, &ignored, &agent);
	free(base);
	problems_free(&ignored);
	conf_file_free(&file);
	arena_free(&arena);
	return (uint32_t)agent.uid;
}

void free_uids_reserve(struct free_uids *uids, uint32_t uid)
{
	grow(&uids->pending, &uids->cap, uids->n + 1, sizeof(*uids->pending));
	uids->pending[uids->n++] = uid;
}

/* The uid of a published agent is in the ids, so that only the files that are new to them are looked into. */
void free_uids_begin(struct free_uids *uids, struct workspace *workspace)
{
	*uids = (struct free_uids){.workspace = workspace,
				   .next = (uint32_t)workspace->model.host.accounts.uid_min,
				   .others = {.sysconfdir = workspace->paths->sysconfdir}};
	for (size_t i = 0; i < workspace->names.n; i++)
		if (!ids_by_name(&workspace->ids, ID_AGENT, workspace->names.v[i]))
			free_uids_reserve(uids, pending_uid(workspace, workspace->names.v[i]));
}

void free_uids_end(struct free_uids *uids)
{
	free(uids->pending);
}

static bool is_taken(const void *data, uint32_t id)
{
	struct free_uids *const *uids = data;

	if (model_id_is_given(&(*uids)->workspace->model, id))
		return true;
	for (size_t i = 0; i < (*uids)->n; i++)
		if ((*uids)->pending[i] == id)
			return true;
	return strangers_have_id(&(*uids)->others, id);
}

uint32_t free_uids_next(struct free_uids *uids)
{
	const struct aa_accounts_policy *a = &uids->workspace->model.host.accounts;
	uint32_t uid =
	    ids_lowest_free(&uids->workspace->ids, uids->next, (uint32_t)a->uid_max, is_taken, &uids);

	if (uid)
		uids->next = uid + 1;
	else
		problem_error(
		    uids->workspace->problems, NULL,
		    "no uid from %lld to %lld is free; widen accounts.uid_min to uid_max in " CONF_FILE,
		    (long long)a->uid_min, (long long)a->uid_max);
	return uid;
}
