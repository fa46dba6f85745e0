/* SPDX-License-Identifier: Apache-2.0 */
/* publish_options.h is what a command asks of a publish (publish.h): its change of the text, and how to go about it. */
#ifndef AGENTAUTHCTL_PUBLISH_OPTIONS_H
#define AGENTAUTHCTL_PUBLISH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/agentauthctl/publish/changes.h"
#include "tools/agentauthctl/publish/text_change.h"

/* A retire_fn is asked before agents, roles or issuers go that the command did not name. It returns true where they may. */
typedef bool retire_fn(void *data, const struct changes *changes);

/* A step_fn is called before each step with its name, for tests. A return above 0 makes publish() return at once, as
 * a kill would; a negative errno makes the step fail. */
typedef int step_fn(void *data, const char *step);

struct publish_options {
	struct text_change change;
	bool with_pending; /* the text's other unpublished changes go with this one */
	bool dry_run;
	bool adopt;	  /* new agents come into what the host has under their names */
	bool accept_risk; /* rules that allow more than they say are published all the same */
	int64_t now;
	struct advice *advice; /* gathers what is unwise; NULL: nobody asks */
	const char *by,
	    *command;  /* for those who ask later who made the generation, and how; NULL: nobody is told */
	bool progress; /* on standard error */
	retire_fn *may_retire;
	void *retire_data;
	step_fn *step;
	void *step_data;
};

#endif
