/* SPDX-License-Identifier: Apache-2.0 */
/* session_replay.c: shows again what the commands of a session showed, see session_replay.h. */
#include "config.h"

#include "tools/agentauthctl/commands/replay/session_replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text/utc.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/commands/replay/cast_join.h"
#include "tools/agentauthctl/commands/replay/cast_proof.h"
#include "tools/agentauthctl/commands/replay/player.h"
#include "tools/cli/print.h"
#include "tools/cli/table.h"

struct replay {
	struct ctl *ctl;
	const char *id;
	struct casts casts;
	enum cast_state *states;
	json_t *records; /* of the log, by the name of the recording */
	size_t first, n; /* which of them are asked for */
	struct player player;
};

/* ---- which recordings ------------------------------------------------------------------------ */

static enum ctl_status check_id(struct ctl *ctl, const char *id)
{
	size_t len = strlen(id);

	if (len < 4 || len > 32 || strspn(id, "0123456789abcdef") != len)
		return ctl_usage(ctl, "give at least four digits of a session's id");
	return CTL_DONE;
}

/* Checks that one session is meant, by the recordings and by the log. */
static enum ctl_status check_one_session(struct replay *r)
{
	const char *session = NULL, *name;
	json_t *record;

	for (size_t i = 0; i < r->casts.n; i++) {
		name = r->casts.v[i].name;
		if (session && strncmp(name, session, 32) != 0)
			session = "";
		session = session ? session : name;
	}
	json_object_foreach(r->records, name, record)
	{
		if (session && strncmp(name, session, 32) != 0)
			session = "";
		session = session ? session : name;
	}
	if (!session)
		return ctl_fail(
		    r->ctl,
		    "there is no recording of a session whose id begins with %s: it ran nothing by "
		    "sudo, or no role of its agent has record = \"tty\"",
		    r->id);
	if (!*session)
		return ctl_fail(r->ctl, "more than one session's id begins with %s; give more of it", r->id);
	return CTL_DONE;
}

static enum ctl_status find(struct replay *r)
{
	struct ctl *ctl = r->ctl;
	enum ctl_status status;
	int err;

	if (!ctl->logdir)
		return ctl_usage(ctl, "recordings are beside the audit log, which --statedir leaves out");
	err = casts_find(ctl->logdir, ctl->paths.owner, r->id, &r->casts);
	if (err < 0)
		return ctl_fail(ctl, "the recordings in %s cannot be read: %s", ctl->logdir, strerror(-err));
	r->records = cast_records(ctl, r->id);
	status = check_one_session(r);
	r->states = xcalloc(r->casts.n + 1, sizeof(*r->states));
	for (size_t i = 0; i < r->casts.n && status == CTL_DONE; i++) {
		(void)cast_load(&r->casts.v[i], ctl->paths.owner);
		r->states[i] = cast_compare(&r->casts.v[i], r->records);
	}
	r->n = r->casts.n;
	return status;
}

/* ---- what is wrong with them ------------------------------------------------------------------ */

static bool is_there(const struct replay *r, const char *name)
{
	for (size_t i = 0; i < r->casts.n; i++)
		if (strcmp(r->casts.v[i].name, name) == 0)
			return true;
	return false;
}

/* Says what cannot be believed, after all was shown, so that it is what a person reads last. */
static enum ctl_status judge(struct replay *r)
{
	enum ctl_status status = CTL_DONE;
	const char *name;
	json_t *record;

	for (size_t i = r->first; i < r->first + r->n; i++) {
		if (r->states[i] == CAST_CHANGED)
			status = ctl_fail(r->ctl,
					  "%s was changed: its SHA-256 is not the one that the audit log has",
					  r->casts.v[i].path);
		else if (r->states[i] == CAST_UNREADABLE)
			status = ctl_fail(r->ctl, "%s is no recording that can be read", r->casts.v[i].path);
		else if (r->states[i] == CAST_UNKNOWN)
			ctl_warning(
			    r->ctl,
			    "the audit log does not name %s, so that nothing says that it is as it was",
			    r->casts.v[i].path);
	}
	json_object_foreach(r->records, name, record)
	{
		if (!is_there(r, name))
			ctl_warning(r->ctl, "a recording of %s is gone: %s", view_text(record, "time"),
				    view_text(record, "command"));
	}
	return status;
}

/* ---- --list --------------------------------------------------------------------------------------- */

static const struct table_column columns[] = {
    {"N", 0}, {"TIME", 0}, {"LASTS", 0}, {"BYTES", 0}, {"AS", 0}, {"STATE", 0}, {"COMMAND", 60}, {NULL, 0},
};

static json_t *cast_json(const struct cast *cast, size_t number, double seconds, enum cast_state state)
{
	json_t *json = json_pack("{s:I, s:s, s:f, s:I, s:s, s:s}", "number", (json_int_t)number, "recording",
				 cast->name, "seconds", seconds, "bytes", (json_int_t)cast->len, "state",
				 cast_state_name(state), "path", cast->path);

	(void)json_object_update_missing(json, json_object_get(cast->head, "agentauth"));
	return json;
}

static enum ctl_status list(struct replay *r)
{
	struct table table = {.columns = columns};
	json_t *answer = json_array();
	char begun[AA_UTC_SIZE];

	for (size_t i = r->first; i < r->first + r->n; i++) {
		struct cast *cast = &r->casts.v[i];
		double seconds = cast->head ? cast_seconds(cast) : 0;

		(void)json_array_append_new(answer, cast_json(cast, i + 1, seconds, r->states[i]));
		aa_utc_print(cast->begun_us / 1000000, begun);
		table_printf(&table, "%zu", i + 1);
		table_add(&table, begun);
		table_printf(&table, "%.1fs", seconds);
		table_printf(&table, "%zu", cast->len);
		table_add(&table, cast_about(cast, "runas"));
		table_add(&table, cast_state_name(r->states[i]));
		table_add(&table, cast_about(cast, "command"));
	}
	if (!r->ctl->json)
		table_print(&table);
	table_free(&table);
	ctl_answer(r->ctl, "recordings", answer);
	return CTL_DONE;
}

/* ---- playing ---------------------------------------------------------------------------------------- */

/* Says which command follows, above what it showed. */
static void print_headline(const struct replay *r, size_t i)
{
	const struct cast *cast = &r->casts.v[i];
	char begun[AA_UTC_SIZE], *command = print_shown(cast_about(cast, "command"));

	aa_utc_print(cast->begun_us / 1000000, begun);
	printf("== %zu of %zu, %s, %s as %s: %s", i + 1, r->casts.n, begun, cast_about(cast, "agent"),
	       cast_about(cast, "runas"), command);
	if (r->states[i] != CAST_SEALED)
		printf(" (%s)", cast_state_name(r->states[i]));
	puts("");
	(void)fflush(stdout);
	free(command);
}

static enum ctl_status play(struct replay *r)
{
	for (size_t i = r->first; i < r->first + r->n; i++) {
		if (!r->casts.v[i].head)
			continue;
		print_headline(r, i);
		if (!player_play(&r->player, &r->casts.v[i])) {
			puts("");
			return ctl_fail(r->ctl, "interrupted");
		}
		puts("");
	}
	return CTL_DONE;
}

/* ---- the command ------------------------------------------------------------------------------------- */

/* Reads a number of digits, with a point in it or without. */
static enum ctl_status read_number(struct ctl *ctl, const struct arguments *arguments, const char *option,
				   double least, double most, double *ret)
{
	const char *text = arguments_value(arguments, option);
	char *end = NULL;
	double n;

	if (!text)
		return CTL_DONE;
	n = strtod(text, &end);
	if (!*text || strspn(text, "0123456789.") != strlen(text) || *end || n < least || n > most)
		return ctl_usage(ctl, "--%s takes a number from %g to %g", option, least, most);
	*ret = n;
	return CTL_DONE;
}

static enum ctl_status read_options(struct replay *r, const struct arguments *arguments)
{
	enum ctl_status status = read_number(r->ctl, arguments, "speed", 0.01, 1000, &r->player.speed);

	if (status == CTL_DONE)
		status = read_number(r->ctl, arguments, "idle-limit", 0.01, 86400, &r->player.idle_limit);
	if (arguments_have(arguments, "asciicast") && (r->ctl->json || arguments_have(arguments, "list")))
		return ctl_usage(r->ctl, "--asciicast writes recordings, --list and --json name them: one of "
					 "these");
	r->player.terminal = isatty(STDOUT_FILENO);
	r->player.raw = arguments_have(arguments, "raw");
	return status;
}

static enum ctl_status choose(struct replay *r, const struct arguments *arguments)
{
	const char *given = arguments_value(arguments, "command");
	int64_t number;

	if (!given)
		return CTL_DONE;
	if (!arguments_number(given, 1, (int64_t)r->casts.n, &number))
		return ctl_usage(r->ctl, "--command takes a number from 1 to %zu here; --list shows them",
				 r->casts.n);
	r->first = (size_t)number - 1;
	r->n = 1;
	return CTL_DONE;
}

static enum ctl_status act(struct replay *r, const struct arguments *arguments)
{
	const char *file = arguments_value(arguments, "asciicast");
	const char *why;

	if (arguments_have(arguments, "list") || r->ctl->json)
		return list(r);
	if (!file)
		return play(r);
	why = cast_join(r->casts.v + r->first, r->n, r->player.raw, file);
	return why ? ctl_fail(r->ctl, "%s cannot be written: %s", file, why) : CTL_DONE;
}

static int run_replay(struct ctl *ctl, const struct arguments *arguments)
{
	struct replay r = {.ctl = ctl, .id = arguments->words[0], .player = {.speed = 1}};
	enum ctl_status status = check_id(ctl, r.id), judged;

	if (status == CTL_DONE)
		status = read_options(&r, arguments);
	if (status == CTL_DONE)
		status = find(&r);
	if (status == CTL_DONE)
		status = choose(&r, arguments);
	if (status == CTL_DONE) {
		status = act(&r, arguments);
		judged = judge(&r);
		status = status == CTL_DONE ? judged : status;
	}
	casts_free(&r.casts);
	json_decref(r.records);
	free(r.states);
	return status;
}

const struct command session_replay = {
    .name = "replay",
    .words = "ID",
    .min_words = 1,
    .max_words = 1,
    .summary = "show again what the commands of a session showed",
    .about = "What a session ran by sudo is recorded where a role of its agent has record = \"tty\". On a "
	     "terminal the commands are played one after another at their own pace; elsewhere their text is "
	     "printed. What would do more to the terminal than draw on it is left out. A recording that was "
	     "changed since it was made is played, and said to be changed. Recordings show what the agent "
	     "saw, secrets too: they are root's alone.",
    .options =
	(const struct option_spec[]){
	    {"list", NULL, "name the recordings instead", 0, NULL},
	    {"command", "N", "the Nth of them alone", 0, NULL},
	    {"speed", "X", "so many times as fast, 2 or 0.5", 0, NULL},
	    {"idle-limit", "SECONDS", "no pause is longer", 0, NULL},
	    {"asciicast", "FILE", "write them into a new file, for asciinema", 0, NULL},
	    {"raw", NULL, "leave nothing out, whatever it does to the terminal", 0, NULL},
	    {0}},
    .run = run_replay,
};
