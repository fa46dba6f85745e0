/* SPDX-License-Identifier: Apache-2.0 */
/* model_steps.c: see model_steps.h. */
#include <config.h>

#include <string.h>

#include "tests/unit/agentauthctl/model_steps.h"
#include "tests/unit/support/support_tools.h"
#include "tests/unit/support/test.h"
#include "tools/agentauthctl/publish/record.h"
#include "tools/cli/problems_print.h"

void read_main(const struct house *house, const char *text, struct reading *r)
{
	struct problems none = {0};

	*r = (struct reading){0};
	assert_int_equal(host_facts_read(&r->facts, house->etc, &none), 0);
	conf_text_set(&r->model.file.text, "agentauth.conf", text, strlen(text));
	model_read(&r->model, &r->facts, &r->problems);
}

void reading_free(struct reading *r)
{
	model_free(&r->model);
	host_facts_free(&r->facts);
	problems_free(&r->problems);
}

void check(const struct problems *problems, const char *text, const char *setting, const char *words)
{
	const struct problem *p;

	if (!words) {
		if (problems->errors)
			problems_print(problems);
		if (problems->errors)
			fail_msg("refused: %s", text);
		return;
	}
	p = problem_with(problems, words);
	if (!p)
		problems_print(problems);
	if (!p)
		fail_msg("nothing about \"%s\": %s", words, text);
	assert_non_null(p);
	if (setting && (!p->setting || strcmp(p->setting, setting) != 0))
		fail_msg("\"%s\" is about %s, not %s", words, p->setting ? p->setting : "nothing", setting);
}

void agent_text(void **state, const char *name, const char *text, const char *setting, const char *words)
{
	struct reading r;
	struct conf_file file = {0};
	struct arena arena = {0};
	struct buffer record = {0}, ssh = {0};
	struct key_memo *memo = key_memo_new();
	struct aa_agent agent;

	read_main(*state, MAIN, &r);
	assert_int_equal(r.problems.errors, 0);
	conf_text_set(&file.text, "agent.conf", text, strlen(text));
	if (agent_read(&r.model, name, &file, &arena, &r.problems, &agent) == 0)
		record_agent(&agent, &file, memo, &r.problems, &record, &ssh);
	check(&r.problems, text, setting, words);
	key_memo_free(memo);
	buffer_free(&record);
	buffer_free(&ssh);
	arena_free(&arena);
	conf_file_free(&file);
	reading_free(&r);
}
