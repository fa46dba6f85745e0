/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_apply.c publishes the text. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/agentauthctl/commands/ctl.h"
#include "tools/agentauthctl/commands/ctl_publish.h"
#include "tools/agentauthctl/publish/advice.h"
#include "tools/agentauthctl/publish/build.h"

/* The unwise things are for check to show; whoever publishes is told that there are some. */
static void tell_advice(struct ctl *ctl, const struct advice *advice, const struct publish_result *result)
{
	size_t n = advice->problems.warnings;

	ctl_answer(ctl, "unwise", json_integer((json_int_t)n));
	if (!ctl->json && n && result->outcome != PUBLISH_FAILED && result->outcome != PUBLISH_STOPPED)
		printf("%zu thing%s in it %s unwise: agentauthctl check shows them.\n", n, n == 1 ? "" : "s",
		       n == 1 ? "is" : "are");
}

static int run_apply(struct ctl *ctl, const struct arguments *arguments)
{
	struct publish_result result = {0};
	struct workspace workspace;
	struct advice advice;
	enum ctl_status status = ctl_open(ctl, &workspace, true);
	bool opened = status == CTL_DONE;

	(void)arguments;
	advice_begin(&advice, &workspace.model, ctl->now);
	ctl->advice = &advice;
	if (opened) {
		status = ctl_publish(ctl, &workspace, NULL, NULL, &result);
		ctl_tell_published(ctl, &result, true);
		tell_advice(ctl, &advice, &result);
	} else {
		build_check_agents(&workspace);
	}
	ctl->advice = NULL;
	advice_free(&advice);
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
    .also = "deploy reload publish",
    .words = "",
    .summary = "check the configuration and publish it, or change nothing",
    .about =
	"All of the text is checked. If anything in it is wrong, every mistake is told with file, "
	"line and column, and what was published before serves on. Otherwise the text becomes the "
	"next generation, from one moment to the next. A text that has not changed publishes nothing. "
	"What differs is shown in words. Agents whose files are gone are retired, after a question: their "
	"names and uids are never given again; elsewhere than on a terminal --yes says that this is "
	"meant.",
    .options =
	(const struct option_spec[]){
	    {"yes", NULL, "take away agents, roles and issuers that are gone without asking", 0, NULL},
	    {"adopt", NULL, "new agents come into what the host has under their names", 0, NULL},
	    {"accept-risk", NULL, "publish sudo rules that allow more than they say", 0, NULL},
	    {0}},
    .run = run_apply,
};
