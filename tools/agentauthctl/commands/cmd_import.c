/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_import.c registers the agents that a file brings, CSV or JSON: all of them in one publish, or none. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/text/sort.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/commands/ctl_publish.h"
#include "tools/agentauthctl/commands/edit_text.h"
#include "tools/agentauthctl/commands/free_uid.h"
#include "tools/agentauthctl/commands/given_file.h"
#include "tools/agentauthctl/import/import.h"
#include "tools/agentauthctl/import/import_text.h"
#include "tools/agentauthctl/model/check_value.h"
#include "tools/agentauthctl/publish/agent_keys.h"
#include "tools/conf/conf_edit.h"

#define IMPORT_MAX ((size_t)64 * 1024 * 1024)

struct importing {
	struct ctl *ctl;
	struct workspace *workspace;
	const struct arguments *arguments;
	struct import import;
	const struct import_agent **by_name; /* those whose names may be, sorted */
	size_t n;
	struct agent_texts texts; /* of these, in the same order */
	struct conf_text main;	  /* agentauth.conf with roles and issuers that FILE brings; no path: none */
	size_t updated;
};

/* ---- names and uids ---------------------------------------------------------------- */

static int compare_agents(const void *a, const void *b)
{
	const struct import_agent *const *x = a, *const *y = b;
	int by_name = strcmp((*x)->name, (*y)->name);

	return by_name ? by_name : (*x > *y) - (*x < *y);
}

static bool may_be_updated(const struct importing *im, const struct import_agent *agent)
{
	if (!agent_names_have(&im->workspace->names, agent->name) || arguments_have(im->arguments, "update"))
		return true;
	import_wrong(&im->import, agent, "name", "%s is registered already; --update changes it",
		     agent->name);
	return false;
}

/* drop_twice() reports what is there twice, and keeps the first. */
static void drop_twice(struct importing *im)
{
	size_t kept = 0;

	for (size_t i = 0; i < im->n; i++) {
		struct position first;
		bool given;

		if (kept == 0 || strcmp(im->by_name[kept - 1]->name, im->by_name[i]->name) != 0) {
			im->by_name[kept++] = im->by_name[i];
			continue;
		}
		import_position(&im->import, im->by_name[kept - 1], "name", &first, &given);
		import_wrong(&im->import, im->by_name[i], "name", "%s is there twice, first in line %u",
			     im->by_name[i]->name, first.line);
	}
	im->n = kept;
}

static void check_names(struct importing *im)
{
	im->by_name = xcalloc(im->import.n + 1, sizeof(*im->by_name));
	for (size_t i = 0; i < im->import.n; i++) {
		const struct import_agent *agent = &im->import.v[i];
		char why[256];

		if (!*agent->name)
			continue; /* which has been reported */
		if (!check_agent_name(agent->name, why, sizeof(why)))
			import_wrong(&im->import, agent, "name", "%s %s", quoted(agent->name), why);
		else if (may_be_updated(im, agent))
			im->by_name[im->n++] = agent;
	}
	aa_sort(im->by_name, im->n, sizeof(*im->by_name), compare_agents);
	drop_twice(im);
}

/* Agents get free uids in the order of the file. */
static void choose_uids(struct importing *im)
{
	struct free_uids uids;
	uint32_t uid = 1;

	free_uids_begin(&uids, im->workspace);
	for (size_t i = 0; i < im->import.n; i++) {
		json_t *given = json_object_get(im->import.v[i].settings, "uid");

		if (json_is_integer(given))
			free_uids_reserve(&uids, (uint32_t)json_integer_value(given));
	}
	for (size_t i = 0; i < im->import.n && uid; i++) {
		const struct import_agent *agent = &im->import.v[i];

		if (json_object_get(agent->settings, "uid") || !*agent->name ||
		    agent_names_have(&im->workspace->names, agent->name))
			continue;
		uid = free_uids_next(&uids);
		json_object_set_new(agent->settings, "uid", json_integer((json_int_t)uid));
	}
	free_uids_end(&uids);
}

/* ---- texts --------------------------------------------------------------------------- */

static void put_setting(struct buffer *text, const char *name, const json_t *value)
{
	char *as_text = import_setting(name, value);

	buffer_printf(text, "%s = %s;\n", name, as_text);
	free(as_text);
}

static void write_new(const struct importing *im, const struct import_agent *agent, const char *path,
		      struct conf_text *ret)
{
	struct buffer text = {0};
	char when[32];
	const char *name;
	json_t *value;

	if (agent->file && conf_tree_find(&agent->file->tree, &agent->file->text, "uid") > 0) {
		conf_text_set(ret, path, agent->file->text.bytes, agent->file->text.len);
		return;
	}
	aa_utc_print(im->ctl->now, when);
	buffer_printf(&text, "# Imported by %s, %.10s\n", ctl_who(), when);
	put_setting(&text, "uid", json_object_get(agent->settings, "uid"));
	json_object_foreach(agent->settings, name, value)
	{
		if (strcmp(name, "uid") != 0)
			put_setting(&text, name, value);
	}
	conf_text_set(ret, path, text.data, text.len);
	buffer_free(&text);
}

/* has_these_keys() returns true where the agent has these keys and no other, so that what its text says of them stays. */
static bool has_these_keys(const struct importing *im, const char *name, const struct conf_text *text,
			   const json_t *keys)
{
	struct agent_now now;
	size_t i, found = 0;
	json_t *key;

	agent_now_read(&im->workspace->model, name, text, &now);
	json_array_foreach(keys, i, key)
	{
		const char *pem = json_string_value(json_object_get(key, "pem"));

		found += pem && json_object_size(key) == 2 && agent_key_index(&now.agent, pem) >= 0;
	}
	found = found == json_array_size(keys) && found == now.agent.keys.n;
	agent_now_free(&now);
	return found;
}

static int update(const struct importing *im, const struct import_agent *agent, struct conf_text *ret)
{
	char *base = xasprintf("%s" AGENT_SUFFIX, agent->name);
	int r = conf_text_read(im->workspace->agents_fd, im->workspace->agents_dir, base,
			       im->ctl->paths.owner, &im->ctl->problems, ret);
	const char *name;
	json_t *value;

	free(base);
	json_object_foreach(agent->settings, name, value)
	{
		char *as_text;

		if (r < 0 || (strcmp(name, "keys") == 0 && has_these_keys(im, agent->name, ret, value)))
			continue;
		as_text = import_setting(name, value);
		r = conf_edit_set(ret, name, as_text);
		if (r < 0)
			import_wrong(
			    &im->import, agent, name,
			    "cannot be set in %s: the text there is not in order; agentauthctl check says "
			    "where",
			    ret->path);
		free(as_text);
	}
	return r;
}

static void make_texts(struct importing *im)
{
	im->texts.v = xcalloc(im->n + 1, sizeof(*im->texts.v));
	for (size_t i = 0; i < im->n; i++) {
		const struct import_agent *agent = im->by_name[i];
		struct agent_text *text = &im->texts.v[im->texts.n];
		char *path = xasprintf("%s/%s" AGENT_SUFFIX, im->workspace->agents_dir, agent->name);

		text->name = agent->name;
		if (!agent_names_have(&im->workspace->names, agent->name))
			write_new(im, agent, path, &text->text);
		else if (update(im, agent, &text->text) == 0)
			im->updated++;
		else
			conf_text_free(&text->text);
		im->texts.n += text->text.path != NULL;
		free(path);
	}
}

/* ---- roles, issuers, ids ----------------------------------------------------------------- */

/* has_equal() says whether agentauth.conf has the role or issuer, and in *ret_equal whether with the same settings. */
static bool has_equal(const struct importing *im, const char *path, const json_t *group, bool *ret_equal)
{
	const config_setting_t *has = config_lookup(&im->workspace->model.file.config, path);
	json_t *ours = has && config_setting_is_group(has) ? export_group(has) : NULL;

	*ret_equal = ours && json_equal(ours, group);
	json_decref(ours);
	return has != NULL;
}

static void bring_group(struct importing *im, const char *kinds, const char *name, const json_t *group)
{
	char *path = xasprintf("%s.%s", kinds, name), *text;
	struct position position;
	bool equal, given, has = has_equal(im, path, group, &equal);

	import_main_position(&im->import, path, &position, &given);
	if (has && !equal && !arguments_have(im->arguments, "update")) {
		problem_error(
		    &im->ctl->problems, &position,
		    "this host has it with other settings; --update has those of %s take their place",
		    im->import.file);
	} else if (!equal) {
		text = import_group(group);
		if (conf_edit_set(&im->main, path, text) < 0)
			problem_error(&im->ctl->problems, &position, "cannot be set in %s", im->main.path);
		free(text);
	}
	free(path);
}

static void bring_groups(struct importing *im, const char *kinds, const json_t *groups)
{
	json_t *object = (json_t *)(uintptr_t)groups, *group;
	const char *name;

	json_object_foreach(object, name, group)
	{
		bring_group(im, kinds, name, group);
	}
}

/* Roles grant, so that they come along only where that is asked for. */
static void bring_roles(struct importing *im)
{
	const struct conf_text *text = &im->workspace->model.file.text;

	if (!arguments_have(im->arguments, "roles"))
		return;
	conf_text_set(&im->main, text->path, text->bytes, text->len);
	bring_groups(im, "issuers", im->import.issuers);
	bring_groups(im, "roles", im->import.roles);
	if (im->main.len == text->len && memcmp(im->main.bytes, text->bytes, text->len) == 0)
		conf_text_free(&im->main);
}

/* bring_ids() leaves alone what this host gave otherwise; an agent of FILE that is about it is refused when it is published. */
static void bring_ids(struct importing *im)
{
	for (size_t i = 0; i < im->import.n_ids; i++) {
		const struct given_id *id = &im->import.ids[i];
		char why[256];

		if (id->kind != ID_GROUP && !ids_bring(&im->workspace->ids, id, why, sizeof(why)))
			ctl_warning(im->ctl, "%s %s, %u, is not kept for itself here: %s",
				    id_kind_name(id->kind), id->name, id->id, why);
	}
}

/* ---- publishing ------------------------------------------------------------------------ */

static const struct import_agent *agent_of(const struct importing *im, const char *file)
{
	for (size_t low = 0, high = im->n; low < high;) {
		size_t middle = (low + high) / 2;
		char *path =
		    xasprintf("%s/%s" AGENT_SUFFIX, im->workspace->agents_dir, im->by_name[middle]->name);
		int order = strcmp(file, path);

		free(path);
		if (order == 0)
			return im->by_name[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static void point(struct problem *p, const struct position *position)
{
	free(p->file);
	p->file = xstrdup(position->file);
	p->line = position->line;
	p->column = position->column;
}

static void point_to_group(const struct importing *im, struct problem *p)
{
	struct position position;
	bool given = false;

	if (im->main.path && p->file && p->setting && strcmp(p->file, im->main.path) == 0)
		import_main_position(&im->import, p->setting, &position, &given);
	if (given)
		point(p, &position);
}

/* point_to_import() has what is wrong with a text that was made here point to what it was made of: that is where a
 * person mends it. */
static void point_to_import(const struct importing *im)
{
	for (size_t i = 0; i < im->ctl->problems.n; i++) {
		struct problem *p = &im->ctl->problems.v[i];
		const struct import_agent *agent = p->file ? agent_of(im, p->file) : NULL;
		struct position position;
		bool given;

		if (!agent) {
			point_to_group(im, p);
			continue;
		}
		import_position(&im->import, agent, p->setting ? p->setting : "name", &position, &given);
		if (!given && agent_names_have(&im->workspace->names, agent->name) &&
		    arguments_have(im->arguments, "update"))
			continue; /* of what the agent had before */
		point(p, &position);
	}
}

static void answer(struct importing *im, const struct publish_result *result)
{
	if (!im->ctl->json && result->outcome == PUBLISH_DONE)
		printf("%zu agent%s imported: %zu new, %zu changed.\n", im->texts.n,
		       im->texts.n == 1 ? " is" : "s are", im->texts.n - im->updated, im->updated);
	ctl_answer(im->ctl, "imported", json_integer((json_int_t)im->texts.n));
	ctl_tell_published(im->ctl, result, true);
}

static bool lacks_roles(const struct importing *im)
{
	json_t *roles = (json_t *)(uintptr_t)im->import.roles, *role;
	const char *name;

	json_object_foreach(roles, name, role)
	{
		if (role && !model_role(&im->workspace->model, name))
			return !arguments_have(im->arguments, "roles");
	}
	return false;
}

/* Where something is wrong already, the rest is looked at all the same, and nothing is written. */
static enum ctl_status publish_texts(struct importing *im)
{
	const struct text_change change = {.texts = &im->texts,
					   .main_text = im->main.path ? &im->main : NULL};
	bool dry_run = im->ctl->dry_run;
	struct publish_result result = {0};
	enum ctl_status status;

	im->ctl->dry_run = dry_run || im->ctl->problems.errors > 0;
	status = ctl_change(im->ctl, im->workspace, &change, NULL, &result);
	im->ctl->dry_run = dry_run;
	point_to_import(im);
	if (im->ctl->problems.errors == 0)
		answer(im, &result);
	else if (lacks_roles(im))
		ctl_error(im->ctl, "%s also has roles that this host lacks; --roles takes them over",
			  im->import.file);
	publish_result_free(&result);
	return im->ctl->problems.errors ? CTL_FAILED : status;
}

static enum ctl_status import_agents(struct importing *im)
{
	if (im->import.n == 0 && im->ctl->problems.errors == 0)
		return ctl_fail(im->ctl, "%s has no agent in it", im->import.file);
	check_names(im);
	bring_ids(im);
	choose_uids(im);
	bring_roles(im);
	make_texts(im);
	return publish_texts(im);
}

static void importing_free(struct importing *im)
{
	for (size_t i = 0; i < im->texts.n; i++)
		conf_text_free(&im->texts.v[i].text);
	free(im->texts.v);
	free(im->by_name);
	conf_text_free(&im->main);
	import_free(&im->import);
}

/* ---- the command -------------------------------------------------------------------------- */

static enum ctl_status in_workspace(struct importing *im)
{
	struct workspace workspace;
	enum ctl_status status = ctl_open(im->ctl, &workspace, true);

	im->workspace = &workspace;
	if (status == CTL_DONE)
		status = import_agents(im);
	workspace_close(&workspace);
	return status;
}

/* The file is read, and all that can be told of it by itself is found, before the lock is taken. */
static enum ctl_status read_input(struct importing *im, const char *file, struct buffer *bytes)
{
	struct stat st;
	char *tree;

	if (strcmp(file, "-") != 0 && stat(file, &st) == 0 && S_ISDIR(st.st_mode)) {
		tree = realpath(file, NULL);
		if (!tree)
			return ctl_fail(im->ctl, "%s cannot be read: %s", quoted(file), strerror(errno));
		import_read_tree(&im->import, tree, im->ctl->paths.owner);
		free(tree);
	} else if (ctl_read_file(im->ctl, file, IMPORT_MAX, bytes) == 0) {
		import_read(&im->import, bytes->data ? bytes->data : "", bytes->len);
	} else {
		return CTL_FAILED;
	}
	progress_end(&im->import.progress);
	return CTL_DONE;
}

static int run_import(struct ctl *ctl, const struct arguments *arguments)
{
	const char *file = arguments->words[0];
	struct importing im = {
	    .ctl = ctl,
	    .arguments = arguments,
	    .import = {.file = strcmp(file, "-") == 0 ? "standard input" : file,
		       .now = ctl->now,
		       .problems = &ctl->problems,
		       .progress = {.program = "agentauthctl", .what = "agents read", .off = ctl->json}}};
	struct buffer bytes = {0};
	enum ctl_status status = read_input(&im, file, &bytes);

	if (status == CTL_DONE)
		status = in_workspace(&im);
	importing_free(&im);
	if (bytes.data)
		explicit_bzero(bytes.data, bytes.len);
	buffer_free(&bytes);
	return status;
}

const struct command cmd_import = {
    .name = "import",
    .also = "load",
    .words = "FILE",
    .min_words = 1,
    .max_words = 1,
    .summary = "register the agents that a file brings, all of them at once or none",
    .about =
	"FILE is CSV, whose first line names the columns (name, uid, owner, roles, keys and so on, as the "
	"settings of an agent), JSON as export --json writes it, or a directory that export --to made; - is "
	"standard input. A cell with several values has semicolons between them. An agent without a uid gets "
	"the lowest that was never used. --dry-run shows what would be published.",
    .options =
	(const struct option_spec[]){
	    {"update", NULL, "change agents that are registered already: settings that FILE has for them", 0,
	     NULL},
	    {"roles", NULL, "take over roles and issuers as well that an export has", 0, NULL},
	    {"accept-risk", NULL, "publish rules that allow more than they say", 0, NULL},
	    {"adopt", NULL,
	     "they come into what the host has under their names: groups, rules, tables of cron", 0, NULL},
	    CTL_WITH_PENDING,
	    {0}},
    .run = run_import,
};
