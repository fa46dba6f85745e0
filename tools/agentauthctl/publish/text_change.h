/* SPDX-License-Identifier: Apache-2.0 */
/* text_change.h is what a command changes in the text before the publishing. */
#ifndef AGENTAUTHCTL_TEXT_CHANGE_H
#define AGENTAUTHCTL_TEXT_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/conf/conf_text.h"

#define TEXT_BEFORE ".%s.before" /* the other name of a file's old text, until the change is published */
#define TEXT_RETIRED "%s.retired"

struct agent_text {
	const char *name; /* the agent's */
	struct conf_text text;
	bool gone; /* the file is taken away, to NAME.conf.retired */
};

/* agent_texts is sorted by name, and has no name twice. */
struct agent_texts {
	struct agent_text *v;
	size_t n, cap;
};

/* All zero is no change. */
struct text_change {
	const char *agent; /* this agent's file */
	/* the file's new text; NULL: the file is taken away, to NAME.conf.retired */
	const struct conf_text *agent_text;
	bool restores; /* the agent was retired, and has its name and uid again */
	const struct agent_texts
	    *texts; /* several agents' files, in the place of the two above; NULL: none */
	const struct conf_text *main_text; /* of agentauth.conf */
	const char *role, *issuer;	   /* the command is about this one there; NULL: about none */
	/* This text was there, of which the one above was made; without bytes: there was no file. NULL: any text. */
	const struct conf_text *before;
	/* The agents' files are a fleet's, whose text holds whatever somebody has written there and not published. */
	bool overrides;
	uint32_t
	    release; /* the change is to this release of the fleet, whose manifest has this digest; 0: to none */
	const char *release_digest;
};

/* text_change_of() returns the new text of the agent's file, or NULL where the change is not about that agent or takes
 * the file away. */
const struct conf_text *text_change_of(const struct text_change *change, const char *agent);
/* text_change_is_about() returns true where the agent's file is changed or taken away. */
bool text_change_is_about(const struct text_change *change, const char *agent);

#endif
