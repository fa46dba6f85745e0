/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_refresh.c fetches the key sets of issuers, which no login does. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/state/audit.h"
#include "common/state/audit_record.h"
#include "common/state/key_request.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/commands/cmd_issuer.h"
#include "tools/http/http.h"

/* ---- telling ------------------------------------------------------------------------------- */

static void print_names(const char *what, const json_t *names)
{
	size_t i;
	json_t *name;

	json_array_foreach(names, i, name)
	{
		printf("%s%s", i ? ", " : what, quoted(json_string_value(name)));
	}
}

char *ctl_skipped_text(const json_t *one)
{
	return xasprintf("  left out: %s: %s", quoted(json_string_value(json_object_get(one, "kid"))),
			 json_string_value(json_object_get(one, "why")));
}

static void print_skipped(const json_t *skipped)
{
	size_t i;
	json_t *one;

	json_array_foreach(skipped, i, one)
	{
		char *line = ctl_skipped_text(one);

		puts(line);
		free(line);
	}
}

static void tell(const struct ctl *ctl, const struct aa_issuer *issuer, const struct keys_result *result)
{
	if (ctl->json)
		return;
	if (result->outcome == KEYS_FAILED) {
		print_skipped(result->skipped);
		return;
	}
	printf("%s: %zu key%s from %s", issuer->name, result->usable, result->usable == 1 ? "" : "s",
	       result->source);
	if (issuer->jwks_file)
		printf(", which logins read themselves");
	else if (result->outcome == KEYS_SAME)
		printf(", as before");
	print_names("; new: ", result->fresh);
	print_names("; gone: ", result->gone);
	puts(ctl->dry_run ? ". Nothing was written." : ".");
	print_skipped(result->skipped);
}

static const char *outcome_word(enum keys_outcome outcome)
{
	static const char *const words[] = {"failed", "unchanged", "changed"};

	return words[outcome];
}

static json_t *array_or_empty(json_t *array)
{
	return array ? json_incref(array) : json_array();
}

static void answer(struct ctl *ctl, const struct aa_issuer *issuer, const struct keys_result *result)
{
	json_t *one;

	if (!ctl->json)
		return;
	one = json_pack("{s:s, s:s, s:s, s:I, s:o, s:o, s:o}", "name", issuer->name, "outcome",
			outcome_word(result->outcome), "source", result->source, "keys",
			(json_int_t)result->usable, "new", array_or_empty(result->fresh), "gone",
			array_or_empty(result->gone), "skipped", array_or_empty(result->skipped));
	if (result->outcome == KEYS_FAILED)
		json_object_set_new(one, "why", json_string(result->why));
	json_array_append_new(json_object_get(ctl->answer, "issuers"), one);
}

static void set_names(json_t *record, const char *member, json_t *names)
{
	if (json_array_size(names))
		json_object_set(record, member, names);
}

static void audit(struct ctl *ctl, const struct aa_issuer *issuer, const struct keys_result *result)
{
	bool failed = result->outcome == KEYS_FAILED;
	json_t *record;

	if (ctl->dry_run)
		return;
	record = json_pack("{s:s, s:s, s:I}", "result", failed ? "error" : "ok", "reason",
			   failed ? "fetch_failed" : "ok", "keys", (json_int_t)result->usable);
	aa_audit_set(record, "issuer", issuer->name);
	if (failed)
		aa_audit_set(record, "detail", result->why);
	set_names(record, "keys_new", result->fresh);
	set_names(record, "keys_gone", result->gone);
	ctl_audit_record(ctl, record);
}

/* meanwhile() says what holds after a fetch that failed. */
static const char *meanwhile(const struct keys_state *state, int64_t now)
{
	if (!state->there)
		return "there are no keys of it here, and its tokens are refused";
	if (state->stale && now > state->stale)
		return "the keys that are here are too old, and its tokens are refused";
	return "the keys that are here serve on";
}

static enum ctl_status refresh_one(struct ctl *ctl, const struct aa_issuer *issuer)
{
	const struct key_store store = ctl_key_store(ctl);
	struct keys_result result;
	enum ctl_status status = CTL_DONE;
	struct keys_state state;
	char stale[32], until[48] = "";

	keys_refresh(&store, issuer, &result);
	if (result.outcome == KEYS_FAILED) {
		state = keys_state(&store, issuer, NULL);
		aa_utc_print(state.stale, stale);
		if (state.there && state.stale && ctl->now <= state.stale)
			snprintf(until, sizeof(until), ", until %s", stale);
		status = ctl_fail(ctl, "%s: %s; %s%s", issuer->name, result.why, meanwhile(&state, ctl->now),
				  until);
	}
	tell(ctl, issuer, &result);
	answer(ctl, issuer, &result);
	audit(ctl, issuer, &result);
	keys_result_free(&result);
	return status;
}

/* ---- which ----------------------------------------------------------------------------------- */

static bool is_named(const struct arguments *arguments, const char *name)
{
	for (size_t i = 0; i < arguments->n_words; i++)
		if (strcmp(arguments->words[i], name) == 0)
			return true;
	return false;
}

static enum ctl_status there_are(struct ctl *ctl, const struct arguments *arguments,
				 struct aa_issuer *const *issuers, size_t n)
{
	for (size_t w = 0; w < arguments->n_words; w++) {
		size_t i = 0;

		while (i < n && strcmp(issuers[i]->name, arguments->words[w]) != 0)
			i++;
		if (i < n)
			continue;
		return ctl_fail(ctl,
				"there is no issuer %s; agentauthctl issuer list shows those that there are",
				quoted(arguments->words[w]));
	}
	return CTL_DONE;
}

static bool is_due(const struct ctl *ctl, const struct aa_issuer *issuer)
{
	const struct key_store store = ctl_key_store(ctl);

	return !issuer->jwks_file &&
	       (aa_key_request_is(ctl->rundir, issuer->name) || keys_are_due(&store, issuer));
}

static bool any_is_due(const struct ctl *ctl, struct aa_issuer *const *issuers, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_due(ctl, issuers[i]))
			return true;
	return false;
}

/* One issuer that does not answer keeps no other's keys from being fetched. */
static enum ctl_status refresh_these(struct ctl *ctl, struct aa_issuer *const *issuers, const bool *which,
				     size_t n)
{
	enum ctl_status status = CTL_DONE;

	http_begin();
	for (size_t i = 0; i < n; i++)
		if (which[i] && refresh_one(ctl, issuers[i]) != CTL_DONE)
			status = CTL_FAILED;
	return status;
}

/* ---- in turn ----------------------------------------------------------------------------------- */

/* A sender of tokens with unknown keys makes marks, and what follows from marks happens at most once a minute. The
 * wait is here, so that a mark that comes within the minute is answered at its end, and so that systemd, which starts
 * this while there is a mark, does not start it oftener either. */
static enum ctl_status take_turn(struct ctl *ctl)
{
	int64_t left;
	int r;

	if (ctl->dry_run)
		return CTL_DONE;
	ctl->now = time(NULL); /* the lock may have been waited for */
	left = aa_key_request_pause(ctl->rundir, ctl->now);
	if (left > 0)
		sleep((unsigned)left);
	ctl->now = time(NULL);
	r = aa_key_request_begin(ctl->rundir, ctl->now);
	if (r == 0)
		return CTL_DONE;
	return ctl_fail(ctl,
			"%s/" AA_KEY_REQUEST_STAMP
			" cannot be written: %s; without it keys could be fetched without a pause",
			ctl->rundir, strerror(-r));
}

/* The marks are taken before the keys are fetched: a mark that comes meanwhile is about the keys that were there
 * until now. */
static enum ctl_status refresh_due(struct ctl *ctl, struct aa_issuer *const *issuers, size_t n)
{
	bool *due = xcalloc(n + 1, sizeof(*due));
	enum ctl_status status;

	for (size_t i = 0; i < n; i++)
		due[i] = is_due(ctl, issuers[i]);
	if (!ctl->dry_run)
		aa_key_request_clear(ctl->rundir);
	status = refresh_these(ctl, issuers, due, n);
	free(due);
	return status;
}

/* Any mark takes a turn, also a mark that nothing can be done about. */
static enum ctl_status refresh_in_turn(struct ctl *ctl)
{
	bool marked = aa_key_request_any(ctl->rundir);
	struct aa_issuer **issuers = NULL;
	size_t n = 0;
	enum ctl_status status = marked ? take_turn(ctl) : CTL_DONE, read;

	read = ctl_issuers(ctl, &issuers, &n);
	if (read == CTL_DONE && status == CTL_DONE && !marked && any_is_due(ctl, issuers, n)) {
		marked = true;
		status = take_turn(ctl);
	}
	if (read == CTL_DONE && status == CTL_DONE && marked)
		status = refresh_due(ctl, issuers, n);
	else if (!ctl->dry_run)
		aa_key_request_clear(ctl->rundir);
	ctl_issuers_free(issuers, n);
	return read == CTL_DONE ? status : read;
}

static enum ctl_status run_due(struct ctl *ctl)
{
	enum ctl_status status;
	int lock;

	if (ctl->dry_run)
		return refresh_in_turn(ctl);
	lock = aa_key_request_lock(ctl->rundir);
	if (lock < 0)
		return ctl_fail(ctl, "%s/" AA_KEY_REQUEST_LOCK " cannot be locked: %s", ctl->rundir,
				strerror(-lock));
	status = refresh_in_turn(ctl);
	close(lock);
	return status;
}

/* ---- named, or all -------------------------------------------------------------------------------- */

static enum ctl_status run_named(struct ctl *ctl, const struct arguments *arguments)
{
	struct aa_issuer **issuers = NULL;
	size_t n = 0;
	enum ctl_status status = ctl_issuers(ctl, &issuers, &n);
	bool *which;

	if (status != CTL_DONE)
		return status;
	which = xcalloc(n + 1, sizeof(*which));
	for (size_t i = 0; i < n; i++)
		which[i] = arguments->n_words == 0 || is_named(arguments, issuers[i]->name);
	status = there_are(ctl, arguments, issuers, n);
	if (status == CTL_DONE && n == 0 && !ctl->json)
		puts("There is no issuer; agentauthctl issuer add makes one.");
	else if (status == CTL_DONE)
		status = refresh_these(ctl, issuers, which, n);
	free(which);
	ctl_issuers_free(issuers, n);
	return status;
}

static int run_refresh(struct ctl *ctl, const struct arguments *arguments)
{
	bool all = arguments_have(arguments, "all"), due = arguments_have(arguments, "due");

	if ((arguments->n_words > 0) + all + due > 1)
		return ctl_usage(ctl,
				 "say whose keys one way: NAME..., --all (as with none of them), or --due");
	ctl_answer(ctl, "issuers", json_array());
	if (due)
		return run_due(ctl);
	return run_named(ctl, arguments);
}

const struct command issuer_refresh = {
    .name = "refresh",
    .words = "[NAME...]",
    .values = "issuers",
    .min_words = 0,
    .max_words = 256,
    .summary = "fetch issuers' keys, which logins never do",
    .about = "A set that cannot be fetched or used changes nothing: the keys that are here serve on until "
	     "they are older than the issuer's jwks_max_age. systemd's agentauth-refresh.path and "
	     "agentauth-refresh.timer run this command with --due.",
    .options = (const struct option_spec[]){{"all", NULL, "of every issuer, as without a NAME", 0, NULL},
					    {"due", NULL,
					     "of those that a login missed a key of, and those whose "
					     "keys are older than an hour or a quarter of "
					     "jwks_max_age; at most once a minute: it waits for its turn",
					     0, NULL},
					    {0}},
    .run = run_refresh,
};
