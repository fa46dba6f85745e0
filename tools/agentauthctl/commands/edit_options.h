/* SPDX-License-Identifier: Apache-2.0 */
/* edit_options.h: changes settings of the text by options: --owner, --role, --no-role, --key and so on. Each option names
 * its setting and how it changes it, so that a command's table of options is all there is to its editing. */
#ifndef AGENTAUTHCTL_EDIT_OPTIONS_H
#define AGENTAUTHCTL_EDIT_OPTIONS_H

#include "tools/agentauthctl/commands/ctl.h"

enum edit_how {
	EDIT_NONE = 0,
	EDIT_TEXT,    /* a string; "" takes the setting away */
	EDIT_RATE,    /* a string; "none" takes it away */
	EDIT_NUMBER,  /* "none" takes it away */
	EDIT_SECONDS, /* a number, also as 90m, 8h, 30d; "none" takes it away */
	EDIT_TIME,    /* "never" takes it away; also 2027-01-31, 90d */
	EDIT_TRUE,    /* the option's presence */
	EDIT_FALSE,
	EDIT_ALLOWED, /* the word "allowed" */
	EDIT_ADD,     /* an element of an array of strings */
	EDIT_DROP,
	EDIT_DROP_NOT_LAST, /* where an empty array would allow everything */
	EDIT_LIST,	    /* all elements, separated by commas */
	EDIT_KEY,	    /* a file with a public key; --kid and --key-expires belong to it */
	EDIT_NO_KEY,	    /* a kid */
	EDIT_BIND,	    /* ISSUER:CLIENT */
	EDIT_NO_BIND,
};

struct editing {
	struct ctl *ctl;
	const struct arguments *arguments;
	const struct model *model;
	const char *agent;  /* the agent whose text is edited; NULL: agentauth.conf */
	const char *prefix; /* before each setting's name: "roles.deploy." */
	struct conf_text *text;
	json_t *
	    gone; /* where good keys may make room for a new one, the kids of those that did; see agent_keys.h */
};

/* Changes the text by every option given that has a setting, in the order of the table. CTL_USAGE or
 * CTL_FAILED: reported. */
enum ctl_status edit_by_options(struct editing *editing, const struct option_spec *table);

#endif
