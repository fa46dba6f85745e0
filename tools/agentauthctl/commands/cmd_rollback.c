/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_rollback.c makes an earlier generation serve again. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/registry/accounts.h"
#include "common/registry/generation.h"
#include "common/state/decision.h"
#include "common/state/elevation.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/commands/ctl_plan.h"
#include "tools/agentauthctl/commands/generation_choice.h"
#include "tools/agentauthctl/publish/generations.h"
#include "tools/agentauthctl/publish/plan.h"
#include "tools/agentauthctl/publish/rollback.h"

#define NAMES_SHOWN 10
#define LEAVING "gone while that generation serves; its name and id stay its own"

/* choose() finds the generation that `word` names, or without a word the one before `current`. */
static enum ctl_status choose(struct ctl *ctl, const uint32_t *numbers, size_t n, uint32_t current,
			      const char *word, uint32_t *ret)
{
	if (word && generation_choose(ctl, word, numbers, n, ret) != CTL_DONE)
		return CTL_FAILED;
	if (word)
		return *ret == current ? ctl_fail(ctl, "generation %u serves already", current) : CTL_DONE;
	for (size_t i = 0; i < n && numbers[i] < current; i++)
		*ret = numbers[i];
	return *ret ? CTL_DONE
		    : ctl_fail(ctl, "there is no generation before the one that serves (%u)", current);
}

/* Retired means for good: an agent that was retired since the generation was made is suspended before that serves again.
 */
static enum ctl_status keep_retired_out(struct ctl *ctl, const struct workspace *workspace, uint32_t number,
					size_t *ret_n)
{
	struct published *target = published_open_number(workspace->state_fd, number, ctl->paths.owner);
	enum ctl_status status = CTL_DONE;
	size_t len;

	if (!target)
		return ctl_fail(ctl, "generation %u is damaged", number);
	for (size_t i = 0; i < workspace->ids.n; i++) {
		const struct given_id *e = &workspace->ids.v[i];
		char key[64];
		int r;

		snprintf(key, sizeof(key), "agent:%s", e->name);
		if (e->kind != ID_AGENT || !e->retired || !published_get(target, key, &len))
			continue;
		r = aa_decision_suspend(ctl->paths.statedir, e->name, ctl_who(),
					"retired, and brought back by a rollback", ctl->now);
		if (r < 0 && r != -EEXIST)
			status = ctl_fail(ctl, "%s, which was retired since, cannot be suspended: %s",
					  e->name, strerror(-r));
		++*ret_n;
	}
	published_close(target);
	return status;
}

/* ---- the plan ------------------------------------------------------------- */

/* going_back is what a rollback is about. */
struct going_back {
	struct ctl *ctl;
	struct workspace *workspace;
	uint32_t current, number;
	const char *made;
	bool
	    is_known; /* what differs; a generation that serves and is damaged may be the reason to roll back */
	struct changes changes;
	struct buffer suspended; /* names of the agents that stay suspended */
	size_t n_suspended;
};

static bool note_suspended(void *data, const char *name, const char *record, size_t len)
{
	struct going_back *g = data;

	(void)record;
	(void)len;
	if (aa_decision_agent(g->ctl->paths.statedir, name) != AA_AGENT_SUSPENDED)
		return true;
	if (g->n_suspended++ < NAMES_SHOWN)
		buffer_printf(&g->suspended, "%s%s", g->suspended.len ? ", " : "", name);
	return true;
}

static void compare(struct going_back *g)
{
	int state_fd = g->workspace->state_fd;
	struct published *from = published_open_number(state_fd, g->current, g->ctl->paths.owner);
	struct published *to = published_open_number(state_fd, g->number, g->ctl->paths.owner);

	g->is_known = from && to && changes_between(&g->changes, from, to);
	if (!g->is_known) /* half of what differs would mislead */
		changes_free(&g->changes);
	if (to)
		published_walk(to, "agent:", note_suspended, g);
	ctl_answer(g->ctl, "changes", plan_json(&g->changes));
	published_close(from);
	published_close(to);
}

static void add_elevations(const struct going_back *g, struct buffer *held)
{
	json_t *list = NULL, *one;
	char when[AA_UTC_SIZE];
	size_t i;

	(void)aa_elevations_of_all(g->ctl->paths.statedir, g->ctl->now, &list);
	json_array_foreach(list, i, one)
	{
		if (strcmp(view_text(one, "state"), "active") != 0)
			continue;
		aa_utc_print(view_number(one, "until"), when);
		buffer_printf(held, "; %s has %s until %s", view_text(one, "agent"), view_text(one, "role"),
			      when);
	}
	json_decref(list);
}

/* tell_held() tells what of state/ is as it was: a rollback is of what was published alone. */
static void tell_held(const struct going_back *g)
{
	struct buffer held = {0};
	json_t *revoked = NULL;
	size_t n;

	(void)aa_decision_revocations(g->ctl->paths.statedir, &revoked);
	n = json_array_size(revoked);
	json_decref(revoked);
	if (g->n_suspended)
		buffer_printf(&held, "; %s%s suspended", g->suspended.data,
			      g->n_suspended > NAMES_SHOWN ? ", …" : "");
	if (n)
		buffer_printf(&held, "; %zu revocation%s", n, n == 1 ? "" : "s");
	add_elevations(g, &held);
	printf("Suspensions, revocations and roles for a time hold on%s%s.\n", held.len ? ": " : "",
	       held.len ? held.data + strlen("; ") : "");
	buffer_free(&held);
}

static void tell_plan(const struct going_back *g)
{
	if (g->ctl->json)
		return;
	if (!g->is_known)
		puts("What differs is not known, since one of the two is damaged.");
	ctl_tell_plan(g->ctl, &g->changes, LEAVING);
	tell_held(g);
}

static bool may_go_back(struct going_back *g)
{
	char *these = xasprintf("generation %u does not have what serves now", g->number);
	char *refused = xasprintf("It would be gone while that generation serves; if that is meant, say "
				  "agentauthctl rollback %u --yes",
				  g->number);
	const struct removal_words words = {
	    LEAVING, these, "It is gone until the next apply publishes the text again. Roll back?", refused};
	bool may = !changes_removes(&g->changes) || ctl_may_remove(g->ctl, &g->changes, &words);

	free(these);
	free(refused);
	return may;
}

static enum ctl_status roll_back(struct going_back *g)
{
	struct ctl *ctl = g->ctl;
	size_t kept_out = 0;

	if (!may_go_back(g))
		return CTL_FAILED;
	if (keep_retired_out(ctl, g->workspace, g->number, &kept_out) != CTL_DONE ||
	    publish_rollback(g->workspace, g->number) < 0)
		return ctl_fail(ctl, "generation %u serves on", g->current);
	ctl_audit(ctl, NULL, "ok", "ok");
	ctl_audit_changes(ctl, &g->changes, "left out");
	if (!ctl->json)
		printf("Generation %u of %s serves again, in the place of %u.\n", g->number, g->made,
		       g->current);
	tell_plan(g);
	if (!ctl->json)
		puts("The text was not changed: the next apply publishes it again. agentauthctl diff shows "
		     "what "
		     "differs.");
	if (kept_out)
		ctl_warning(ctl,
			    "%zu agent%s that generation %u has %s retired since; suspended now, so that "
			    "retired stays retired",
			    kept_out, kept_out == 1 ? "" : "s", g->number, kept_out == 1 ? "was" : "were");
	return CTL_DONE;
}

static enum ctl_status rehearse(struct going_back *g)
{
	if (!g->ctl->json)
		printf("Generation %u of %s would serve again, in the place of %u.\n", g->number, g->made,
		       g->current);
	tell_plan(g);
	return CTL_DONE;
}

static enum ctl_status decide(struct ctl *ctl, struct workspace *workspace, uint32_t current, uint32_t number)
{
	json_t *manifest = generation_manifest(workspace->state_fd, number);
	struct going_back g = {.ctl = ctl,
			       .workspace = workspace,
			       .current = current,
			       .number = number,
			       .made = json_string_value(json_object_get(manifest, "time"))};
	enum ctl_status status;

	ctl_answer(ctl, "from", json_integer((json_int_t)current));
	ctl_answer(ctl, "generation", json_integer((json_int_t)number));
	if (g.made)
		compare(&g);
	if (!g.made)
		status = ctl_fail(ctl, "generation %u is damaged; generation %u serves on", number, current);
	else
		status = ctl->dry_run ? rehearse(&g) : roll_back(&g);
	changes_free(&g.changes);
	buffer_free(&g.suspended);
	json_decref(manifest);
	return status;
}

static enum ctl_status find_and_decide(struct ctl *ctl, struct workspace *workspace, const char *word)
{
	uint32_t current = 0, number = 0, *numbers = NULL;
	enum ctl_status status;
	size_t n = 0;

	if (aa_generation_number(ctl->paths.statedir, &current) < 0 ||
	    generations_list(workspace->state_fd, &numbers, &n) < 0)
		return ctl_fail(ctl, "nothing was published yet, so that there is nothing to roll back to");
	status = choose(ctl, numbers, n, current, word, &number);
	free(numbers);
	return status == CTL_DONE ? decide(ctl, workspace, current, number) : status;
}

static int run_rollback(struct ctl *ctl, const struct arguments *arguments)
{
	const char *word = arguments->n_words ? arguments->words[0] : NULL;
	struct workspace workspace;
	enum ctl_status status = CTL_FAILED;

	/* A text that is not in order may be the very reason to roll back, so that it is not read. */
	if (workspace_open_state(&workspace, &ctl->paths, &ctl->problems) == 0)
		status = find_and_decide(ctl, &workspace, word);
	workspace_close(&workspace);
	return status;
}

const struct command cmd_rollback = {
    .name = "rollback",
    .also = "undo revert",
    .words = "[N]",
    .values = "generations",
    .max_words = 1,
    .summary = "make an earlier generation serve again: N, or the one before",
    .about = "The last ten generations are kept; agentauthctl generations shows them. What differs is shown, "
	     "and where agents, roles or issuers that serve now are not in that generation, there is a "
	     "question; elsewhere than on a terminal --yes says that this is meant. The configuration's text "
	     "is not changed, so that the next apply publishes it again. What was suspended or revoked stays "
	     "so, and so does what was retired.",
    .options = (const struct option_spec[]){{"yes", NULL, "roll back without asking", 0, NULL}, {0}},
    .run = run_rollback,
};
