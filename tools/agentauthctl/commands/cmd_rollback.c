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
#include "tools/agentauthctl/commands/ctl.h"
#include "tools/agentauthctl/commands/generation_choice.h"
#include "tools/agentauthctl/publish/generations.h"
#include "tools/agentauthctl/publish/rollback.h"

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

static enum ctl_status roll_back(struct ctl *ctl, struct workspace *workspace, uint32_t current,
				 uint32_t number, const char *made)
{
	size_t kept_out = 0;

	if (keep_retired_out(ctl, workspace, number, &kept_out) != CTL_DONE ||
	    publish_rollback(workspace, number) < 0)
		return ctl_fail(ctl, "generation %u serves on", current);
	ctl_audit(ctl, NULL, "ok", "ok");
	if (!ctl->json)
		printf("Generation %u of %s serves again, in the place of %u. Suspensions and revocations "
		       "hold on.\n"
		       "The text was not changed: the next apply publishes it again. agentauthctl diff shows "
		       "what differs.\n",
		       number, made, current);
	if (kept_out)
		ctl_warning(ctl,
			    "%zu agent%s that generation %u has %s retired since; suspended now, so that "
			    "retired stays retired",
			    kept_out, kept_out == 1 ? "" : "s", number, kept_out == 1 ? "was" : "were");
	return CTL_DONE;
}

static enum ctl_status decide(struct ctl *ctl, struct workspace *workspace, uint32_t current, uint32_t number)
{
	json_t *manifest = generation_manifest(workspace->state_fd, number);
	const char *made = json_string_value(json_object_get(manifest, "time"));
	enum ctl_status status = CTL_DONE;

	ctl_answer(ctl, "from", json_integer((json_int_t)current));
	ctl_answer(ctl, "generation", json_integer((json_int_t)number));
	if (!made)
		status = ctl_fail(ctl, "generation %u is damaged; generation %u serves on", number, current);
	else if (!ctl->dry_run)
		status = roll_back(ctl, workspace, current, number, made);
	else if (!ctl->json)
		printf("Generation %u of %s would serve again.\n", number, made);
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
    .words = "[N]",
    .values = "generations",
    .max_words = 1,
    .summary = "make an earlier generation serve again: N, or the one before",
    .about = "The last ten generations are kept; agentauthctl generations shows them. The configuration's "
	     "text is not changed, so that the next "
	     "apply publishes it again. What was suspended or revoked stays so, and so does what was "
	     "retired.",
    .run = run_rollback,
};
