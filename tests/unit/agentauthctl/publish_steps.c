/* SPDX-License-Identifier: Apache-2.0 */
/* publish_steps.c: see publish_steps.h. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/registry/accounts.h"
#include "common/registry/generation.h"
#include "tests/unit/agentauthctl/publish_steps.h"
#include "tests/unit/support/support_tools.h"
#include "tests/unit/support/test.h"
#include "tools/agentauthctl/publish/publish_text.h"
#include "tools/agentauthctl/publish/published.h"
#include "tools/agentauthctl/publish/rollback.h"
#include "tools/cli/problems_print.h"

enum publish_outcome run(const struct house *h, struct publish_options options, struct outcome *ret)
{
	struct workspace workspace;

	*ret = (struct outcome){0};
	options.now = NOW;
	if (workspace_open(&workspace, &h->paths, !options.dry_run, &ret->problems) == 0)
		publish(&workspace, &options, &ret->result);
	workspace_close(&workspace);
	return ret->result.outcome;
}

void outcome_free(struct outcome *o)
{
	publish_result_free(&o->result);
	problems_free(&o->problems);
}

uint32_t apply(const struct house *h)
{
	struct outcome o;
	enum publish_outcome outcome = run(h, (struct publish_options){0}, &o);
	uint32_t number = o.result.generation;

	if (outcome != PUBLISH_DONE && outcome != PUBLISH_UNCHANGED)
		problems_print(&o.problems);
	assert_true(outcome == PUBLISH_DONE || outcome == PUBLISH_UNCHANGED);
	outcome_free(&o);
	return number;
}

void refused(const struct house *h, const char *words)
{
	uint32_t before = 0, after = 0;
	struct outcome o;

	aa_generation_number(h->state, &before);
	assert_int_equal(run(h, (struct publish_options){0}, &o), PUBLISH_FAILED);
	if (!problem_with(&o.problems, words))
		problems_print(&o.problems);
	assert_non_null(problem_with(&o.problems, words));
	aa_generation_number(h->state, &after);
	assert_int_equal(before, after);
	outcome_free(&o);
}

const char *serves(const struct house *h, const char *name)
{
	struct published *published = published_open(h->state, geteuid());
	struct aa_accounts accounts;
	struct aa_account by_name, by_uid;
	char *key = xasprintf("agent:%s", name);
	const char *answer = "damaged";
	size_t len;
	bool policy = published && published_get(published, key, &len);
	int r;

	published_close(published);
	free(key);
	if (aa_accounts_open(h->state, geteuid(), &accounts) < 0)
		return "none";
	r = aa_account_by_name(&accounts, name, &by_name);
	if (r == -ENOENT && !policy)
		answer = "none";
	else if (r == 0 && aa_account_by_uid(&accounts, by_name.uid, &by_uid) == 0 &&
		 strcmp(by_uid.name, name) == 0)
		answer = policy && !by_name.flags			  ? "active"
			 : !policy && by_name.flags == AA_ACCOUNT_RETIRED ? "retired"
									  : "damaged";
	aa_accounts_close(&accounts);
	return answer;
}

size_t entries(const struct house *h, const char *dir, const char *pattern)
{
	char *command = xasprintf("ls -A %s/%s | grep -c -- '%s'", h->root, dir, pattern), line[32] = "";
	FILE *p = popen(command, "r");

	assert_non_null(p);
	assert_non_null(fgets(line, sizeof(line), p));
	pclose(p);
	free(command);
	return strtoul(line, NULL, 10);
}

char *fingerprint(const struct house *h)
{
	char *command = xasprintf(
		 "cd %s && { find . ! -name lock -printf '%%p %%m %%l\\n' | sort; find . -type f | sort "
		 "| xargs cat; } | sha256sum",
		 h->root),
	     line[80] = "";
	FILE *p = popen(command, "r");

	assert_non_null(p);
	assert_non_null(fgets(line, sizeof(line), p));
	pclose(p);
	free(command);
	return xstrdup(line);
}

enum publish_outcome run_edit(const struct house *h, const struct edit *edit, struct publish_options options,
			      struct outcome *ret)
{
	struct conf_text text = {0};
	const char *bytes = edit->agent ? edit->agent_text : edit->main_text;
	struct workspace workspace;

	*ret = (struct outcome){0};
	if (bytes)
		conf_text_set(&text, "x", bytes, strlen(bytes));
	options.now = NOW;
	options.change = (struct text_change){.agent = edit->agent,
					      .agent_text = edit->agent && bytes ? &text : NULL,
					      .main_text = edit->agent ? NULL : &text,
					      .role = edit->role};
	if (workspace_open(&workspace, &h->paths, true, &ret->problems) == 0 &&
	    (edit->agent || text_change_reread(&workspace, &text) == 0))
		publish(&workspace, &options, &ret->result);
	workspace_close(&workspace);
	conf_text_free(&text);
	return ret->result.outcome;
}

bool say_no_always(void *data, const struct changes *changes)
{
	(void)data;
	(void)changes;
	return false;
}

int roll_back_to(const struct house *h, uint32_t number)
{
	struct problems problems = {0};
	struct workspace workspace;
	int r = workspace_open_state(&workspace, &h->paths, &problems);

	assert_int_equal(r, 0);
	r = publish_rollback(&workspace, number);
	workspace_close(&workspace);
	problems_free(&problems);
	return r;
}

void start_house(const struct house *h)
{
	house_write(h, "conf/agentauth.conf", "roles = { " ROLE("deploy", "99001", "true") "};\n");
	house_write(h, "conf/agents.d/bot.conf", "# mine\n" AGENT("70001"));
	apply(h);
}

enum publish_outcome command(const struct house *h, int which, bool with_pending, struct outcome *ret)
{
	static const struct edit edits_of_agents[] = {
	    {"new", AGENT("70002"), NULL, NULL},
	    {"bot", AGENT("70001") "owner = \"a\";", NULL, NULL},
	    {"bot", NULL, NULL, NULL},
	};
	const struct publish_options options = {.with_pending = with_pending, .may_retire = say_no_always};
	struct edit edit = {.role = "late"};
	enum publish_outcome outcome;
	char *text, *all;

	if (which < 3)
		return run_edit(h, &edits_of_agents[which], options, ret);
	text = house_read(h, "conf/agentauth.conf");
	*strstr(text, "roles = { ") = '\0';
	all = xasprintf("%sroles = { " ROLE("late", "99009", "true") "%s", text,
			text + strlen("roles = { ") + strlen(text));
	edit.main_text = all;
	outcome = run_edit(h, &edit, options, ret);
	free(text);
	free(all);
	return outcome;
}

const char *const steps[N_STEPS] = {"build",  "files",	 "journal",	"text", "ids",	 "settle", "rules",
				    "switch", "sudoers", "end-journal", "nscd", "prune", "end"};

static int die_at(void *data, const char *step)
{
	if (strcmp(step, data) == 0)
		_exit(99);
	return 0;
}

bool killed_at(const struct house *h, const struct text_change *change, char *step)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct outcome o;
		struct publish_options options = {.step = die_at, .step_data = step};

		if (change)
			options.change = *change;
		run(h, options, &o);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 99;
}
