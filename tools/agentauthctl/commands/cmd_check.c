/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_check.c names every mistake of the configuration in one run, and what is unwise in it, and publishes nothing. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text/sort.h"
#include "tools/agentauthctl/commands/ctl.h"
#include "tools/agentauthctl/commands/ctl_publish.h"
#include "tools/agentauthctl/publish/advice.h"
#include "tools/agentauthctl/publish/build.h"
#include "tools/agentauthctl/publish/newcomers.h"
#include "tools/agentauthctl/publish/record.h"

/* name_of_file() returns the agent's name of DIR/NAME.conf; the caller frees. It returns NULL where the failure was
 * reported. */
static char *name_of_file(struct ctl *ctl, const char *file)
{
	const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file;
	size_t len = strlen(base), suffix = strlen(AGENT_SUFFIX);

	if (len > suffix && strcmp(base + len - suffix, AGENT_SUFFIX) == 0)
		return xstrndup(base, len - suffix);
	ctl_error(ctl, "%s is not named after an agent, like builder-7.conf", quoted(file));
	return NULL;
}

/* ---- what was found --------------------------------------------------------- */

/* compare() puts problems in the order in which a person goes through the files. */
static int compare(const void *a, const void *b)
{
	const struct problem *x = a, *y = b;
	int r = x->file && y->file ? strcmp(x->file, y->file) : !x->file - !y->file;

	if (r == 0)
		r = x->line != y->line ? (x->line < y->line ? -1 : 1)
				       : (x->column > y->column) - (x->column < y->column);
	return r ? r : strcmp(x->what, y->what);
}

/* A setting that a file lacks stands nowhere in it; editors that jump to a mistake want a line all the same. */
static void give_a_line(struct problem *problem)
{
	size_t len = problem->file ? strlen(problem->file) : 0, suffix = strlen(AGENT_SUFFIX);

	if (!problem->line && len > suffix && strcmp(problem->file + len - suffix, AGENT_SUFFIX) == 0)
		problem->line = problem->column = 1;
}

static json_t *as_json(const struct problem *p)
{
	json_t *o =
	    json_pack("{s:s, s:s*, s:s*, s:s, s:s}", "severity", p->warning ? "warning" : "error", "file",
		      p->file, "setting", p->setting, "code", problem_code(p), "message", p->what);

	if (o && p->line) {
		json_object_set_new(o, "line", json_integer((json_int_t)p->line));
		json_object_set_new(o, "column", json_integer((json_int_t)p->column));
	}
	return o;
}

static void answer_problems(struct ctl *ctl)
{
	struct problems *problems = &ctl->problems;
	json_t *list = json_array();

	for (size_t i = 0; i < problems->n; i++)
		give_a_line(&problems->v[i]);
	aa_sort(problems->v, problems->n, sizeof(*problems->v), compare);
	for (size_t i = 0; i < problems->n; i++)
		json_array_append_new(list, as_json(&problems->v[i]));
	ctl_answer(ctl, "problems", list);
}

static void say_count(const struct ctl *ctl, bool strict)
{
	const struct problems *p = &ctl->problems;

	if (ctl->json || p->errors + p->warnings == 0 || (p->errors == 1 && !p->warnings))
		return;
	if (p->errors)
		printf("%zu mistake%s%s", p->errors, p->errors == 1 ? "" : "s", p->warnings ? ", " : "");
	if (p->warnings)
		printf("%zu warning%s", p->warnings, p->warnings == 1 ? "" : "s");
	puts(p->errors ? ":"
	     : strict  ? ", which --strict does not let pass:"
		       : ", with which it can be published:");
}

/* ---- checking --------------------------------------------------------------- */

/* An agent's file that is checked by itself need not be in agents.d. It is held against agentauth.conf and the ids. */
static enum ctl_status check_file(struct ctl *ctl, struct workspace *workspace, const char *file)
{
	struct conf_file conf = {0};
	struct arena arena = {0};
	struct buffer bytes = {0}, record = {0}, ssh = {0};
	struct key_memo *memo = key_memo_new();
	char *name = name_of_file(ctl, file), why[384];
	struct newcomers newcomers = {0};
	struct aa_agent agent;
	bool in_order = false;
	int r;

	if (!name || ctl_read_input(ctl, file, &bytes) < 0)
		goto out;
	buffer_add(&bytes, "", 0);
	conf_text_set(&conf.text, file, bytes.data, bytes.len);
	if (memchr(bytes.data, '\0', bytes.len)) {
		ctl_error(ctl, "%s holds a NUL byte; it is not a text file", quoted(file));
		goto out;
	}
	r = agent_read(&workspace->model, name, &conf, &arena, &ctl->problems, &agent);
	if (r == 0) {
		if (!ids_by_name(&workspace->ids, ID_AGENT, name))
			newcomers_add_agent(&newcomers, name, (uint32_t)agent.uid, false);
		record_agent(&agent, &conf, memo, &ctl->problems, &record, &ssh);
		if (!ids_claim(&workspace->ids, ID_AGENT, name, (uint32_t)agent.uid, why, sizeof(why)))
			conf_error(&conf, &ctl->problems, "uid", "%s", why);
		newcomers_check(&newcomers, workspace, ctl->adopt);
		if (ctl->problems.errors == 0)
			advice_agent(ctl->advice, &workspace->model, &agent, &conf, memo,
				     &ctl->advice->problems);
	}
	in_order = ctl->problems.errors == 0;
	if (in_order && !ctl->json)
		printf("%s is in order.\n", file);
out:
	free(name);
	buffer_free(&bytes);
	buffer_free(&record);
	buffer_free(&ssh);
	key_memo_free(memo);
	newcomers_free(&newcomers);
	conf_file_free(&conf);
	arena_free(&arena);
	return in_order ? CTL_DONE : CTL_FAILED;
}

static enum ctl_status check_all(struct ctl *ctl, struct workspace *workspace)
{
	struct publish_result result = {0};
	size_t retired;
	enum ctl_status status;

	ctl->dry_run = true;
	status = ctl_publish(ctl, workspace, NULL, NULL, &result);
	ctl_answer(ctl, "agents", json_integer((json_int_t)result.agents));
	ctl_answer(ctl, "published", json_boolean(result.outcome == PUBLISH_UNCHANGED));
	if (!ctl->json && result.outcome != PUBLISH_FAILED)
		printf("The configuration is in order: %zu agent%s, %zu role%s, %zu issuer%s.\n",
		       result.agents, result.agents == 1 ? "" : "s", workspace->model.roles.n,
		       workspace->model.roles.n == 1 ? "" : "s", workspace->model.issuers.n,
		       workspace->model.issuers.n == 1 ? "" : "s");
	if (!ctl->json && result.outcome == PUBLISH_WOULD && ctl->paths.owner == 0)
		printf("It is not published yet: agentauthctl diff shows what differs, agentauthctl apply "
		       "publishes it.\n");
	retired = result.changes.agents[CHANGE_REMOVED];
	if (!ctl->json && result.outcome != PUBLISH_FAILED && retired)
		printf("Publishing it retires %zu agent%s.\n", retired, retired == 1 ? "" : "s");
	publish_result_free(&result);
	return status;
}

static int run_check(struct ctl *ctl, const struct arguments *arguments)
{
	const char *file = arguments_value(arguments, "file");
	bool strict = arguments_have(arguments, "strict");
	struct advice advice;
	struct workspace workspace;
	enum ctl_status status = ctl_open(ctl, &workspace, false);

	advice_begin(&advice, &workspace.model, ctl->now);
	ctl->advice = &advice;
	if (status == CTL_DONE)
		status = file ? check_file(ctl, &workspace, file) : check_all(ctl, &workspace);
	else if (!file)
		build_check_agents(&workspace);
	problems_move(&ctl->problems, &advice.problems);
	ctl->advice = NULL;
	advice_free(&advice);
	workspace_close(&workspace);
	answer_problems(ctl);
	say_count(ctl, strict);
	return strict && ctl->problems.warnings ? CTL_FAILED : status;
}

const struct command cmd_check = {
    .name = "check",
    .also = "validate test lint",
    .words = "",
    .summary = "check the configuration and publish nothing",
    .about =
	"Every mistake is told with its file, line and column, and with a warning what is unwise and what "
	"to do about it. Mistakes are exit status 1; warnings are not, except with --strict. This needs no "
	"root where the configuration can be read.",
    .options = (const struct option_spec[]){{"file", "FILE", "check this one agent's file, wherever it lies",
					     0, NULL},
					    {"strict", NULL, "take a warning for a mistake", 0, NULL},
					    {"adopt", NULL, "as apply has it", 0, NULL},
					    {"accept-risk", NULL, "as apply has it", 0, NULL},
					    {0}},
    .run = run_check,
};
