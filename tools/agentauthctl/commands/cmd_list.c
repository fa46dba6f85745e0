/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_list.c lists the published agents, with what was decided about them since. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/registry/accounts.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/commands/list_filter.h"

struct listing {
	struct ctl *ctl;
	struct list_filter filter;
	struct list_rows rows;
	size_t agents; /* that are published, whether they fit or not */
	bool damaged;  /* not every record could be read */
};

static bool list_agent(void *data, const char *name, const char *record, size_t len)
{
	struct aa_agent *agent = published_agent_of(record, len);
	struct listing *l = data;
	struct list_row row;

	if (!agent) {
		l->damaged = true;
		ctl_error(l->ctl, "the published record of %s is damaged: run agentauthctl apply",
			  quoted(name));
		return true;
	}
	l->agents++;
	if (list_filter_fits(&l->filter, agent, l->ctl->now)) {
		row = list_row_of(l->ctl, agent);
		if (list_filter_fits_row(&l->filter, &row))
			list_rows_add(&l->rows, &row);
		else
			list_row_free(&row);
	}
	aa_agent_free(agent);
	return true;
}

static void list_retired(struct listing *l)
{
	struct aa_accounts accounts;
	struct aa_registry_record entry;
	uint32_t pos = 0;

	if (aa_accounts_open(l->ctl->paths.statedir, l->ctl->paths.owner, &accounts) < 0)
		return;
	while (aa_accounts_next(&accounts, &pos, &entry) == 0 && !entry.is_group)
		if (entry.account.flags & AA_ACCOUNT_RETIRED) {
			struct list_row row = list_row_retired(entry.account.name, entry.account.uid);

			list_rows_add(&l->rows, &row);
		}
	aa_accounts_close(&accounts);
}

/* An owner that no agent has is a slip of the pen more often than a question. */
static void check_owner(struct listing *l)
{
	if (!l->filter.owner || l->filter.of_owner || l->damaged)
		return;
	l->damaged = true;
	ctl_error(l->ctl,
		  "no agent has the owner %s%s; agentauthctl list --sort owner shows those that there are",
		  quoted(l->filter.owner), guess_asked(&l->filter.near_owner, ""));
}

static void print_none(const struct listing *l)
{
	char *words;

	if (!l->agents && list_filter_is_empty(&l->filter)) {
		puts("There are no agents yet: agentauthctl register NAME --key FILE makes one.");
		return;
	}
	words = list_filter_words(&l->filter);
	printf("Of %zu agent%s none %s.\n", l->agents, l->agents == 1 ? "" : "s", words);
	free(words);
}

/* A key of before registrations were dated is told apart, since nobody knows better than to take it for the oldest. */
static void tell_undated(const struct listing *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->rows.n; i++)
		n += l->rows.v[i].undated;
	if (l->filter.key_older && n)
		printf(
		    "The oldest key of %zu agent%s has no date, and counts as old as the agent: agentauthctl "
		    "rotate NAME --key FILE registers a new one.\n",
		    n, n == 1 ? "" : "s");
}

static void answer(struct listing *l, const struct arguments *arguments, const char *order)
{
	if (order)
		list_rows_sort(&l->rows, order);
	if (l->ctl->json)
		ctl_answer(l->ctl, "agents", list_rows_json(&l->rows));
	else if (l->rows.n) {
		list_rows_print(&l->rows, arguments_have(arguments, "wide"));
		tell_undated(l);
	} else if (!l->damaged)
		print_none(l);
}

static enum ctl_status list_all(struct listing *l, const struct arguments *arguments,
				struct published *published)
{
	bool retired = l->filter.state && strcmp(l->filter.state, "retired") == 0;
	const char *order;
	enum ctl_status status = list_filter_word(l->ctl, arguments, "sort", LIST_ORDERS, &order);

	if (status != CTL_DONE)
		return status;
	view_many(l->ctl);
	if (!published_walk(published, "agent:", list_agent, l)) {
		l->damaged = true;
		(void)ctl_damaged(l->ctl);
	}
	if (retired || (arguments_have(arguments, "all") && list_filter_is_empty(&l->filter)))
		list_retired(l);
	check_owner(l);
	answer(l, arguments, order);
	return l->damaged ? CTL_FAILED : CTL_DONE;
}

static int run_list(struct ctl *ctl, const struct arguments *arguments)
{
	struct published *published = ctl_published(ctl);
	struct listing l = {.ctl = ctl};
	enum ctl_status status;

	if (!published)
		return CTL_FAILED;
	status = list_filter_read(ctl, arguments, published, &l.filter);
	if (status == CTL_DONE)
		status = list_all(&l, arguments, published);
	list_rows_free(&l.rows);
	published_close(published);
	return status;
}

const struct command cmd_list = {
    .name = "list",
    .also = "ls",
    .words = "",
    .summary = "list the agents that are published",
    .about =
	"Several filters show the agents that fit all of them. KEYS counts the keys that are good now. A "
	"state "
	"of suspended wins over what is published; no-credential is an agent without a good key, without a "
	"binding to an issuer, and without a user of this host who may start it. LAST LOGIN is when its last "
	"session was opened, whatever opened it: a login, agentauth run, or cron.",
    .options =
	(const struct option_spec[]){
	    {"all", NULL, "also those that are retired", 0, NULL},
	    {"role", "ROLE", "only those that have this role", 0, NULL},
	    {"owner", "OWNER", "only those of this owner: all of it, or what stands before its @", 0, NULL},
	    {"state", LIST_STATES, "only those in this state", 0, NULL},
	    {"expiring", "TIME", "only those that expire within this time, as 14d, or by this day", 0, NULL},
	    {"unused", "TIME", "only those without a session for this time, as 90d, or since this day", 0,
	     NULL},
	    {"key-older", "TIME",
	     "only those with a good key that was registered longer ago, as 1y, or before this day", 0, NULL},
	    {"sort", LIST_ORDERS, "in this order; expires: soonest first; last-login: longest ago first", 0,
	     NULL},
	    {"wide", NULL, "cut nothing, and show bindings and descriptions", 0, NULL},
	    {0}},
    .run = run_list,
};
