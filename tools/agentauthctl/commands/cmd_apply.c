/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_apply.c holds the text against what is published: apply, diff. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/agentauthctl/commands/ctl.h"
#include "tools/agentauthctl/commands/ctl_publish.h"

/* ---- apply --------------------------------------------------------------- */

static int run_apply(struct ctl *ctl, const struct arguments *arguments)
{
	struct publish_result result = {0};
	struct workspace workspace;
	enum ctl_status status = ctl_open(ctl, &workspace, true);
	bool opened = status == CTL_DONE;

	(void)arguments;
	if (opened) {
		status = ctl_publish(ctl, &workspace, NULL, NULL, &result);
		ctl_tell_published(ctl, &result, true);
	}
	if (result.outcome == PUBLISH_FAILED && !result.left_changed)
		ctl_error(ctl, "nothing was published; what was published before serves on");
	publish_result_free(&result);
	workspace_close(&workspace);
	if (opened && !ctl->dry_run)
		ctl_withhold(ctl, NULL);
	return status;
}

const struct command cmd_apply = {
    .name = "apply",
    .words = "",
    .summary = "check the configuration and publish it, or change nothing",
    .about = "All of the text is checked. If anything in it is wrong, every mistake is told with file, "
	     "line and column, and what was published before serves on. Otherwise the text becomes the "
	     "next generation, from one moment to the next. A text that has not changed publishes nothing. "
	     "Agents whose files are gone are retired, after a question: their names and uids are never "
	     "given again.",
    .options =
	(const struct option_spec[]){
	    {"yes", NULL, "retire agents and roles that are gone without asking", 0, NULL},
	    {"adopt", NULL, "new agents come into what the host has under their names", 0, NULL},
	    {"accept-risk", NULL, "publish sudo rules that allow more than they say", 0, NULL},
	    {0}},
    .run = run_apply,
};

/* ---- diff ---------------------------------------------------------------- */

static int run_diff(struct ctl *ctl, const struct arguments *arguments)
{
	struct publish_result result = {0};
	struct workspace workspace;
	enum ctl_status status;

	(void)arguments;
	ctl->dry_run = true;
	ctl->adopt = ctl->accept_risk = true; /* it shows them, with a warning, and publishes nothing */
	status = ctl_open(ctl, &workspace, false);
	if (status == CTL_DONE) {
		status = ctl_publish(ctl, &workspace, NULL, NULL, &result);
		if (result.outcome == PUBLISH_UNCHANGED && !ctl->json)
			puts("The text is what is published.");
		if (result.outcome == PUBLISH_WOULD && !ctl->json && !changes_any(&result.changes))
			puts("The text has changed, but nothing that is published of it (comments, layout).");
		if (result.outcome != PUBLISH_FAILED && !ctl->json)
			changes_print(stdout, &result.changes, "", CHANGES_LISTED);
		ctl_answer(ctl, "changes", changes_json(&result.changes));
	}
	publish_result_free(&result);
	workspace_close(&workspace);
	return status;
}

const struct command cmd_diff = {
    .name = "diff",
    .words = "",
    .summary = "show what differs between the configuration and what is published",
    .about = "+ would be added, ~ would change (with the settings that differ), - would be retired or "
	     "taken away.",
    .run = run_diff,
};
