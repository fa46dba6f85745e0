/* SPDX-License-Identifier: Apache-2.0 */
/* edit_text.c changes one text and publishes the change, see edit_text.h. */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/agentauthctl/commands/ctl_publish.h"
#include "tools/agentauthctl/commands/edit_text.h"
#include "tools/agentauthctl/commands/retired.h"
#include "tools/conf/conf_edit.h"

/* ---- the workspace ------------------------------------------------------------------ */

enum ctl_status edit_in_workspace(struct ctl *ctl, const struct arguments *arguments, edit_fn *act)
{
	struct workspace workspace;
	enum ctl_status status = ctl_open(ctl, &workspace, true);

	if (status == CTL_DONE)
		status = act(ctl, &workspace, arguments);
	workspace_close(&workspace);
	return status;
}

static bool set_anything(const struct arguments *arguments)
{
	for (size_t i = 0; i < arguments->n_given; i++)
		if (arguments->given[i].option->setting)
			return true;
	return false;
}

enum ctl_status edit_run(struct ctl *ctl, const struct arguments *arguments, const char *command,
			 const char *example, edit_fn *act)
{
	if (!set_anything(arguments))
		return ctl_usage(
		    ctl, "nothing to set: name a setting, such as %s; agentauthctl %s --help lists them",
		    example, command);
	return edit_in_workspace(ctl, arguments, act);
}

/* ---- an edit -------------------------------------------------------------------------- */

static void begin(struct text_edit *edit, struct ctl *ctl, struct workspace *workspace,
		  const struct arguments *arguments, const char *kind, const char *name)
{
	bool is_agent = strcmp(kind, "agent") == 0;

	*edit = (struct text_edit){.workspace = workspace, .kind = kind, .name = name};
	edit->path = is_agent ? xstrdup("") : xasprintf("%ss.%s", kind, name);
	edit->prefix = is_agent ? xstrdup("") : xasprintf("%s.", edit->path);
	edit->editing = (struct editing){
	    ctl, arguments, &workspace->model, is_agent ? name : NULL, edit->prefix, &edit->text, NULL};
}

void edit_main_begin(struct text_edit *edit, struct ctl *ctl, struct workspace *workspace,
		     const struct arguments *arguments, const char *kind, const char *name)
{
	const struct conf_text *text = &workspace->model.file.text;

	begin(edit, ctl, workspace, arguments, kind, name);
	conf_text_set(&edit->text, text->path, text->bytes, text->len);
	conf_text_set(&edit->before, text->path, text->bytes, text->len);
}

void edit_agent_new(struct text_edit *edit, struct ctl *ctl, struct workspace *workspace,
		    const struct arguments *arguments, const char *name, const char *text)
{
	char *path = xasprintf("%s/%s" AGENT_SUFFIX, workspace->agents_dir, name);

	begin(edit, ctl, workspace, arguments, "agent", name);
	conf_text_set(&edit->text, path, text, strlen(text));
	free(path);
}

enum ctl_status edit_agent_begin(struct text_edit *edit, struct ctl *ctl, struct workspace *workspace,
				 const struct arguments *arguments, const char *name)
{
	char *base = xasprintf("%s" AGENT_SUFFIX, name);
	int r;

	begin(edit, ctl, workspace, arguments, "agent", name);
	r = conf_text_read(workspace->agents_fd, workspace->agents_dir, base, ctl->paths.owner,
			   &ctl->problems, &edit->text);
	free(base);
	if (r == 0)
		conf_text_set(&edit->before, edit->text.path, edit->text.bytes, edit->text.len);
	return r == 0 ? CTL_DONE : CTL_FAILED;
}

enum ctl_status edit_main_insert(struct text_edit *edit, const char *group)
{
	char *all = xasprintf("%ss", edit->kind), *groups = xasprintf("{\n\t%s = %s;\n}", edit->name, group);
	bool first = conf_edit_count(&edit->text, all) < 0;
	int r = conf_edit_set(&edit->text, first ? all : edit->path, first ? groups : group);

	free(all);
	free(groups);
	if (r == 0)
		return CTL_DONE;
	return ctl_fail(edit->editing.ctl,
			"the %s cannot be written into " CONF_FILE
			": the text there is not in order; agentauthctl check says where",
			edit->kind);
}

void edit_free(struct text_edit *edit)
{
	conf_text_free(&edit->text);
	conf_text_free(&edit->before);
	free(edit->path);
	free(edit->prefix);
}

/* The option of the same name without no- gives what this one took away. */
static void tell_way_back(const struct text_edit *edit)
{
	const struct arguments *arguments = edit->editing.arguments;
	bool is_agent = strcmp(edit->kind, "agent") == 0;
	struct buffer options = {0};

	for (size_t i = 0; i < arguments->n_given && !edit->restores; i++) {
		const struct given_option *g = &arguments->given[i];

		if (g->option->setting && strncmp(g->option->name, "no-", 3) == 0)
			ctl_put_option(&options, g->option->name + 3,
				       g->option->how == EDIT_NO_KEY ? "FILE" : g->value);
	}
	if (options.len)
		printf("agentauthctl %s%sset %s %s gives back what was taken.\n", is_agent ? "" : edit->kind,
		       is_agent ? "" : " ", edit->name, options.data);
	buffer_free(&options);
}

static enum ctl_status publish_edit(struct text_edit *edit, const char *done)
{
	struct ctl *ctl = edit->editing.ctl;
	const char *agent = edit->editing.agent;
	const struct text_change change = {.agent = agent,
					   .agent_text = agent && !edit->retires ? &edit->text : NULL,
					   .restores = edit->restores,
					   .main_text = agent ? NULL : &edit->text,
					   .before = &edit->before,
					   .role = strcmp(edit->kind, "role") == 0 ? edit->name : NULL,
					   .issuer = strcmp(edit->kind, "issuer") == 0 ? edit->name : NULL};
	struct publish_result result = {0};
	enum ctl_status status;

	ctl_answer(ctl, edit->kind, json_string(edit->name));
	status = ctl_change(ctl, edit->workspace, &change, agent, &result);
	if (!ctl->json && result.outcome == PUBLISH_DONE) {
		puts(done);
		tell_way_back(edit);
	}
	ctl_tell_published(ctl, &result, false);
	publish_result_free(&result);
	return status;
}

enum ctl_status edit_end(struct text_edit *edit, enum ctl_status status, const char *done, ...)
{
	va_list args;
	char *text;

	va_start(args, done);
	text = xvasprintf(done, args);
	va_end(args);
	if (status == CTL_DONE)
		status = publish_edit(edit, text);
	free(text);
	edit_free(edit);
	return status;
}

/* ---- what there is --------------------------------------------------------------------- */

static bool main_has(const struct workspace *workspace, const char *kind, const char *name)
{
	return strcmp(kind, "role") == 0 ? model_role(&workspace->model, name) != NULL
					 : model_issuer(&workspace->model, name) != NULL;
}

enum ctl_status edit_main_is_there(struct ctl *ctl, const struct workspace *workspace, const char *kind,
				   const char *name)
{
	if (main_has(workspace, kind, name))
		return CTL_DONE;
	return ctl_fail(ctl, "there is no %s %s; agentauthctl %s list shows those that there are", kind,
			quoted(name), kind);
}

enum ctl_status edit_main_is_new(struct ctl *ctl, const struct workspace *workspace, const char *kind,
				 const char *name)
{
	if (!main_has(workspace, kind, name))
		return CTL_DONE;
	return ctl_fail(ctl, "there is %s %s %s already; agentauthctl %s set %s changes it",
			strcmp(kind, "role") == 0 ? "a" : "an", kind, name, kind, name);
}

enum ctl_status edit_agent_is_there(struct ctl *ctl, const struct workspace *workspace, const char *name)
{
	const struct given_id *e = ids_by_name(&workspace->ids, ID_AGENT, name);

	if (agent_names_have(&workspace->names, name))
		return CTL_DONE;
	if (e && e->retired)
		return ctl_fail(ctl, "%s is retired; %s", name, retired_cure(e, ctl->now));
	if (e)
		return ctl_fail(ctl,
				"%s has no file in %s any more, which is not published: agentauthctl apply "
				"--yes retires it, or put its file back",
				name, workspace->agents_dir);
	return ctl_fail(ctl, "there is no agent %s; agentauthctl list shows those that there are",
			quoted(name));
}
