/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_restore.c brings a retired agent back, with the name and the uid that nobody else can have. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/state/decision.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/commands/ctl_publish.h"
#include "tools/agentauthctl/commands/edit_text.h"
#include "tools/agentauthctl/commands/retired.h"
#include "tools/agentauthctl/model/check_value.h"
#include "tools/agentauthctl/publish/agent_keys.h"
#include "tools/cli/guess.h"
#include "tools/cli/table.h"

#define KEPT_SUFFIX AGENT_SUFFIX ".retired"

static const struct option_spec restore_options[] = {
    {"no-role", "ROLE", "without this role, as where it is gone", EDIT_DROP, "roles"},
    {"no-bind", "ISSUER:CLIENT", "without this binding, as where the issuer is gone", EDIT_NO_BIND,
     "bindings"},
    {"no-key", "KID", "without this key", EDIT_NO_KEY, "keys"},
    {"expires", "TIME", "with this end: 2027-01-31T00:00:00Z, 2027-01-31, 90d or never", EDIT_TIME,
     "expires"},
    {"list", NULL, "list the agents that can be restored", EDIT_NONE, NULL},
    CTL_WITH_PENDING,
    {0},
};

/* ---- the list ---------------------------------------------------------------- */

static bool text_is_kept(const struct workspace *ws, const char *name)
{
	char *kept = xasprintf("%s" KEPT_SUFFIX, name);
	bool is = agent_names_have(&ws->names, name) || faccessat(ws->agents_fd, kept, F_OK, 0) == 0;

	free(kept);
	return is;
}

static void add_row(struct table *table, const struct given_id *e, bool kept)
{
	char when[AA_UTC_SIZE], until[AA_UTC_SIZE];

	aa_utc_print(e->time, when);
	aa_utc_print(retired_until(e), until);
	table_add(table, e->name);
	table_printf(table, "%u", e->id);
	table_add(table, when);
	table_add(table, until);
	table_add(table, kept ? "kept" : "put it back first");
}

static json_t *row_json(const struct given_id *e, bool kept)
{
	return json_pack("{s:s, s:I, s:o, s:o, s:b}", "name", e->name, "uid", (json_int_t)e->id, "retired",
			 view_time(e->time), "until", view_time(retired_until(e)), "text_kept", kept);
}

static void print_all(struct ctl *ctl, const struct workspace *ws, const struct given_id *v, size_t n)
{
	static const struct table_column columns[] = {
	    {"NAME", 40}, {"UID", 0}, {"RETIRED", 0}, {"CAN COME BACK UNTIL", 0}, {"TEXT", 0}, {NULL, 0}};
	struct table table = {.columns = columns};
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		bool kept = text_is_kept(ws, v[i].name);

		add_row(&table, &v[i], kept);
		json_array_append_new(list, row_json(&v[i], kept));
	}
	if (!ctl->json && n)
		table_print(&table);
	else if (!ctl->json)
		puts("No agent was retired in the last 30 days.");
	ctl_answer(ctl, "agents", list);
	table_free(&table);
}

static enum ctl_status list_retired(struct ctl *ctl)
{
	struct workspace ws;
	enum ctl_status status = ctl_open(ctl, &ws, false);
	struct given_id *v;
	size_t n;

	if (status == CTL_DONE) {
		v = retired_list(&ws.ids, ctl->now, &n);
		print_all(ctl, &ws, v, n);
		free(v);
	}
	workspace_close(&ws);
	return status;
}

/* ---- whether it can come back -------------------------------------------------- */

/* A name with a mistake in it is most often meant to be that of an agent which can come back. */
static enum ctl_status is_not_retired(struct ctl *ctl, const struct workspace *ws, const char *name)
{
	struct guess near = {.word = name};
	struct given_id *v;
	size_t n;

	if (agent_names_have(&ws->names, name))
		return ctl_fail(ctl, "%s is not retired", name);
	v = retired_list(&ws->ids, ctl->now, &n);
	for (size_t i = 0; i < n; i++)
		guess_try(&near, v[i].name);
	ctl_error(
	    ctl, "there is no retired agent %s%s; agentauthctl restore --list shows those that can come back",
	    quoted(name), guess_asked(&near, ""));
	free(v);
	return CTL_FAILED;
}

static enum ctl_status can_come_back(struct ctl *ctl, const struct workspace *ws, const char *name)
{
	const struct given_id *e = ids_by_name(&ws->ids, ID_AGENT, name);

	if (!e)
		return is_not_retired(ctl, ws, name);
	if (!e->retired)
		return edit_agent_is_there(ctl, ws, name) == CTL_DONE ? is_not_retired(ctl, ws, name)
								      : CTL_FAILED;
	if (ctl->now <= retired_until(e))
		return CTL_DONE;
	return ctl_fail(ctl, "%s is retired for good by now: %s", name, retired_cure(e, ctl->now));
}

/* begin() takes the text that was put back by hand, where there is one, since that is the newest. */
static enum ctl_status begin(struct text_edit *edit, struct ctl *ctl, struct workspace *ws,
			     const struct arguments *arguments, const char *name)
{
	char *kept = xasprintf("%s" KEPT_SUFFIX, name);
	struct conf_text text = {0};
	enum ctl_status status = CTL_DONE;
	int r;

	if (agent_names_have(&ws->names, name)) {
		status = edit_agent_begin(edit, ctl, ws, arguments, name);
		goto out;
	}
	r = conf_text_read(ws->agents_fd, ws->agents_dir, kept, ctl->paths.owner, &ctl->problems, &text);
	edit_agent_new(edit, ctl, ws, arguments, name, "");
	if (r == 0) {
		char *path = xstrdup(edit->text.path);

		conf_text_set(&edit->text, path, text.bytes, text.len);
		free(path);
	}
	if (r == -ENOENT)
		ctl_error(ctl,
			  "the text of %s is not kept, since its file was taken away by hand: put it back as "
			  "%s/%s" AGENT_SUFFIX ", and run the command again",
			  name, ws->agents_dir, name);
	status = r == 0 ? CTL_DONE : CTL_FAILED;
out:
	edit->restores = true;
	conf_text_free(&text);
	free(kept);
	return status;
}

/* what_is_gone() returns the options that leave out what agentauth.conf has no more; the caller frees. */
static char *what_is_gone(const struct workspace *ws, const struct aa_agent *agent)
{
	struct buffer options = {0};

	for (size_t i = 0; i < agent->roles.n; i++)
		if (!model_role(&ws->model, agent->roles.v[i]))
			buffer_printf(&options, " --no-role %s", agent->roles.v[i]);
	for (size_t i = 0; i < agent->bindings.n; i++)
		if (agent->bindings.v[i].issuer && !model_issuer(&ws->model, agent->bindings.v[i].issuer))
			buffer_printf(&options, " --no-bind %s:%s", agent->bindings.v[i].issuer,
				      agent->bindings.v[i].client ? agent->bindings.v[i].client : "");
	return options.len ? buffer_take(&options) : NULL;
}

/* A role that is gone is not left out unasked: the agent would come back as another than it was. */
static enum ctl_status check_gone(struct ctl *ctl, const struct workspace *ws, const struct text_edit *edit)
{
	struct agent_now now;
	enum ctl_status status = CTL_DONE;
	char *gone;

	agent_now_read(&ws->model, edit->name, &edit->text, &now);
	gone = what_is_gone(ws, &now.agent);
	if (gone)
		status = ctl_fail(ctl,
				  "%s had a role or a binding of what " CONF_FILE
				  " has no more: agentauthctl restore "
				  "%s%s brings it back without. Nothing was changed",
				  edit->name, edit->name, gone);
	agent_now_free(&now);
	free(gone);
	return status;
}

/* ---- what holds on ---------------------------------------------------------------- */

static void tell_key(struct ctl *ctl, const struct aa_agent_key *key)
{
	const json_t *revoked = view_revoked_key(ctl, key->kid);
	struct buffer b = {0};
	char when[AA_UTC_SIZE];

	if (revoked) {
		view_decided(revoked, &b);
		printf("Its key %s is revoked still (%s): agentauthctl revoke --list shows how that is taken "
		       "back.\n",
		       quoted(key->kid), b.data);
		buffer_free(&b);
	}
	if (!key->not_after || key->not_after > ctl->now)
		return;
	aa_utc_print(key->not_after, when);
	printf("Its key %s has ended, at %s.\n", quoted(key->kid), when);
}

static void tell_decisions(const struct ctl *ctl, const char *name)
{
	json_t *suspension = aa_decision_suspension(ctl->paths.statedir, name),
	       *cutoff = aa_decision_cutoff(ctl->paths.statedir, name);
	char when[AA_UTC_SIZE];

	aa_utc_print(view_number(cutoff, "before"), when);
	if (cutoff)
		printf("What it was issued before %s is revoked still: agentauthctl revoke --undo --agent %s "
		       "takes that back.\n",
		       when, name);
	if (suspension)
		printf("It is suspended still (%s%s%s): agentauthctl resume %s lets it in.\n",
		       view_text(suspension, "by"), *view_text(suspension, "why") ? ": " : "",
		       view_text(suspension, "why"), name);
	json_decref(suspension);
	json_decref(cutoff);
}

/* The agent is as it was, and what ended or was decided meanwhile is not undone by the way. */
static void tell_state(struct ctl *ctl, const char *name)
{
	struct published *published = published_open(ctl->paths.statedir, ctl->paths.owner);
	struct aa_agent *agent = published ? published_agent(published, name) : NULL;
	const char *state = agent ? view_state(ctl, agent) : "unknown";

	ctl_answer(ctl, "state", json_string(state));
	for (size_t i = 0; agent && !ctl->json && i < agent->keys.n; i++)
		tell_key(ctl, &agent->keys.v[i]);
	if (!ctl->json)
		tell_decisions(ctl, name);
	if (!ctl->json && strcmp(state, "expired") == 0)
		printf("It has expired: agentauthctl set %s --expires TIME gives it more time.\n", name);
	if (!ctl->json && strcmp(state, "no-credential") == 0)
		printf("Nothing lets it in: agentauthctl set %s --key FILE registers a key.\n", name);
	aa_agent_free(agent);
	published_close(published);
}

/* ---- the command ------------------------------------------------------------------- */

static enum ctl_status restore(struct ctl *ctl, struct workspace *ws, const struct arguments *arguments)
{
	const char *name = arguments->words[0];
	char *kept = xasprintf("%s" KEPT_SUFFIX, name);
	struct text_edit edit;
	enum ctl_status status = can_come_back(ctl, ws, name);
	bool by_hand = agent_names_have(&ws->names, name);

	if (status != CTL_DONE)
		goto out;
	status = begin(&edit, ctl, ws, arguments, name);
	if (status == CTL_DONE)
		status = edit_by_options(&edit.editing, restore_options);
	if (status == CTL_DONE)
		status = check_gone(ctl, ws, &edit);
	status =
	    edit_end(&edit, status,
		     "%s is back, with its name, its uid %u, and what its text says: agentauthctl show %s "
		     "prints it.",
		     name, ids_by_name(&ws->ids, ID_AGENT, name)->id, name);
	if (status == CTL_DONE && !ctl->dry_run && !by_hand)
		unlinkat(ws->agents_fd, kept, 0);
	if (status == CTL_DONE && !ctl->dry_run)
		tell_state(ctl, name);
out:
	free(kept);
	return status;
}

static int run_restore(struct ctl *ctl, const struct arguments *arguments)
{
	bool list = arguments_have(arguments, "list"), more = arguments->n_words > 0;

	for (size_t i = 0; i < arguments->n_given; i++)
		more = more || arguments->given[i].option->setting;
	if (list && more)
		return ctl_usage(ctl,
				 "--list shows the agents that can be restored, and goes with nothing else");
	if (list)
		return list_retired(ctl);
	if (!arguments->n_words)
		return ctl_usage(ctl,
				 "say which agent is restored: agentauthctl restore --list shows those that "
				 "can be");
	if (ctl_check_name(ctl, check_agent_name, arguments->words[0]) != CTL_DONE)
		return CTL_FAILED;
	return edit_in_workspace(ctl, arguments, restore);
}

const struct command cmd_restore = {
    .name = "restore",
    .also = "undelete",
    .words = "[NAME]",
    .values = "retired",
    .max_words = 1,
    .summary = "bring back an agent that was retired in the last 30 days",
    .about = "The agent has the same name and the same uid again, which nobody else was given, and the text "
	     "that was kept when it was retired. What was suspended or revoked stays so, and a key that "
	     "ended has ended.",
    .options = restore_options,
    .run = run_restore,
};
