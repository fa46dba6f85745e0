/* SPDX-License-Identifier: Apache-2.0 */
/* ctl_plan.h shows what differs, asks before something is taken away, and logs what a command changed. */
#ifndef AGENTAUTHCTL_CTL_PLAN_H
#define AGENTAUTHCTL_CTL_PLAN_H

#include "tools/agentauthctl/commands/ctl.h"
#include "tools/agentauthctl/publish/changes.h"

#define CTL_CHANGES_SHOWN 20
#define CTL_RETIRED "retired: its name and id are never given to another"

/* removal_words are what a person is asked, and told without a terminal. */
struct removal_words {
	const char *leaving; /* below each agent and role that goes */
	const char *these; /* a sentence's beginning, small, before the names: "these are no longer in …" */
	const char *follows; /* what comes of it, and the question */
	const char *refused; /* what would come of it, and how it is said that this is meant */
};

/* ctl_may_remove() returns whether what goes may go: with --yes, or by the answer to a question, before which the whole
 * plan is shown. Without a terminal it reports what to do, and returns false. */
bool ctl_may_remove(struct ctl *ctl, const struct changes *changes, const struct removal_words *words);

/* ctl_tell_plan() prints what differs, unless it was shown with a question. */
void ctl_tell_plan(const struct ctl *ctl, const struct changes *changes, const char *leaving);

/* ctl_audit_changes() logs each agent, role and setting that the command changed, and what of it. `gone` says what became of
 * agents and roles that are not there any more: "retired". */
void ctl_audit_changes(struct ctl *ctl, const struct changes *changes, const char *gone);

#endif
