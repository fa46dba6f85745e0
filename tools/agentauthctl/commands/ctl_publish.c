/* SPDX-License-Identifier: Apache-2.0 */
/* ctl_publish.c publishes for every command, see ctl_publish.h. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/agentauthctl/commands/ctl_kill.h"
#include "tools/agentauthctl/commands/ctl_plan.h"
#include "tools/agentauthctl/commands/ctl_publish.h"
#include "tools/agentauthctl/publish/plan.h"
#include "tools/agentauthctl/publish/publish_text.h"
#include "tools/agentauthctl/publish/withheld.h"

/* ---- retiring ------------------------------------------------------------ */

static bool may_retire(void *data, const struct changes *changes)
{
	struct ctl *ctl = data;
	bool retires = changes->agents[CHANGE_REMOVED] || changes->roles[CHANGE_REMOVED];
	const struct removal_words words = {
	    .leaving = CTL_RETIRED,
	    .these = "these are no longer in the configuration",
	    .follows =
		retires ? "Publishing retires them: their names and ids are never given again. Retire them?"
			: "Publishing takes them away, and their tokens are refused then. Is that meant?",
	    .refused =
		retires ? "Publishing would retire them for good; if that is meant, say agentauthctl apply "
			  "--yes, otherwise put their text back"
			: "Publishing would take them away; if that is meant, say agentauthctl apply --yes, "
			  "otherwise put their text back",
	};

	return ctl_may_remove(ctl, changes, &words);
}

/* ---- what others have not published yet ----------------------------------- */

static char *changes_text(const struct changes *changes)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return xstrdup("");
	plan_print(out, changes, "  ", CTL_CHANGES_SHOWN, NULL);
	fclose(out);
	return text;
}

static void tell_pending(struct ctl *ctl, const struct changes *pending)
{
	char *text = changes_text(pending);

	ctl_error(
	    ctl,
	    "the text holds something else that is not published:\n%sIt may be half done, so nothing was "
	    "changed. agentauthctl apply publishes it, and this command with --with-pending both; or take it "
	    "back in the text. suspend and revoke do not wait for it",
	    text);
	ctl_answer(ctl, "pending", plan_json(pending));
	free(text);
}

/* Stops the units that the host's systemd runs as an agent that is no more: they would go on and come back. */
static void stop_leaving(struct ctl *ctl, const struct changes *changes)
{
	for (size_t i = 0; i < changes->n; i++)
		if (changes->v[i].sign == CHANGE_REMOVED && strcmp(changes->v[i].kind, "agent") == 0)
			ctl_stop_restarters(ctl, changes->v[i].name);
}

/* ---- publishing ---------------------------------------------------------- */

/* Returns CTL_DONE where the text is published, or would be, or was already. */
static enum ctl_status status_of(const struct publish_result *result)
{
	switch (result->outcome) {
	case PUBLISH_UNCHANGED:
	case PUBLISH_DONE:
	case PUBLISH_WOULD:
		return CTL_DONE;
	case PUBLISH_FAILED:
	case PUBLISH_STOPPED:
	case PUBLISH_PENDING:
		break;
	}
	return CTL_FAILED;
}

enum ctl_status ctl_publish(struct ctl *ctl, struct workspace *workspace, const struct text_change *change,
			    const char *agent, struct publish_result *ret)
{
	struct publish_options options = {
	    .with_pending = ctl->with_pending,
	    .dry_run = ctl->dry_run,
	    .adopt = ctl->adopt,
	    .accept_risk = ctl->accept_risk,
	    .advice = ctl->advice,
	    .now = ctl->now,
	    .by = ctl_who(),
	    .command = ctl->typed,
	    .progress = !ctl->json,
	    .may_retire = may_retire,
	    .retire_data = ctl,
	};

	if (change)
		options.change = *change;
	publish(workspace, &options, ret);
	if (ret->outcome == PUBLISH_DONE)
		ctl_audit(ctl, agent, ctl->problems.errors ? "error" : "ok",
			  ctl->problems.errors ? "internal" : "ok");
	if (ret->outcome == PUBLISH_DONE) {
		ctl_audit_changes(ctl, &ret->changes, "retired");
		stop_leaving(ctl, &ret->changes);
	}
	if (ret->outcome == PUBLISH_PENDING)
		tell_pending(ctl, &ret->pending);
	return status_of(ret);
}

enum ctl_status ctl_change(struct ctl *ctl, struct workspace *workspace, const struct text_change *change,
			   const char *agent, struct publish_result *ret)
{
	/* publish() tells what is wrong with the text, with all other problems. */
	if (!change->main_text || text_change_reread(workspace, change->main_text) == 0)
		ctl_publish(ctl, workspace, change, agent, ret);
	if (ret->outcome == PUBLISH_FAILED && !ret->left_changed)
		ctl_error(ctl, "nothing was changed");
	return status_of(ret);
}

static void tell_withheld(void *data, const char *name, const char *known, bool retired)
{
	if (known)
		ctl_warning(data,
			    "%s is somebody else's name or id as well: %s. This host serves it for the %s no "
			    "more, so that the other loses nothing%s",
			    name, known, retired ? "retired one" : "agent",
			    retired ? "" : "; retire the agent, or take it away there");
	else if (retired)
		ctl_warning(data,
			    "%s is no one else's any more, and names the owner of its files again; it "
			    "stays retired",
			    name);
	else
		ctl_warning(data, "%s is no one else's any more, and is served again", name);
}

void ctl_withhold(struct ctl *ctl, const char *only)
{
	(void)withheld_update(&ctl->paths, only, tell_withheld, ctl, &ctl->problems);
}

static void tell_counts(const struct publish_result *r)
{
	const struct changes *c = &r->changes;

	printf("%zu agent%s (%zu added, %zu changed, %zu retired)", r->agents, r->agents == 1 ? "" : "s",
	       c->agents[CHANGE_ADDED], c->agents[CHANGE_CHANGED], c->agents[CHANGE_REMOVED]);
}

static void tell(struct ctl *ctl, const struct publish_result *r, bool in_full)
{
	if (r->outcome == PUBLISH_FAILED || r->outcome == PUBLISH_STOPPED || r->outcome == PUBLISH_PENDING)
		return;
	if (r->outcome == PUBLISH_UNCHANGED)
		printf("Nothing has changed: generation %u serves, with %zu agent%s.\n", r->generation,
		       r->agents, r->agents == 1 ? "" : "s");
	else if (r->outcome == PUBLISH_WOULD)
		printf("This would be published");
	else
		printf("Generation %u serves now", r->generation);
	if (r->outcome != PUBLISH_UNCHANGED) {
		if (in_full || ctl->dry_run) {
			fputs(": ", stdout);
			tell_counts(r);
		}
		puts(".");
	}
	if (r->sudoers_changed)
		printf("The sudo rules in %s were renewed.\n", ctl->paths.sudoers);
	if (in_full || ctl->dry_run)
		ctl_tell_plan(ctl, &r->changes, CTL_RETIRED);
	if (in_full && r->outcome == PUBLISH_DONE && r->changes.agents[CHANGE_REMOVED])
		puts("For 30 days, agentauthctl restore NAME brings a retired agent back, once its file is "
		     "back.");
}

void ctl_tell_published(struct ctl *ctl, const struct publish_result *r, bool in_full)
{
	static const char *const outcomes[] = {"failed",	"unchanged", "published",
					       "would_publish", "stopped",   "pending"};

	if (!ctl->json) {
		tell(ctl, r, in_full);
		return;
	}
	ctl_answer(ctl, "outcome", json_string(outcomes[r->outcome]));
	if (r->outcome == PUBLISH_UNCHANGED || r->outcome == PUBLISH_DONE)
		ctl_answer(ctl, "generation", json_integer((json_int_t)r->generation));
	ctl_answer(ctl, "agents", json_integer((json_int_t)r->agents));
	ctl_answer(ctl, "sudoers_changed", json_boolean(r->sudoers_changed));
	if (r->outcome != PUBLISH_FAILED)
		ctl_answer(ctl, "changes", plan_json(&r->changes));
}
