/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_diff.c shows what differs between the text and what is published, or between two generations. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/registry/generation.h"
#include "tools/agentauthctl/commands/ctl_plan.h"
#include "tools/agentauthctl/commands/ctl_publish.h"
#include "tools/agentauthctl/commands/generation_choice.h"
#include "tools/agentauthctl/publish/plan.h"

/* ---- the text and what is published ---------------------------------------- */

static void tell_text(struct ctl *ctl, const struct publish_result *result)
{
	if (result->outcome == PUBLISH_FAILED)
		return; /* an agent whose file cannot be read would look as if it were taken away */
	ctl_answer(ctl, "changes", plan_json(&result->changes));
	if (ctl->json)
		return;
	if (result->outcome == PUBLISH_UNCHANGED)
		puts("The text is what is published.");
	else if (!changes_any(&result->changes))
		puts("The text has changed, but nothing that is published of it (comments, layout).");
	plan_print(stdout, &result->changes, "", CHANGES_LISTED, CTL_RETIRED);
}

static enum ctl_status diff_text(struct ctl *ctl)
{
	struct publish_result result = {0};
	struct workspace workspace;
	enum ctl_status status;

	ctl->dry_run = true;
	ctl->adopt = ctl->accept_risk = true; /* it shows them, with a warning, and publishes nothing */
	status = ctl_open(ctl, &workspace, false);
	if (status == CTL_DONE) {
		status = ctl_publish(ctl, &workspace, NULL, NULL, &result);
		tell_text(ctl, &result);
	}
	publish_result_free(&result);
	workspace_close(&workspace);
	return status;
}

/* ---- two generations -------------------------------------------------------- */

static void tell_generations(struct ctl *ctl, const struct generation *from, const struct generation *to,
			     const struct changes *changes)
{
	ctl_answer(ctl, "from", json_integer((json_int_t)from->number));
	ctl_answer(ctl, "to", json_integer((json_int_t)to->number));
	ctl_answer(ctl, "changes", plan_json(changes));
	if (ctl->json)
		return;
	printf("From generation %u of %s to %u of %s%s\n", from->number, from->made, to->number, to->made,
	       changes_any(changes) ? ":" : " nothing differs.");
	plan_print(stdout, changes, "", CHANGES_LISTED, NULL);
}

static enum ctl_status compare(struct ctl *ctl, const struct generation *from, const struct generation *to)
{
	struct changes changes = {0};
	enum ctl_status status = CTL_DONE;

	if (changes_between(&changes, from->published, to->published))
		tell_generations(ctl, from, to, &changes);
	else
		status = ctl_fail(ctl, "generation %u or %u is damaged, or of another version", from->number,
				  to->number);
	changes_free(&changes);
	return status;
}

/* Without a second word, what serves is what the first is held against. */
static enum ctl_status diff_generations(struct ctl *ctl, const char *word, const char *other)
{
	struct generation from = {0}, to = {0};
	enum ctl_status status = CTL_FAILED;
	char current[16];
	uint32_t number;

	if (!other && aa_generation_number(ctl->paths.statedir, &number) == 0) {
		(void)snprintf(current, sizeof(current), "%u", number);
		other = current;
	}
	if (generation_open(ctl, word, &from) == CTL_DONE &&
	    generation_open(ctl, other ? other : word, &to) == CTL_DONE)
		status = compare(ctl, &from, &to);
	published_close(from.published);
	published_close(to.published);
	return status;
}

static int run_diff(struct ctl *ctl, const struct arguments *arguments)
{
	if (!arguments->n_words)
		return diff_text(ctl);
	return diff_generations(ctl, arguments->words[0],
				arguments->n_words > 1 ? arguments->words[1] : NULL);
}

const struct command cmd_diff = {
    .name = "diff",
    .words = "[N [N]]",
    .values = "generations",
    .max_words = 2,
    .summary = "show what differs between the configuration and what is published",
    .about =
	"+ would be added, ~ would change (with what of it differs), - would be retired or taken away.\n"
	"\n"
	"With a generation N it shows what was changed from that one to the one that serves, and with two "
	"from the first to the second; agentauthctl generations lists them.",
    .run = run_diff,
};
