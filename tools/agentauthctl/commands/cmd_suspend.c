/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_suspend.c shuts an agent out at the next PAM call, and lets it in again. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/state/decision.h"
#include "common/state/last_look.h"
#include "tools/agentauthctl/commands/ctl.h"
#include "tools/agentauthctl/commands/ctl_kill.h"

static enum ctl_status would(const struct ctl *ctl, const char *name, const char *what)
{
	if (!ctl->json)
		printf("%s would be %s.\n", name, what);
	return CTL_DONE;
}

static int run_suspend(struct ctl *ctl, const struct arguments *arguments)
{
	const char *name = arguments->words[0], *why = NULL;
	enum ctl_status status = ctl_read_why(ctl, arguments, &why);
	uint32_t uid = 0;
	int r;

	if (status == CTL_DONE)
		status = ctl_known_agent(ctl, name, &uid);
	if (status != CTL_DONE)
		return status;
	ctl_answer(ctl, "agent", json_string(name));
	if (ctl->dry_run)
		return would(ctl, name, "suspended");
	r = aa_decision_suspend(ctl->paths.statedir, name, ctl_who(), why ? why : "", ctl->now);
	if (r == -EEXIST && arguments_have(arguments, "kill"))
		return ctl_kill_agent(ctl, name);
	if (r == -EEXIST)
		return ctl_fail(ctl, "%s is suspended already; agentauthctl show %s says since when and why",
				name, name);
	if (r < 0)
		return ctl_fail(
		    ctl,
		    "%s cannot be suspended: %s. When that is mended, run the command again; until then "
		    "agentauthctl session kill --agent %s ends what it runs, as often as it comes back",
		    name, strerror(-r), name);
	aa_last_look_settle(uid);
	ctl_audit(ctl, name, "ok", "ok");
	if (!ctl->json)
		printf("%s is suspended: no login, no sudo, from now on, until agentauthctl resume %s.\n",
		       name, name);
	if (arguments_have(arguments, "kill"))
		return ctl_kill_agent(ctl, name);
	if (!ctl->json)
		printf("Connections that are open go on and can open further shells: agentauthctl session "
		       "kill --agent %s ends them.\n",
		       name);
	return CTL_DONE;
}

const struct command cmd_suspend = {
    .name = "suspend",
    .words = "NAME",
    .values = "agents",
    .min_words = 1,
    .max_words = 1,
    .summary = "shut an agent out, at once and until it is resumed",
    .about = "The suspension holds from the next login, sudo or session on, whatever is published, applied "
	     "or rolled back. It does not end what runs: an open SSH connection goes on, and can open "
	     "further shells without asking PAM.",
    .options = (const struct option_spec[]){{"why", "TEXT", "kept with it, and shown by show", 0, NULL},
					    {"kill", NULL, "end all that it runs, too", 0, NULL},
					    {0}},
    .run = run_suspend,
};

static int run_resume(struct ctl *ctl, const struct arguments *arguments)
{
	const char *name = arguments->words[0];
	enum ctl_status status;
	uint32_t uid;
	int r;

	status = ctl_known_agent(ctl, name, &uid);
	if (status != CTL_DONE)
		return status;
	ctl_answer(ctl, "agent", json_string(name));
	if (ctl->dry_run)
		return would(ctl, name, "resumed");
	r = aa_decision_resume(ctl->paths.statedir, name);
	if (r == -ENOENT)
		return ctl_fail(ctl, "%s is not suspended", name);
	if (r < 0)
		return ctl_fail(ctl, "%s cannot be resumed: %s. When that is mended, run the command again",
				name, strerror(-r));
	ctl_audit(ctl, name, "ok", "ok");
	if (!ctl->json)
		printf("%s may log in again.\n", name);
	return CTL_DONE;
}

const struct command cmd_resume = {
    .name = "resume",
    .words = "NAME",
    .values = "agents",
    .min_words = 1,
    .max_words = 1,
    .summary = "let a suspended agent in again",
    .run = run_resume,
};
