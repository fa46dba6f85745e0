/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_agent.c: register, set, retire: one agent's file, edited and published at once. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text/number.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/commands/edit_options.h"
#include "tools/agentauthctl/model/check_value.h"
#include "tools/agentauthctl/names/strangers.h"
#include "tools/conf/conf_edit.h"

/* ---- which uid ----------------------------------------------------------- */

struct taken {
	const struct model *model;
	const uint32_t *pending; /* uids in files that were never published */
	size_t n;
	struct stranger_ids *others;
};

static bool is_taken(const void *data, uint32_t id)
{
	const struct taken *t = data;

	if (model_id_is_given(t->model, id))
		return true;
	for (size_t i = 0; i < t->n; i++)
		if (t->pending[i] == id)
			return true;
	return strangers_have_id(t->others, id);
}

/* The uid in a file that somebody wrote and nobody has applied yet; 0: it cannot be told, and publishing will
 * say so. */
static uint32_t pending_uid(struct workspace *workspace, const char *name)
{
	struct problems ignored = {0};
	struct conf_file file = {0};
	struct arena arena = {0};
	struct aa_agent agent = {0};
	char *base = xasprintf("%s" AGENT_SUFFIX, name);

	if (conf_text_read(workspace->agents_fd, workspace->agents_dir, base, workspace->paths->owner,
			   &ignored, &file.text) == 0)
		agent_read(&workspace->model, name, &file, &arena, &ignored, &agent);
	free(base);
	problems_free(&ignored);
	conf_file_free(&file);
	arena_free(&arena);
	return (uint32_t)agent.uid;
}

/* The uid of a published agent is in the ids, so that only the files that are new to them are looked into. */
static uint32_t free_uid(struct workspace *workspace)
{
	const struct aa_accounts_policy *a = &workspace->model.host.accounts;
	struct stranger_ids others = {.sysconfdir = workspace->paths->sysconfdir};
	struct taken taken = {.model = &workspace->model, .others = &others};
	uint32_t *pending = NULL, uid;
	size_t cap = 0;

	for (size_t i = 0; i < workspace->names.n; i++) {
		if (ids_by_name(&workspace->ids, ID_AGENT, workspace->names.v[i]))
			continue;
		grow(&pending, &cap, taken.n + 1, sizeof(*pending));
		pending[taken.n++] = pending_uid(workspace, workspace->names.v[i]);
	}
	taken.pending = pending;
	uid = ids_lowest_free(&workspace->ids, (uint32_t)a->uid_min, (uint32_t)a->uid_max, is_taken, &taken);
	free(pending);
	return uid;
}

/* 0: reported. */
static uint32_t choose_uid(struct ctl *ctl, struct workspace *workspace, const struct arguments *arguments)
{
	const struct aa_accounts_policy *a = &workspace->model.host.accounts;
	const char *asked = arguments_value(arguments, "uid");
	uint32_t uid;
	int64_t id;

	if (asked && !aa_number_parse(asked, 1, INT32_MAX - 1, &id)) {
		ctl_error(ctl, "--uid %s: not a uid", quoted(asked));
		return 0;
	}
	if (asked)
		return (uint32_t)id;
	uid = free_uid(workspace);
	if (!uid)
		ctl_error(ctl,
			  "no uid from %lld to %lld is free; widen accounts.uid_min to uid_max in " CONF_FILE,
			  (long long)a->uid_min, (long long)a->uid_max);
	return uid;
}

/* ---- publishing the edited text ------------------------------------------ */

static enum ctl_status publish_agent(struct ctl *ctl, struct workspace *workspace, const char *name,
				     const struct conf_text *text, const char *done)
{
	const struct text_change change = {.agent = name, .agent_text = text};
	struct publish_result result = {0};
	enum ctl_status status = ctl_change(ctl, workspace, &change, name, &result);

	ctl_answer(ctl, "agent", json_string(name));
	if (!ctl->json && result.outcome == PUBLISH_DONE && done)
		puts(done);
	ctl_tell_published(ctl, &result, false);
	publish_result_free(&result);
	return status;
}

static bool check_word(struct ctl *ctl, const char *name)
{
	char why[256];

	if (check_agent_name(name, why, sizeof(why)))
		return true;
	ctl_error(ctl, "%s %s", quoted(name), why);
	return false;
}

/* ---- register ------------------------------------------------------------ */

static const struct option_spec register_options[] = {
#define AGENT_OPTIONS
#include "tools/agentauthctl/commands/setting_options.def"
    {"adopt", NULL, "it comes into what the host has under its name: groups, rules, tables of cron",
     EDIT_NONE, NULL},
    {"uid", "N", "its uid (the lowest that was never used)", EDIT_NONE, NULL},
    CTL_WITH_PENDING,
    {0},
};

static void hint_credential(const struct ctl *ctl, const char *name, const struct arguments *arguments)
{
	if (ctl->json || ctl->dry_run)
		return;
	if (!arguments_have(arguments, "role"))
		printf("It has no role yet, and can log in nowhere: agentauthctl set %s --role ROLE gives it "
		       "one.\n",
		       name);
	if (!arguments_have(arguments, "key") && !arguments_have(arguments, "bind"))
		printf("It has no key yet: agentauthctl set %s --key FILE registers one.\n", name);
}

static enum ctl_status register_agent(struct ctl *ctl, struct workspace *workspace,
				      const struct arguments *arguments)
{
	const char *name = arguments->words[0];
	uint32_t uid = choose_uid(ctl, workspace, arguments);
	struct conf_text text = {0};
	char when[32], *first, *path, *done;
	struct editing e = {ctl, arguments, &workspace->model, name, "", &text, NULL};
	enum ctl_status status;

	if (!uid)
		return CTL_FAILED;
	aa_utc_print(ctl->now, when);
	first = xasprintf("# Registered by %s, %.10s\nuid = %u;\n", ctl_who(), when, uid);
	path = xasprintf("%s/%s" AGENT_SUFFIX, workspace->agents_dir, name);
	done = xasprintf("%s is registered, with uid %u.", name, uid);
	conf_text_set(&text, path, first, strlen(first));
	status = edit_by_options(&e, register_options);
	if (status == CTL_DONE) {
		status = publish_agent(ctl, workspace, name, &text, done);
		ctl_answer(ctl, "uid", json_integer((json_int_t)uid));
		if (ctl->problems.errors == 0)
			hint_credential(ctl, name, arguments);
	}
	conf_text_free(&text);
	free(first);
	free(path);
	free(done);
	return status;
}

static bool was_retired(const struct workspace *workspace, const char *name)
{
	const struct id_entry *e = ids_by_name(&workspace->ids, ID_AGENT, name);

	return e && e->retired;
}

static int run_register(struct ctl *ctl, const struct arguments *arguments)
{
	const char *name = arguments->words[0];
	struct workspace workspace;
	enum ctl_status status;

	if (!check_word(ctl, name))
		return CTL_FAILED;
	status = ctl_open(ctl, &workspace, true);
	if (status == CTL_DONE && agent_names_have(&workspace.names, name))
		status =
		    ctl_fail(ctl, "%s is registered already; agentauthctl set %s changes it", name, name);
	else if (status == CTL_DONE)
		status = register_agent(ctl, &workspace, arguments);
	workspace_close(&workspace);
	return status;
}

const struct command cmd_register = {
    .name = "register",
    .words = "NAME",
    .min_words = 1,
    .max_words = 1,
    .summary = "make a new agent: its file in agents.d, published at once",
    .options = register_options,
    .run = run_register,
};

/* ---- set ----------------------------------------------------------------- */

static const struct option_spec set_options[] = {
#define AGENT_OPTIONS
#define OF_WHAT_IS_THERE
#include "tools/agentauthctl/commands/setting_options.def"
    CTL_WITH_PENDING,
    {0},
};

static enum ctl_status set_agent(struct ctl *ctl, struct workspace *workspace,
				 const struct arguments *arguments)
{
	const char *name = arguments->words[0];
	struct conf_text text = {0};
	char *base = xasprintf("%s" AGENT_SUFFIX, name), *done;
	struct editing e = {ctl, arguments, &workspace->model, name, "", &text, NULL};
	enum ctl_status status = CTL_FAILED;

	done = xasprintf("%s is changed. Logins that are open go on as they began.", name);
	if (conf_text_read(workspace->agents_fd, workspace->agents_dir, base, ctl->paths.owner,
			   &ctl->problems, &text) == 0)
		status = edit_by_options(&e, set_options);
	if (status == CTL_DONE)
		status = publish_agent(ctl, workspace, name, &text, done);
	conf_text_free(&text);
	free(base);
	free(done);
	return status;
}

static bool has_file(struct ctl *ctl, const struct workspace *workspace, const char *name)
{
	if (agent_names_have(&workspace->names, name))
		return true;
	if (was_retired(workspace, name))
		ctl_error(ctl, "%s is retired", name);
	else if (ids_by_name(&workspace->ids, ID_AGENT, name))
		ctl_error(ctl,
			  "%s has no file in %s any more, which is not published: agentauthctl apply --yes "
			  "retires it, "
			  "or put its file back",
			  name, workspace->agents_dir);
	else
		ctl_error(ctl, "there is no agent %s; agentauthctl list shows those that there are",
			  quoted(name));
	return false;
}

static enum ctl_status set_known_agent(struct ctl *ctl, struct workspace *workspace,
				       const struct arguments *arguments)
{
	return has_file(ctl, workspace, arguments->words[0]) ? set_agent(ctl, workspace, arguments)
							     : CTL_FAILED;
}

static int run_set(struct ctl *ctl, const struct arguments *arguments)
{
	if (!check_word(ctl, arguments->words[0]))
		return CTL_FAILED;
	return edit_run(ctl, arguments, "set", "--owner", set_known_agent);
}

const struct command cmd_set = {
    .name = "set",
    .words = "NAME",
    .values = "agents",
    .min_words = 1,
    .max_words = 1,
    .summary = "change settings of an agent, published at once",
    .about = "Only the bytes of the setting change; comments and layout of the file stay. An empty text "
	     "(--owner \"\"),\n"
	     "none and never take a setting away.",
    .options = set_options,
    .run = run_set,
};

/* ---- retire -------------------------------------------------------------- */

/* What was never published has used nothing up that could be kept from others. */
static bool was_published(struct ctl *ctl, const struct workspace *workspace, const char *name)
{
	if (ids_by_name(&workspace->ids, ID_AGENT, name))
		return true;
	ctl_error(ctl, "%s was never published, so that there is nothing to retire: remove %s/%s%s", name,
		  workspace->agents_dir, name, AGENT_SUFFIX);
	return false;
}

static int run_retire(struct ctl *ctl, const struct arguments *arguments)
{
	const char *name = arguments->words[0];
	struct workspace workspace;
	enum ctl_status status;
	char *done;

	if (!check_word(ctl, name))
		return CTL_FAILED;
	done = xasprintf("%s is retired: it gets in nowhere, and its name and uid are never given again.\n"
			 "Its files keep their owner; its text is kept as %s/%s%s.retired.\n"
			 "Connections that are open go on: agentauthctl session kill --agent %s ends them.",
			 name, AGENTS_DIR, name, AGENT_SUFFIX, name);
	status = ctl_open(ctl, &workspace, true);
	if (status == CTL_DONE)
		status = has_file(ctl, &workspace, name) && was_published(ctl, &workspace, name)
			     ? publish_agent(ctl, &workspace, name, NULL, done)
			     : CTL_FAILED;
	workspace_close(&workspace);
	/* What took a person's name by mistake gives it back at once. */
	if (status == CTL_DONE && ctl->problems.errors == 0 && !ctl->dry_run)
		ctl_withhold(ctl, name);
	free(done);
	return status;
}

const struct command cmd_retire = {
    .name = "retire",
    .words = "NAME",
    .values = "agents",
    .min_words = 1,
    .max_words = 1,
    .summary = "end an agent for good: its name and uid are never given again",
    .about = "Its file in agents.d becomes NAME.conf.retired, which is not read any more. The account stays "
	     "in passwd, so\n"
	     "that its files keep their owner's name, and nobody gets in as it. agentauthctl suspend is for "
	     "a while.",
    .options = (const struct option_spec[]){CTL_WITH_PENDING, {0}},
    .run = run_retire,
};
