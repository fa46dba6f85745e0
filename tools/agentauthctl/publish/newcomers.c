/* SPDX-License-Identifier: Apache-2.0 */
/* newcomers.c holds what was never published against what this host already has, see newcomers.h. */
#include "config.h"

#include <stdlib.h>

#include "tools/agentauthctl/names/remnants.h"
#include "tools/agentauthctl/publish/newcomers.h"

void newcomers_add_agent(struct newcomers *newcomers, const char *name, uint32_t uid, bool returns)
{
	grow(&newcomers->v, &newcomers->cap, newcomers->n + 1, sizeof(*newcomers->v));
	newcomers->v[newcomers->n++] =
	    (struct newcomer){.user = xstrdup(name), .group = xstrdup(name), .id = uid, .returns = returns};
}

void newcomers_add_group(struct newcomers *newcomers, const char *group, uint32_t gid, const char *setting)
{
	grow(&newcomers->v, &newcomers->cap, newcomers->n + 1, sizeof(*newcomers->v));
	newcomers->v[newcomers->n++] =
	    (struct newcomer){.group = xstrdup(group), .id = gid, .setting = xstrdup(setting)};
}

void newcomers_free(struct newcomers *newcomers)
{
	for (size_t i = 0; i < newcomers->n; i++) {
		free(newcomers->v[i].user);
		free(newcomers->v[i].group);
		free(newcomers->v[i].setting);
		free(newcomers->v[i].known);
	}
	free(newcomers->v);
	*newcomers = (struct newcomers){0};
}

/* report() points at the agent's file. */
__attribute__((format(printf, 4, 5))) static void report(const struct workspace *ws, const char *agent,
							 bool warning, const char *format, ...)
{
	char *file = xasprintf("%s/%s" AGENT_SUFFIX, ws->agents_dir, agent);
	const struct position position = {.file = file};
	va_list args;

	va_start(args, format);
	problems_add(ws->problems, warning, &position, format, args);
	va_end(args);
	free(file);
}

static void report_known(const struct workspace *ws, const struct newcomer *n)
{
	static const char why[] = "who it is would depend on which source is asked first. Choose another";

	if (n->returns)
		report(ws, n->user, false,
		       "another source of names on this host has come to know it: %s; who it is would depend "
		       "on which source is asked first. Take it away there, or register another agent",
		       n->known);
	else if (n->user)
		report(ws, n->user, false,
		       "another source of names on this host has it already: %s; %s name or uid", n->known,
		       why);
	else
		conf_error(&ws->model.file, ws->problems, n->setting,
			   "another source of names on this host has it already: %s; %s name or gid",
			   n->known, why);
}

static void report_remnants(const struct workspace *ws, const struct remnants *remnants,
			    const struct newcomer *n, bool adopt)
{
	struct buffer what = {0};
	size_t found = remnants_find(remnants, n->user, n->id, false, &what);

	if (found && adopt)
		report(ws, n->user, true, "%s comes into what this host has under its name or uid: %s",
		       n->user, what.data);
	else if (found)
		report(ws, n->user, false,
		       "this host has something under the name %s or the uid %u already, which the agent "
		       "would come "
		       "into: %s. Take it away or choose another name; if the agent is to have it, say "
		       "--adopt to "
		       "register or apply",
		       n->user, n->id, what.data);
	buffer_free(&what);
}

void newcomers_check(struct newcomers *newcomers, const struct workspace *ws, bool adopt)
{
	struct remnants remnants;

	if (newcomers->n == 0)
		return;
	strangers_ask(newcomers->v, newcomers->n, ws->paths->sysconfdir, ws->problems);
	remnants_read(&remnants, &ws->facts, ws->paths->sysconfdir, ws->model.host.accounts.home);
	for (size_t i = 0; i < newcomers->n; i++) {
		const struct newcomer *n = &newcomers->v[i];

		if (n->known)
			report_known(ws, n);
		else if (n->user && !n->returns)
			report_remnants(ws, &remnants, n, adopt);
	}
	remnants_free(&remnants);
}
