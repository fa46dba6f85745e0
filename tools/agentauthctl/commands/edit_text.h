/* SPDX-License-Identifier: Apache-2.0 */
/* edit_text.h changes one text, agentauth.conf or an agent's file, and publishes the change.
 *
 *	edit_main_begin(&edit, ctl, workspace, arguments, "role", "deploy");
 *	status = edit_by_options(&edit.editing, options);
 *	return edit_end(&edit, status, "The role deploy is changed.");
 */
#ifndef AGENTAUTHCTL_EDIT_TEXT_H
#define AGENTAUTHCTL_EDIT_TEXT_H

#include "tools/agentauthctl/commands/edit_options.h"

struct text_edit {
	struct editing editing; /* for edit_by_options() */
	struct workspace *workspace;
	const char *kind, *name;       /* "agent", "role" or "issuer", and which */
	struct conf_text text, before; /* before: as the command read it */
	char *path;		       /* "roles.deploy"; "" in an agent's own text */
	char *prefix;		       /* "roles.deploy."; "" in an agent's own text */
	bool retires, restores;	       /* the agent's file is taken away, or comes back */
};

typedef enum ctl_status edit_fn(struct ctl *ctl, struct workspace *workspace,
				const struct arguments *arguments);

/* edit_in_workspace() opens the workspace for writing, and has `act` work in it. */
enum ctl_status edit_in_workspace(struct ctl *ctl, const struct arguments *arguments, edit_fn *act);

/* edit_run() does the same for a command that sets what its options say. `example` is an option of its table, which is
 * named where none is given; `command` is the command as it is typed. */
enum ctl_status edit_run(struct ctl *ctl, const struct arguments *arguments, const char *command,
			 const char *example, edit_fn *act);

/* Each begins with a text: edit_main_begin() with agentauth.conf, for the role or issuer `name`; edit_agent_new() with
 * the first text of an agent; edit_agent_begin() with the agent's file, which may be unreadable (CTL_FAILED: reported).
 * edit_end() or edit_free() follows in any case. */
void edit_main_begin(struct text_edit *edit, struct ctl *ctl, struct workspace *workspace,
		     const struct arguments *arguments, const char *kind, const char *name);
void edit_agent_new(struct text_edit *edit, struct ctl *ctl, struct workspace *workspace,
		    const struct arguments *arguments, const char *name, const char *text);
enum ctl_status edit_agent_begin(struct text_edit *edit, struct ctl *ctl, struct workspace *workspace,
				 const struct arguments *arguments, const char *name);

/* edit_main_insert() writes the role or issuer as `group`, "{ … }", as a person would. */
enum ctl_status edit_main_insert(struct text_edit *edit, const char *group);

/* edit_end() publishes the text where `status` is CTL_DONE, says what was done, and frees the edit. */
enum ctl_status edit_end(struct text_edit *edit, enum ctl_status status, const char *done, ...)
    __attribute__((format(printf, 3, 4)));
void edit_free(struct text_edit *edit);

/* These return CTL_FAILED, and report, for a role or issuer that there is not, or that there is already, and for an
 * agent without a file. */
enum ctl_status edit_main_is_there(struct ctl *ctl, const struct workspace *workspace, const char *kind,
				   const char *name);
enum ctl_status edit_main_is_new(struct ctl *ctl, const struct workspace *workspace, const char *kind,
				 const char *name);
enum ctl_status edit_agent_is_there(struct ctl *ctl, const struct workspace *workspace, const char *name);

#endif
