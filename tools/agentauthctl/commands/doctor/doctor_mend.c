/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_mend.c is doctor --fix: it runs the commands that checks propose as safe, and says what each did. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/registry/generation.h"
#include "common/state/audit_record.h"
#include "common/text/shown.h"
#include "tools/agentauthctl/commands/doctor/doctor.h"
#include "tools/agentauthctl/names/leftovers.h"
#include "tools/agentauthctl/publish/generations.h"
#include "tools/agentauthctl/publish/sudoers.h"
#include "tools/agentauthctl/publish/workspace.h"
#include "tools/cli/spawn.h"

const char *const doctor_fix_words[] = {"agentauthctl", "doctor", "--fix", NULL};

char *doctor_command_text(const char *const words[])
{
	char *const *argv = (char *const *)(uintptr_t)words;
	size_t len = aa_shown_line(NULL, 0, NULL, argv);
	char *text = xcalloc(len + 1, 1);

	(void)aa_shown_line(text, len + 1, NULL, argv);
	return text;
}

/* ---- what only the holder of the lock can do --------------------------------------- */

/* The sudoers of the serving generation are put in place. */
static int settle_sudoers(const struct paths *paths, int state_fd)
{
	char *rules = NULL;
	uint32_t number;
	int n = aa_generation_number(paths->statedir, &number);

	if (n < 0 || !paths->sudoers)
		return n == -ENOENT ? 0 : n;
	n = generation_read(state_fd, number, SUDOERS_FILE, &rules);
	if (n == 0 || n == -ENOENT)
		n = sudoers_install(paths->sudoers, rules, paths->owner);
	if (n == 0)
		sudoers_forget(paths->sudoers);
	free(rules);
	return n;
}

/* To take the lock is to undo or end first what a killed command has begun. */
static int settle(struct ctl *ctl, struct buffer *output)
{
	struct problems problems = {0};
	struct workspace workspace;
	int n = workspace_open_state(&workspace, &ctl->paths, &problems);

	if (n == 0) {
		n = settle_sudoers(&ctl->paths, workspace.state_fd);
		generations_clean(workspace.state_fd);
		(void)leftovers_remove(ctl->paths.statedir, ctl->rundir, ctl->now);
		if (n < 0)
			buffer_printf(output, "%s cannot be written: %s", ctl->paths.sudoers, strerror(-n));
	} else if (problems.n) {
		buffer_printf(output, "%s: %s", problems.v[0].file ? problems.v[0].file : "agentauthctl",
			      problems.v[0].what);
	}
	workspace_close(&workspace);
	problems_free(&problems);
	return n;
}

/* ---- one command --------------------------------------------------------------------- */

static const char *text_of(const json_t *object, const char *member)
{
	return json_string_value(json_object_get(object, member));
}

static bool is_ours(const json_t *words)
{
	for (size_t i = 0; doctor_fix_words[i]; i++) {
		const char *word = json_string_value(json_array_get(words, i));

		if (!word || strcmp(word, doctor_fix_words[i]) != 0)
			return false;
	}
	return true;
}

static int run_words(const json_t *words, struct buffer *output)
{
	size_t n = json_array_size(words);
	char **argv = xcalloc(n + 1, sizeof(*argv)), *path;
	int status = -ENOENT;

	for (size_t i = 0; i < n; i++)
		argv[i] = (char *)(uintptr_t)json_string_value(json_array_get(words, i));
	path = strcmp(argv[0], doctor_fix_words[0]) == 0 ? xstrdup("/proc/self/exe") : program_find(argv[0]);
	if (path) {
		argv[0] = path;
		status = program_run(argv, "", 0, output);
	}
	free(path);
	free(argv);
	return status;
}

bool doctor_has(const json_t *done, const json_t *finding, const char *outcome)
{
	const char *cure = text_of(finding, "cure");
	const json_t *one;
	size_t i;

	json_array_foreach(done, i, one)
	{
		if (cure && strcmp(text_of(one, "command"), cure) == 0 &&
		    strcmp(text_of(one, "text"), text_of(finding, "text")) == 0)
			return !outcome || strcmp(text_of(one, "outcome"), outcome) == 0;
	}
	return false;
}

const char *doctor_done_text(const char *command)
{
	return strcmp(command, "agentauthctl doctor --fix") == 0
		   ? "end or undo what killed commands left, and write the sudo rules as published"
		   : command;
}

static void mend_one(struct ctl *ctl, const json_t *finding, json_t *done)
{
	const json_t *words = json_object_get(finding, "fix");
	struct buffer output = {0};
	const char *outcome = "would";
	json_t *one;

	if (!ctl->dry_run)
		outcome = (is_ours(words) ? settle(ctl, &output) : run_words(words, &output)) == 0 ? "mended"
												   : "failed";
	one = json_pack("{s:O, s:O, s:O, s:s}", "check", json_object_get(finding, "check"), "text",
			json_object_get(finding, "text"), "command", json_object_get(finding, "cure"),
			"outcome", outcome);
	if (strcmp(outcome, "failed") == 0)
		(void)json_object_set_new(one, "output", json_string(doctor_first_line(&output)));
	(void)json_array_append_new(done, one);
	buffer_free(&output);
}

/* ---- all of them ---------------------------------------------------------------------- */

bool doctor_mend(struct ctl *ctl, const json_t *findings, json_t *done)
{
	size_t before = json_array_size(done), i;
	const json_t *finding;

	json_array_foreach(findings, i, finding)
	{
		/* A finding that comes again after it was mended stays a problem. */
		if (json_object_get(finding, "fix") && !doctor_has(done, finding, NULL))
			mend_one(ctl, finding, done);
	}
	return !ctl->dry_run && json_array_size(done) > before;
}

void doctor_audit_mended(struct ctl *ctl, const json_t *done)
{
	const json_t *one;
	size_t i;

	json_array_foreach(done, i, one)
	{
		bool failed = strcmp(text_of(one, "outcome"), "failed") == 0;
		json_t *record = json_pack("{s:s, s:s}", "result", failed ? "error" : "ok", "reason",
					   failed ? "internal" : "ok");

		aa_audit_set(record, "detail", text_of(one, "command"));
		ctl_audit_record(ctl, record);
	}
}
