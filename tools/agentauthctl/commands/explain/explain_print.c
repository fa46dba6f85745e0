/* SPDX-License-Identifier: Apache-2.0 */
/* explain_print.c: prints an explanation for people, and as JSON. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text/shown.h"
#include "tools/agentauthctl/commands/explain/explain.h"

static const char *const words[] = {[EXPLAIN_OK] = "ok",
				    [EXPLAIN_LEFT_OUT] = "left out",
				    [EXPLAIN_WAITS] = "waits",
				    [EXPLAIN_NOT_ASKED] = "not asked",
				    [EXPLAIN_REFUSES] = "refuses"};

/* Prints text of strangers and agents, made harmless for a terminal. */
static void print_shown(const char *text)
{
	size_t size = strlen(text) * AA_SHOWN_MAX + 1;
	char *shown = xmalloc(size);

	(void)aa_shown_text(shown, size, text);
	fputs(shown, stdout);
	free(shown);
}

static const char *favour(const struct explanation *e)
{
	if (e->waits)
		return "waits for a person";
	switch (e->way) {
	case AA_WAY_AWAITED:
		return "is let in by a good credential";
	case AA_WAY_SESSION:
		return e->q.argv ? "runs" : "has sudo";
	case AA_WAY_STARTED:
		return "is started";
	default:
		return "is let in";
	}
}

/* Returns "is refused: the agent is suspended (agent_suspended)"; the caller frees. */
static char *verdict_text(const struct explanation *e)
{
	const char *claim = e->verdict.claim;

	if (e->reason == AA_OK)
		return xstrdup(favour(e));
	return xasprintf("is refused: %s (%s%s%s)", explain_refusal(e), aa_reason_name(e->reason),
			 claim ? ", claim " : "", claim ? claim : "");
}

static void print_head(const struct explanation *e)
{
	char *verdict = verdict_text(e);

	printf("%s by ", e->q.name);
	print_shown(e->q.service);
	if (e->session)
		printf(" in session %.8s", e->session->id);
	if (e->q.from && e->way != AA_WAY_SESSION)
		printf(" from %s", e->q.from);
	if (e->q.user) {
		fputs(" for ", stdout);
		print_shown(e->q.user);
	}
	fputs(" ", stdout);
	print_shown(verdict);
	fputs("\n\n", stdout);
	free(verdict);
}

static void print_place(const struct explain_step *s)
{
	if (!s->file)
		return;
	printf("%-25s", "");
	print_shown(s->file);
	if (s->line)
		printf(":%u", s->line);
	if (s->setting) {
		fputs(": ", stdout);
		print_shown(s->setting);
	}
	puts(s->pending ? "  (edited, not published)" : "");
}

static void print_step(const struct explain_step *s)
{
	printf("  %-10s %-12s", words[s->result], explain_step_name(s->step));
	print_shown(s->what);
	putchar('\n');
	print_place(s);
	if (s->cure) {
		printf("%-25sDo: ", "");
		print_shown(s->cure);
		putchar('\n');
	}
}

static bool any_pending(const struct explanation *e)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->v[i].pending)
			return true;
	return false;
}

static void print_needed(const struct explanation *e)
{
	char *lines = e->reason == AA_OK && e->needed.data ? xstrdup(e->needed.data) : NULL, *save;

	if (lines)
		puts("\nA credential would be needed, one of:");
	for (char *line = lines ? strtok_r(lines, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		fputs("  ", stdout);
		print_shown(line);
		putchar('\n');
	}
	free(lines);
}

/* Puts the steps that one reason holds for on one line. */
static void print_not_asked(const struct explanation *e)
{
	const char *why = NULL;

	for (size_t i = 0; i < e->n; i++) {
		const struct explain_step *s = &e->v[i];

		if (s->result != EXPLAIN_NOT_ASKED)
			continue;
		if (why && strcmp(why, s->what) == 0)
			printf(", %s", explain_step_name(s->step));
		else
			printf("%s  %-10s %s: %s", why ? "\n" : "", words[s->result], s->what,
			       explain_step_name(s->step));
		why = s->what;
	}
	if (why)
		putchar('\n');
}

void explain_print(const struct explanation *e)
{
	print_head(e);
	for (size_t i = 0; i < e->n; i++)
		if (e->v[i].result != EXPLAIN_NOT_ASKED)
			print_step(&e->v[i]);
	print_not_asked(e);
	print_needed(e);
	if (any_pending(e))
		puts("\nWhat is published decides. agentauthctl diff shows the edits, agentauthctl apply "
		     "publishes them.");
}

/* ---- JSON --------------------------------------------------------------------------- */

static json_t *step_json(const struct explain_step *s)
{
	json_t *json = json_pack("{s:s, s:s, s:s}", "step", explain_step_name(s->step), "result",
				 words[s->result], "what", s->what);

	if (s->subject)
		json_object_set_new(json, "role", json_string(s->subject));
	if (s->reason != AA_OK)
		json_object_set_new(json, "reason", json_string(aa_reason_name(s->reason)));
	if (s->file)
		json_object_set_new(json, "file", json_string(s->file));
	if (s->line)
		json_object_set_new(json, "line", json_integer(s->line));
	if (s->setting)
		json_object_set_new(json, "setting", json_string(s->setting));
	if (s->pending)
		json_object_set_new(json, "pending", json_true());
	if (s->cure)
		json_object_set_new(json, "do", json_string(s->cure));
	return json;
}

static json_t *needed_json(const struct explanation *e)
{
	const char *line = e->needed.data ? e->needed.data : "";
	json_t *list = json_array();

	while (*line) {
		size_t len = strcspn(line, "\n");

		json_array_append_new(list, json_stringn(line, len));
		line += len + (line[len] != '\0');
	}
	return list;
}

static const char *decision(const struct explanation *e)
{
	if (e->reason != AA_OK)
		return "refused";
	if (e->waits)
		return "waits";
	return e->way == AA_WAY_AWAITED ? "needs_credential" : "ok";
}

json_t *explain_json(const struct explanation *e)
{
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s}", "agent", e->q.name, "service", e->q.service,
				 "decision", decision(e), "reason", aa_reason_name(e->reason), "sentence",
				 e->reason == AA_OK ? favour(e) : explain_refusal(e)),
	       *steps = json_array();

	for (size_t i = 0; i < e->n; i++)
		json_array_append_new(steps, step_json(&e->v[i]));
	json_object_set_new(json, "steps", steps);
	if (e->q.from)
		json_object_set_new(json, "from", json_string(e->q.from));
	if (e->session)
		json_object_set_new(json, "session", json_string(e->session->id));
	if (e->verdict.claim)
		json_object_set_new(json, "claim", json_string(e->verdict.claim));
	if (e->way == AA_WAY_AWAITED)
		json_object_set_new(json, "needed", needed_json(e));
	return json;
}
