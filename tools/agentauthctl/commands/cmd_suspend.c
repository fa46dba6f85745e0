/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_suspend.c shuts agents out at the next PAM call, and lets them in again. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/state/decision.h"
#include "common/state/last_look.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/commands/chosen.h"
#include "tools/agentauthctl/commands/ctl_kill.h"
#include "tools/agentauthctl/fleet/fleet_conf.h"
#include "tools/agentauthctl/fleet/stop_store.h"
#include "tools/cli/progress.h"

#define NAMES_GIVEN 10000 /* on one command line */
#define NAMES_TOLD 20	  /* in the command that undoes it */

enum outcome { NEWLY, ALREADY, FAILED };

/* bulk is one decision about all agents that were chosen. */
struct bulk {
	struct ctl *ctl;
	const char *done;					  /* "suspended", "resumed" */
	int (*decide)(const struct bulk *bulk, const char *name); /* 0, or a negative errno */
	int already; /* what `decide` returns where it was so before */
	void (*tell_failed)(struct ctl *ctl, const char *name, int error);
	const char *why;
	struct chosen chosen;
	enum outcome *outcomes; /* of each that was chosen */
	size_t n[FAILED + 1];	/* by outcome */
};

/* ---- deciding ------------------------------------------------------------- */

static int decide_suspend(const struct bulk *b, const char *name)
{
	const struct ctl *ctl = b->ctl;

	if (ctl->dry_run)
		return aa_decision_agent(ctl->paths.statedir, name) == AA_AGENT_SUSPENDED ? -EEXIST : 0;
	return (b->chosen.n > 1 ? aa_decision_suspend_one_of_many : aa_decision_suspend)(
	    ctl->paths.statedir, name, ctl_who(), b->why ? b->why : "", ctl->now);
}

static void tell_not_suspended(struct ctl *ctl, const char *name, int error)
{
	ctl_error(ctl,
		  "%s cannot be suspended: %s. When that is mended, run the command again; until then "
		  "agentauthctl session kill --agent %s ends what it runs, as often as it comes back",
		  name, strerror(-error), name);
}

/* is_stopped() returns true where the agent's fleet has shut it out, which this host does not take back while it is of one. */
static bool is_stopped(const struct ctl *ctl, const char *name)
{
	json_t *suspension = aa_decision_suspension(ctl->paths.statedir, name);
	bool is = strncmp(view_text(suspension, "by"), FLEET_BY, strlen(FLEET_BY)) == 0;
	char *conf = xasprintf("%s/" FLEET_CONF_FILE, ctl->paths.confdir);

	is = is && access(conf, F_OK) == 0;
	json_decref(suspension);
	free(conf);
	return is;
}

static int decide_resume(const struct bulk *b, const char *name)
{
	const struct ctl *ctl = b->ctl;

	if (is_stopped(ctl, name))
		return -EPERM;
	if (ctl->dry_run)
		return aa_decision_agent(ctl->paths.statedir, name) == AA_OK ? -ENOENT : 0;
	return (b->chosen.n > 1 ? aa_decision_resume_one_of_many : aa_decision_resume)(ctl->paths.statedir,
										       name);
}

static void tell_not_resumed(struct ctl *ctl, const char *name, int error)
{
	if (error == -EPERM && is_stopped(ctl, name)) {
		ctl_error(ctl,
			  "%s is stopped by the fleet, and comes back when that stop is lifted: agentauthctl "
			  "fleet lift",
			  name);
		return;
	}
	ctl_error(ctl, "%s cannot be resumed: %s. When that is mended, run the command again", name,
		  strerror(-error));
}

static enum outcome decide_one(const struct bulk *b, const char *name)
{
	int r = b->decide(b, name);

	if (r == b->already)
		return ALREADY;
	if (r < 0)
		b->tell_failed(b->ctl, name, r);
	else if (!b->ctl->dry_run)
		ctl_audit(b->ctl, name, "ok", "ok");
	return r < 0 ? FAILED : NEWLY;
}

/* A decision that an earlier command could not have written to the disk is written now, too. */
static bool reach_disk(const struct bulk *b)
{
	int r = b->ctl->dry_run || b->chosen.n == 1 ? 0 : aa_decision_sync(b->ctl->paths.statedir);

	if (r < 0)
		ctl_error(b->ctl,
			  "the agents are %s, but may not be after a loss of power: %s. When that is mended, "
			  "run the command again",
			  b->done, strerror(-r));
	return r == 0;
}

static enum ctl_status decide_all(struct bulk *b)
{
	struct progress progress = {.program = "agentauthctl", .what = "agents", .off = b->ctl->json};

	b->outcomes = xcalloc(b->chosen.n, sizeof(*b->outcomes));
	for (size_t i = 0; i < b->chosen.n; i++) {
		b->outcomes[i] = decide_one(b, b->chosen.v[i].name);
		b->n[b->outcomes[i]]++;
		progress_show(&progress, i + 1, b->chosen.n);
	}
	progress_end(&progress);
	return reach_disk(b) && !b->n[FAILED] && !b->chosen.unread ? CTL_DONE : CTL_FAILED;
}

/* ---- telling --------------------------------------------------------------- */

static const char *outcome_word(const struct bulk *b, enum outcome outcome)
{
	if (outcome == NEWLY && b->ctl->dry_run)
		return "would";
	return outcome == NEWLY ? b->done : outcome == ALREADY ? "already" : "failed";
}

static void answer(const struct bulk *b)
{
	json_t *agents = json_array();

	for (size_t i = 0; i < b->chosen.n; i++)
		json_array_append_new(agents, json_pack("{s:s, s:s}", "name", b->chosen.v[i].name, "outcome",
							outcome_word(b, b->outcomes[i])));
	if (b->chosen.n == 1)
		ctl_answer(b->ctl, "agent", json_string(b->chosen.v[0].name));
	ctl_answer(b->ctl, "agents", agents);
}

static void tell_suspended_before(const struct bulk *b, const char *name)
{
	json_t *suspension = aa_decision_suspension(b->ctl->paths.statedir, name);
	char when[32];

	aa_utc_print(view_number(suspension, "at"), when);
	if (suspension)
		printf("%s was suspended already, at %s by %s%s%s.\n", name, when,
		       view_text(suspension, "by"), *view_text(suspension, "why") ? ": " : "",
		       view_text(suspension, "why"));
	else
		printf("%s was suspended already.\n", name);
	json_decref(suspension);
}

/* One line for each agent; of resuming by a filter nobody wants to read who was in all the time. */
static void tell_each(const struct bulk *b)
{
	bool suspends = b->decide == decide_suspend;

	for (size_t i = 0; i < b->chosen.n; i++) {
		const char *name = b->chosen.v[i].name;

		if (b->outcomes[i] == NEWLY && b->ctl->dry_run)
			printf("%s would be %s.\n", name, b->done);
		else if (b->outcomes[i] == NEWLY && b->chosen.n > 1)
			printf("%s is %s.\n", name, b->done);
		else if (b->outcomes[i] == ALREADY && suspends)
			tell_suspended_before(b, name);
		else if (b->outcomes[i] == ALREADY && !b->chosen.by_filter)
			printf("%s was not suspended.\n", name);
	}
}

/* The names of those that were suspended just now, as a command takes them; by the caller to be freed. */
static char *new_names(const struct bulk *b)
{
	struct buffer names = {0};

	for (size_t i = 0; i < b->chosen.n && b->n[NEWLY] <= NAMES_TOLD; i++)
		if (b->outcomes[i] == NEWLY)
			buffer_printf(&names, " %s", b->chosen.v[i].name);
	if (b->n[NEWLY] > NAMES_TOLD)
		buffer_puts(&names, " NAME...");
	return buffer_take(&names);
}

/* ---- suspend --------------------------------------------------------------- */

static void tell_suspended(const struct bulk *b)
{
	char *names = new_names(b);

	if (b->chosen.n == 1)
		printf("%s is suspended", names + 1);
	else
		printf("%zu agent%s suspended now", b->n[NEWLY], b->n[NEWLY] == 1 ? " is" : "s are");
	printf(": no login, no sudo, from now on, until agentauthctl resume%s.\n", names);
	free(names);
}

static void tell_connections(const struct bulk *b)
{
	fputs("Connections that are open go on and can open further shells: ", stdout);
	if (b->chosen.n == 1)
		printf("agentauthctl session kill --agent %s ends them.\n", b->chosen.v[0].name);
	else
		puts("the same command with --kill ends them.");
}

static enum ctl_status kill_all(const struct bulk *b)
{
	json_t *agents = json_object_get(b->ctl->answer, "agents");
	enum ctl_status status;

	if (b->chosen.n > 1)
		return ctl_kill_agents(b->ctl, b->chosen.v, b->chosen.n, agents);
	status = ctl_kill_agent(b->ctl, b->chosen.v[0].name);
	ctl_answer_killed(b->ctl, json_array_get(agents, 0));
	return status;
}

/* An agent's sudo that was let through is waited for; of many agents, every agent's at one look. */
static void settle_looks(const struct bulk *b)
{
	if (b->ctl->dry_run || b->n[NEWLY] == 0)
		return;
	aa_last_look_settle(b->chosen.n == 1 ? b->chosen.v[0].uid : 0);
}

/* Nobody is killed before all are suspended: one of them could start another. */
static enum ctl_status suspend_all(struct bulk *b, bool kill)
{
	enum ctl_status status = decide_all(b), killed = CTL_DONE;
	bool tell = !b->ctl->json && !b->ctl->dry_run && b->n[NEWLY];

	settle_looks(b);
	answer(b);
	if (!b->ctl->json)
		tell_each(b);
	if (tell)
		tell_suspended(b);
	if (kill)
		killed = kill_all(b);
	else if (tell)
		tell_connections(b);
	return killed == CTL_DONE ? status : killed;
}

static int run_suspend(struct ctl *ctl, const struct arguments *arguments)
{
	struct bulk b = {
	    .ctl = ctl,
	    .done = "suspended",
	    .decide = decide_suspend,
	    .already = -EEXIST,
	    .tell_failed = tell_not_suspended,
	};
	enum ctl_status status = ctl_read_why(ctl, arguments, &b.why);

	if (status == CTL_DONE)
		status = chosen_agents(ctl, arguments, &b.chosen);
	if (status == CTL_DONE)
		status = suspend_all(&b, arguments_have(arguments, "kill"));
	chosen_free(&b.chosen);
	free(b.outcomes);
	return status;
}

const struct command cmd_suspend = {
    .name = "suspend",
    .also = "block lock stop freeze",
    .words = "[NAME...]",
    .values = "agents",
    .max_words = NAMES_GIVEN,
    .summary = "shut agents out, at once and until they are resumed",
    .about =
	"The suspension holds from the next login, sudo or session on, whatever is published, applied or "
	"rolled back. It does not end what runs: an open SSH connection goes on, and can open further "
	"shells without asking PAM.\n\n"
	"Where one of several names is unknown, nobody is suspended. --role and --owner go by what is "
	"published; with both, an agent must have both. --dry-run shows whom they choose.",
    .options = (const struct option_spec[]){CHOSEN_OPTIONS,
					    {"why", "TEXT", "kept with it, and shown by show", 0, NULL},
					    {"kill", NULL, "end all that they run, too", 0, NULL},
					    {0}},
    .run = run_suspend,
};

/* ---- resume ---------------------------------------------------------------- */

static void tell_resumed(const struct bulk *b)
{
	tell_each(b);
	if (b->ctl->dry_run && b->n[NEWLY])
		return;
	if (b->chosen.n == 1 && b->n[NEWLY])
		printf("%s may log in again.\n", b->chosen.v[0].name);
	else if (b->n[NEWLY])
		printf("%zu agent%s may log in again.\n", b->n[NEWLY], b->n[NEWLY] == 1 ? "" : "s");
	else if (b->chosen.by_filter && b->n[ALREADY])
		printf("None of these %zu agents was suspended.\n", b->n[ALREADY]);
}

static int run_resume(struct ctl *ctl, const struct arguments *arguments)
{
	struct bulk b = {
	    .ctl = ctl,
	    .done = "resumed",
	    .decide = decide_resume,
	    .already = -ENOENT,
	    .tell_failed = tell_not_resumed,
	};
	enum ctl_status status = chosen_agents(ctl, arguments, &b.chosen);

	if (status == CTL_DONE) {
		status = decide_all(&b);
		answer(&b);
		if (!ctl->json)
			tell_resumed(&b);
	}
	chosen_free(&b.chosen);
	free(b.outcomes);
	return status;
}

const struct command cmd_resume = {
    .name = "resume",
    .also = "unblock unlock unsuspend",
    .words = "[NAME...]",
    .values = "agents",
    .max_words = NAMES_GIVEN,
    .summary = "let suspended agents in again",
    .about = "Where one of several names is unknown, nobody is resumed. --role and --owner resume every "
	     "suspended agent that they choose, whoever suspended it; --dry-run shows which.",
    .options = (const struct option_spec[]){CHOSEN_OPTIONS, {0}},
    .run = run_resume,
};
