/* SPDX-License-Identifier: Apache-2.0 */
/* ctl_publish.h publishes for every command, with the questions, the audit records and the sentences that all have. */
#ifndef AGENTAUTHCTL_CTL_PUBLISH_H
#define AGENTAUTHCTL_CTL_PUBLISH_H

#include "tools/agentauthctl/commands/ctl.h"
#include "tools/agentauthctl/publish/publish.h"

/* ctl_publish() returns CTL_DONE where what was to be published is, would be, or was already, and CTL_FAILED where the
 * failure was reported. The command is about `agent`, or about none (NULL). */
enum ctl_status ctl_publish(struct ctl *ctl, struct workspace *workspace, const struct text_change *change,
			    const char *agent, struct publish_result *ret);

/* ctl_change() does the same for a command that changes the text itself, and says so where nothing came of it. */
enum ctl_status ctl_change(struct ctl *ctl, struct workspace *workspace, const struct text_change *change,
			   const char *agent, struct publish_result *ret);

/* ctl_withhold() asks the other sources of names whether they know names of ours, and has NSS serve those no more: of the
 * agent `only`, or (NULL) of as many as a moment allows. It says what changed. */
void ctl_withhold(struct ctl *ctl, const char *only);

/* ctl_tell_published() says what publishing did, in a sentence or, with --json, in members of the answer. In full, as also
 * with --dry-run, it gives the numbers and names of what changed. */
void ctl_tell_published(struct ctl *ctl, const struct publish_result *result, bool in_full);

#endif
