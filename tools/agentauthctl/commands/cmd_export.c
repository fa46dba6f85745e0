/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_export.c hands out agents, roles, issuers and the ids that were ever given, for another host's import. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/jose/key_form.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/commands/ctl_publish.h"
#include "tools/agentauthctl/commands/edit_text.h"
#include "tools/agentauthctl/import/import_text.h"
#include "tools/agentauthctl/publish/agent_keys.h"

struct exporting {
	struct ctl *ctl;
	struct workspace *workspace;
	const struct arguments *arguments;
	int dir_fd, agents_fd; /* of the tree; -1: none is written */
	json_t *agents;	       /* NULL: none is made */
};

/* ---- what is handed out ----------------------------------------------------------- */

/* A comment may hold anything, and one kind of secret is known by its form. */
static enum ctl_status is_public(struct ctl *ctl, const struct conf_text *text)
{
	const struct aa_private_form *form = aa_private_form(text->bytes, text->len);

	if (!form)
		return CTL_DONE;
	return ctl_fail(ctl, "%s holds a private key (%s), so that nothing is exported; take it out there",
			text->path, form->name);
}

static enum ctl_status write_file(struct ctl *ctl, int dirfd, const char *name, const char *bytes, size_t len)
{
	int r = conf_text_write_unsynced(dirfd, name, bytes, len);

	return r == 0 ? CTL_DONE : ctl_fail(ctl, "%s cannot be written: %s", quoted(name), strerror(-r));
}

static void add_json(struct exporting *x, const char *agent, const struct conf_text *text)
{
	json_t *json = json_pack("{s:s}", "name", agent), *settings;
	struct agent_now now;

	agent_now_read(&x->workspace->model, agent, text, &now);
	settings = now.file.has_config ? export_group(config_root_setting(&now.file.config)) : json_object();
	json_object_update(json, settings);
	json_array_append_new(x->agents, json);
	json_decref(settings);
	agent_now_free(&now);
}

static enum ctl_status export_agent(struct exporting *x, const char *agent)
{
	const struct workspace *ws = x->workspace;
	char *base = xasprintf("%s" AGENT_SUFFIX, agent);
	struct conf_text text = {0};
	enum ctl_status status = CTL_FAILED;

	if (conf_text_read(ws->agents_fd, ws->agents_dir, base, ws->paths->owner, ws->problems, &text) == 0)
		status = is_public(x->ctl, &text);
	if (status == CTL_DONE && x->agents_fd >= 0)
		status = write_file(x->ctl, x->agents_fd, base, text.bytes, text.len);
	else if (status == CTL_DONE && x->agents)
		add_json(x, agent, &text);
	conf_text_free(&text);
	free(base);
	return status;
}

static enum ctl_status export_agents(struct exporting *x)
{
	const struct agent_names *all = &x->workspace->names;
	const struct arguments *a = x->arguments;
	enum ctl_status status = CTL_DONE;

	for (size_t i = 0; i < a->n_words && status == CTL_DONE; i++)
		status = export_agent(x, a->words[i]);
	for (size_t i = 0; a->n_words == 0 && i < all->n && status == CTL_DONE; i++)
		status = export_agent(x, all->v[i]);
	return status;
}

/* ---- ids --------------------------------------------------------------------------- */

static json_t *ids_json(const struct ids *ids)
{
	json_t *list = json_array();
	char when[32];

	for (size_t i = 0; i < ids->n; i++) {
		const struct given_id *e = &ids->v[i];

		aa_utc_print(e->time, when);
		if (e->kind != ID_GROUP)
			json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:b, s:s}", "kind",
							      id_kind_name(e->kind), "name", e->name, "id",
							      (json_int_t)e->id, "retired", e->retired,
							      "time", when));
	}
	return list;
}

/* ---- JSON and tree ------------------------------------------------------------------- */

static void answer_groups(struct exporting *x, const char *kinds)
{
	const config_setting_t *groups = config_lookup(&x->workspace->model.file.config, kinds);

	ctl_answer(x->ctl, kinds, groups ? export_group(groups) : json_object());
}

static enum ctl_status export_json(struct exporting *x)
{
	enum ctl_status status;

	x->agents = json_array();
	status = export_agents(x);
	if (status != CTL_DONE) {
		json_decref(x->agents);
		return status;
	}
	ctl_answer(x->ctl, "from", json_string(x->workspace->facts.fqdn));
	ctl_answer(x->ctl, "agents", x->agents);
	answer_groups(x, "roles");
	answer_groups(x, "issuers");
	ctl_answer(x->ctl, "ids", ids_json(&x->workspace->ids));
	return CTL_DONE;
}

static enum ctl_status make_folder(struct ctl *ctl, int at, const char *path, int *ret_fd)
{
	if (mkdirat(at, path, 0750) < 0)
		return ctl_fail(ctl, "%s cannot be made: %s%s", quoted(path), strerror(errno),
				errno == EEXIST ? "; --to takes a directory that is not there yet" : "");
	*ret_fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *ret_fd >= 0 ? CTL_DONE
			    : ctl_fail(ctl, "%s cannot be opened: %s", quoted(path), strerror(errno));
}

static enum ctl_status fill_tree(struct exporting *x)
{
	const struct conf_text *main_text = &x->workspace->model.file.text;
	char *ids = ids_text(&x->workspace->ids);
	enum ctl_status status = export_agents(x);

	if (status == CTL_DONE)
		status = write_file(x->ctl, x->dir_fd, CONF_FILE, main_text->bytes, main_text->len);
	if (status == CTL_DONE)
		status = write_file(x->ctl, x->dir_fd, "ids", ids, strlen(ids));
	if (status == CTL_DONE && syncfs(x->dir_fd) < 0)
		status = ctl_fail(x->ctl, "what was written is not on the disk: %s", strerror(errno));
	free(ids);
	return status;
}

static enum ctl_status export_tree(struct exporting *x, const char *dir)
{
	size_t n = x->arguments->n_words ? x->arguments->n_words : x->workspace->names.n;
	enum ctl_status status = is_public(x->ctl, &x->workspace->model.file.text);

	/* All of it is read before a part of it is written. */
	if (status == CTL_DONE)
		status = export_agents(x);
	if (status == CTL_DONE)
		status = make_folder(x->ctl, AT_FDCWD, dir, &x->dir_fd);
	if (status == CTL_DONE)
		status = make_folder(x->ctl, x->dir_fd, AGENTS_DIR, &x->agents_fd);
	if (status == CTL_DONE)
		status = fill_tree(x);
	if (x->agents_fd >= 0)
		close(x->agents_fd);
	if (x->dir_fd >= 0)
		close(x->dir_fd);
	if (status == CTL_DONE)
		printf("%zu agent%s exported to %s. On another host: agentauthctl import %s --roles\n", n,
		       n == 1 ? " is" : "s are", dir, dir);
	return status;
}

/* ---- the command ------------------------------------------------------------------------ */

/* Another host must not get what this one does not serve, such as a colleague's half an edit. */
static enum ctl_status is_published(struct ctl *ctl, struct workspace *workspace)
{
	struct publish_options options = {.dry_run = true, .accept_risk = true, .now = ctl->now};
	struct publish_result result = {0};
	enum ctl_status status = CTL_FAILED;

	publish(workspace, &options, &result);
	if (result.outcome == PUBLISH_UNCHANGED)
		status = CTL_DONE;
	else if (result.outcome != PUBLISH_FAILED)
		ctl_error(ctl, "the text holds something that is not published, so that nothing is exported: "
			       "agentauthctl diff shows it, agentauthctl apply publishes it");
	publish_result_free(&result);
	return status;
}

static enum ctl_status are_there(struct ctl *ctl, struct workspace *workspace,
				 const struct arguments *arguments)
{
	enum ctl_status status = CTL_DONE;

	for (size_t i = 0; i < arguments->n_words; i++)
		if (edit_agent_is_there(ctl, workspace, arguments->words[i]) != CTL_DONE)
			status = CTL_FAILED;
	return status;
}

static int run_export(struct ctl *ctl, const struct arguments *arguments)
{
	const char *dir = arguments_value(arguments, "to");
	struct workspace workspace;
	struct exporting x = {
	    .ctl = ctl, .workspace = &workspace, .arguments = arguments, .dir_fd = -1, .agents_fd = -1};
	enum ctl_status status;

	if (!dir == !ctl->json)
		return ctl_usage(ctl, "say where to: --to DIR makes a directory, --json prints JSON");
	status = ctl_open(ctl, &workspace, false);
	if (status == CTL_DONE)
		status = is_published(ctl, &workspace);
	if (status == CTL_DONE)
		status = are_there(ctl, &workspace, arguments);
	if (status == CTL_DONE && dir && ctl->dry_run)
		printf("%s would be made.\n", dir);
	else if (status == CTL_DONE)
		status = dir ? export_tree(&x, dir) : export_json(&x);
	workspace_close(&workspace);
	return status;
}

const struct command cmd_export = {
    .name = "export",
    .words = "[NAME...]",
    .values = "agents",
    .max_words = 4096,
    .summary = "hand out agents, for another host's import",
    .about = "All agents, or those named, with the roles, the issuers and the ids that were ever given, so "
	     "that the "
	     "other host gives none of them to somebody else. No secret is among it: keys are public, and "
	     "what was "
	     "suspended or revoked stays here.",
    .options =
	(const struct option_spec[]){{"to", "DIR", "make this directory, as the configuration's is", 0, NULL},
				     {0}},
    .run = run_export,
};
