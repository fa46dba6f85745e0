/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_elevate.c gives an agent a role for a time, see common/state/elevation.h. */
#include "config.h"

#include "tools/agentauthctl/commands/cmd_elevate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/state/audit_record.h"
#include "common/state/elevation.h"
#include "common/state/last_look.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/model/check_value.h"
#include "tools/agentauthctl/model/host_sudo.h"
#include "tools/cli/table.h"

static void audit(struct ctl *ctl, const char *agent, const char *role, const char *command)
{
	json_t *record = json_pack("{s:s, s:s, s:[s]}", "result", "ok", "reason", "ok", "roles", role);

	aa_audit_set(record, "agent", agent);
	if (command)
		aa_audit_set(record, "command", command);
	ctl_audit_record(ctl, record);
}

/* ---- giving one ----------------------------------------------------------------- */

enum ctl_status elevate_until(struct ctl *ctl, const char *text, int64_t *ret)
{
	if (!aa_utc_parse_loose(text, ctl->now, ret))
		return ctl_usage(ctl, "--for takes 30m, 2h or a time such as 2027-01-31T12:00:00Z, not %s",
				 quoted(text));
	if (*ret <= ctl->now || *ret - ctl->now > AA_ELEVATION_MAX)
		return ctl_usage(ctl, "--for ends within 24 hours from now: a role for longer is given by "
				      "agentauthctl set NAME --role ROLE");
	return CTL_DONE;
}

static enum ctl_status check(struct ctl *ctl, const char *name, const char *role)
{
	struct published *published = ctl_published(ctl);
	struct aa_agent *agent = published ? published_agent(published, name) : NULL;
	struct aa_role *record = agent ? published_role(published, role) : NULL;
	enum ctl_status status = CTL_DONE;

	if (!published)
		status = CTL_FAILED;
	else if (!agent)
		status = ctl_damaged(ctl);
	else if (aa_list_has(&agent->roles, role))
		status = ctl_fail(ctl, "%s has the role %s by its record, for as long as that says so", name,
				  role);
	else if (!record)
		status = ctl_fail(ctl,
				  "there is no role %s in what is published; agentauthctl role list shows "
				  "those that there are",
				  quoted(role));
	aa_role_free(record);
	aa_agent_free(agent);
	published_close(published);
	return status;
}

enum ctl_status elevate_check(struct ctl *ctl, const char *agent, const char *role)
{
	uint32_t uid;
	enum ctl_status status = ctl_known_agent(ctl, agent, &uid);

	return status == CTL_DONE ? check(ctl, agent, role) : status;
}

static enum ctl_status tell_failed(struct ctl *ctl, const char *agent, const char *role, int err)
{
	if (err == -EDQUOT)
		return ctl_fail(ctl, "%s has %d roles by elevation, and no more are given at a time", agent,
				AA_ELEVATIONS_MAX);
	return ctl_fail(ctl, "%s cannot be given the role %s: %s", agent, role, strerror(-err));
}

static void tell(const struct ctl *ctl, const char *agent, const char *role, int64_t until)
{
	char when[AA_UTC_SIZE];

	if (ctl->json)
		return;
	aa_utc_print(until, when);
	printf("%s %s the role %s until %s, in logins from now on.\n", agent,
	       ctl->dry_run ? "would have" : "has", role, when);
	if (ctl->dry_run)
		return;
	printf("A session that is open does not get it, and one that has it ends then at the latest.\n"
	       "To end it before: agentauthctl elevate %s --role %s --end\n",
	       agent, role);
}

/* No generation has an elevation, and so NSS has not its group, from which sudo-rs before 0.2.15 takes all that it knows. */
static void warn_of_sudo(struct ctl *ctl, const char *agent, const char *role)
{
	struct published *published = ctl_published(ctl);
	struct aa_role *record = published ? published_role(published, role) : NULL;
	struct host_sudo sudo = {.kind = HOST_SUDO_UNKNOWN};

	if (record && record->sudo.n + record->approval.n > 0)
		host_sudo_look(&sudo);
	if (host_sudo_is_rs_before(&sudo, "0.2.15"))
		ctl_warning(
		    ctl,
		    "this host's sudo is sudo-rs %s, which grants nothing for a time: the sudo rules of "
		    "%s are not to be had so. agentauthctl set %s --role %s gives them, until it is "
		    "taken back",
		    sudo.version, role, agent, role);
	aa_role_free(record);
	published_close(published);
}

enum ctl_status elevate_agent(struct ctl *ctl, const char *agent, const char *role, int64_t until,
			      const char *why)
{
	enum ctl_status status = elevate_check(ctl, agent, role);
	int err = 0;

	if (status != CTL_DONE)
		return status;
	if (!ctl->dry_run)
		err = aa_elevation_make(ctl->paths.statedir, agent, role, ctl_who(), why, ctl->now, until);
	if (err < 0)
		return tell_failed(ctl, agent, role, err);
	if (!ctl->dry_run)
		audit(ctl, agent, role, NULL);
	tell(ctl, agent, role, until);
	warn_of_sudo(ctl, agent, role);
	ctl_answer(ctl, "elevation",
		   json_pack("{s:s, s:s, s:o}", "agent", agent, "role", role, "until", view_time(until)));
	return CTL_DONE;
}

/* ---- ending ------------------------------------------------------------------------ */

static int end_one(struct ctl *ctl, const char *agent, const char *role)
{
	int err = ctl->dry_run ? 0 : aa_elevation_end(ctl->paths.statedir, agent, role);

	if (err < 0) {
		ctl_error(ctl, "the elevation of %s to %s cannot be ended: %s", agent, role, strerror(-err));
		return err;
	}
	if (!ctl->dry_run)
		audit(ctl, agent, role, NULL);
	if (!ctl->json)
		printf("%s %s the role %s by elevation.\n", agent,
		       ctl->dry_run ? "would no longer have" : "no longer has", role);
	return 0;
}

static void tell_ended(const struct ctl *ctl, const char *agent)
{
	if (!ctl->json && !ctl->dry_run)
		printf("A session that has it gets no more sudo, and keeps its group until it ends: "
		       "agentauthctl session kill --agent %s ends it.\n",
		       agent);
}

static enum ctl_status end(struct ctl *ctl, const char *agent, const char *role, uint32_t uid)
{
	enum ctl_status status = CTL_DONE;
	json_t *list, *one, *ended = json_array();
	size_t i;
	int err = aa_elevations(ctl->paths.statedir, agent, ctl->now, &list);

	if (err < 0) {
		json_decref(ended);
		return ctl_fail(ctl, "the elevations of %s cannot be read: %s", agent, strerror(-err));
	}
	json_array_foreach(list, i, one)
	{
		if (role && strcmp(view_text(one, "role"), role) != 0)
			continue;
		if (end_one(ctl, agent, view_text(one, "role")) < 0)
			status = CTL_FAILED;
		else
			json_array_append(ended, json_object_get(one, "role"));
	}
	json_decref(list);
	if (!ctl->dry_run)
		aa_last_look_settle(uid);
	if (json_array_size(ended))
		tell_ended(ctl, agent);
	else if (status == CTL_DONE)
		status = ctl_fail(ctl, "%s has no role%s%s by elevation", agent, role ? " " : "",
				  role ? role : "");
	ctl_answer(ctl, "ended", ended);
	return status;
}

/* A file that is damaged stays, so that a person sees it. */
void elevate_forget_over(struct ctl *ctl)
{
	char when[AA_UTC_SIZE], *what;
	json_t *list, *one;
	size_t i;

	if (aa_elevations_of_all(ctl->paths.statedir, ctl->now, &list) < 0)
		return;
	json_array_foreach(list, i, one)
	{
		const char *agent = view_text(one, "agent"), *role = view_text(one, "role");

		if (strcmp(view_text(one, "state"), "over") != 0 ||
		    aa_elevation_forget(ctl->paths.statedir, agent, role, ctl->now) < 0)
			continue;
		aa_utc_print(view_number(one, "until"), when);
		what = xasprintf("elevation by %s until %s is over", view_text(one, "by"), when);
		audit(ctl, agent, role, what);
		free(what);
	}
	json_decref(list);
}

/* ---- listing -------------------------------------------------------------------------- */

static const struct table_column columns[] = {
    {"AGENT", 40}, {"ROLE", 32}, {"UNTIL", 24}, {"BY", 28}, {"WHY", 0}, {NULL, 0},
};

static void add_row(struct ctl *ctl, struct table *table, const json_t *one)
{
	const char *agent = view_text(one, "agent"), *role = view_text(one, "role");
	bool damaged = strcmp(view_text(one, "state"), "damaged") == 0;
	char when[AA_UTC_SIZE] = "damaged";

	if (!damaged)
		aa_utc_print(view_number(one, "until"), when);
	table_add(table, agent);
	table_add(table, role);
	table_add(table, strcmp(view_text(one, "state"), "over") == 0 ? "over" : when);
	table_add(table, view_text(one, "by"));
	table_add(table, view_text(one, "why"));
	if (damaged)
		ctl_warning(ctl,
			    "%s/state/elevated/%s/%s is damaged, and gives nothing; agentauthctl elevate %s "
			    "--role %s --end removes it",
			    ctl->paths.statedir, agent, role, agent, role);
}

static enum ctl_status list(struct ctl *ctl, const char *agent)
{
	struct table table = {.columns = columns};
	json_t *all, *one;
	size_t i;
	int err = agent ? aa_elevations(ctl->paths.statedir, agent, ctl->now, &all)
			: aa_elevations_of_all(ctl->paths.statedir, ctl->now, &all);

	if (err < 0)
		return ctl_fail(ctl, "the elevations in %s/state/elevated cannot be read: %s",
				ctl->paths.statedir, strerror(-err));
	json_array_foreach(all, i, one)
	{
		add_row(ctl, &table, one);
	}
	if (!ctl->json && json_array_size(all))
		table_print(&table);
	else if (!ctl->json)
		printf("%s has %s role by elevation.\n", agent ? agent : "No agent", agent ? "no" : "a");
	ctl_answer(ctl, "elevations", view_elevations(all));
	json_decref(all);
	table_free(&table);
	return CTL_DONE;
}

/* ---- the command ------------------------------------------------------------------------ */

static enum ctl_status give(struct ctl *ctl, const struct arguments *arguments, const char *agent,
			    const char *role)
{
	const char *length = arguments_value(arguments, "for"), *why = NULL;
	enum ctl_status status = ctl_read_why(ctl, arguments, &why);
	int64_t until = 0;

	if (status != CTL_DONE)
		return status;
	if (!role || !length || !why || !*why)
		return ctl_usage(ctl, "an elevation needs --role ROLE, --for TIME and --why TEXT");
	status = elevate_until(ctl, length, &until);
	return status == CTL_DONE ? elevate_agent(ctl, agent, role, until, why) : status;
}

static int run_elevate(struct ctl *ctl, const struct arguments *arguments)
{
	const char *agent = arguments->n_words ? arguments->words[0] : NULL,
		   *role = arguments_value(arguments, "role");
	uint32_t uid = 0;

	if (agent && ctl_check_name(ctl, check_agent_name, agent) != CTL_DONE)
		return CTL_FAILED;
	if (role && ctl_check_name(ctl, check_role_name, role) != CTL_DONE)
		return CTL_FAILED;
	if (arguments_have(arguments, "list"))
		return list(ctl, agent);
	if (!agent)
		return ctl_usage(ctl, "an elevation is of an agent: elevate NAME");
	if (!arguments_have(arguments, "end"))
		return give(ctl, arguments, agent, role);
	return ctl_known_agent(ctl, agent, &uid) == CTL_DONE ? end(ctl, agent, role, uid) : CTL_FAILED;
}

const struct command cmd_elevate = {
    .name = "elevate",
    .also = "grant",
    .words = "[NAME]",
    .values = "agents",
    .max_words = 1,
    .summary = "give an agent a role for a time, which ends by itself",
    .about = "The role holds for logins from now on, with its services, sources and approvals, whatever is "
	     "published, applied or rolled back meanwhile. Sessions that are open do not get it. A session "
	     "that has it ends with it at the latest, and what root starts, such as a job of cron, does not "
	     "have it.\n\n"
	     "It is given for 24 hours at most; a second elevation to a role takes the place of the first.",
    .options =
	(const struct option_spec[]){{"role", "ROLE", "the role", 0, NULL},
				     {"for", "TIME", "how long: 30m, 2h, or until a time", 0, NULL},
				     {"why", "TEXT", "what for; kept with it and in the audit log", 0, NULL},
				     {"end", NULL, "end it now; without --role, all of the agent's", 0, NULL},
				     {"list", NULL, "list who has which role until when", 0, NULL},
				     {0}},
    .run = run_elevate,
};
