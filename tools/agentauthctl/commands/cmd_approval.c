/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_approval.c gives a person's answer to a command that waits: approval list, approve, deny. */
#include "config.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/state/approval.h"
#include "tools/agentauthctl/commands/caller.h"
#include "tools/agentauthctl/commands/ctl.h"
#include "tools/agentauthctl/commands/ctl_kill.h"
#include "tools/agentauthctl/commands/watch.h"

static const char *text_of(const json_t *request, const char *member)
{
	const char *text = json_string_value(json_object_get(request, member));

	return text ? text : "-";
}

/* ---- list ------------------------------------------------------------------------- */

struct listing {
	struct ctl *ctl;
	json_t *open;
};

static void collect(void *data, json_t *request)
{
	struct listing *listing = data;

	(void)json_array_append_new(listing->open, request);
}

/* Where a request's sudo was killed, the plugin could not log that itself. */
static void log_gone(void *data, json_t *request)
{
	struct listing *listing = data;

	ctl_audit_request(listing->ctl, request);
	json_decref(request);
}

static void print_request(const struct ctl *ctl, const json_t *r)
{
	long long left = json_integer_value(json_object_get(r, "until")) - ctl->now;

	printf("%s  %s wants to run as %s, %lld s left:\n"
	       "        %s\n"
	       "        for %s, role %s%s%s, in %s%s%s on %s, from %s%s%s\n",
	       text_of(r, "id"), text_of(r, "agent"), text_of(r, "runas"), left, text_of(r, "command"),
	       text_of(r, "on_behalf_of"), text_of(r, "role"), json_object_get(r, "over") ? ", over " : "",
	       json_object_get(r, "over") ? text_of(r, "over") : "", text_of(r, "cwd"),
	       json_object_get(r, "chroot") ? " below " : "",
	       json_object_get(r, "chroot") ? text_of(r, "chroot") : "", text_of(r, "host"),
	       text_of(r, "rhost"), json_object_get(r, "task") ? ", task: " : "",
	       json_object_get(r, "task") ? text_of(r, "task") : "");
}

static enum ctl_status list_once(struct ctl *ctl)
{
	json_t *list = json_array(), *request;
	size_t i;
	struct listing listing = {ctl, list};
	int err = aa_approval_each(ctl->rundir, ctl->paths.owner, ctl->now, collect, log_gone, &listing);

	if (err < 0) {
		json_decref(list);
		return ctl_fail(ctl, "the requests in %s cannot be read: %s", ctl->rundir, strerror(-err));
	}
	json_array_foreach(list, i, request)
	{
		if (!ctl->json)
			print_request(ctl, request);
	}
	if (!ctl->json && json_array_size(list) == 0)
		puts("Nothing waits for approval.");
	ctl_answer(ctl, "requests", list);
	return CTL_DONE;
}

static int run_list(struct ctl *ctl, const struct arguments *arguments)
{
	return ctl_watch(ctl, arguments, 1, list_once);
}

/* ---- approve, deny ------------------------------------------------------------------- */

static enum ctl_status answer(struct ctl *ctl, const struct arguments *arguments, bool approve)
{
	const char *id = arguments->words[0], *why = NULL;
	enum ctl_status status;
	json_t *request;
	char *agent;
	int err;

	if (caller_is_agents(ctl))
		return ctl_fail(ctl, "an agent does not answer requests for approval: a person does");
	status = ctl_read_why(ctl, arguments, &why);
	if (status != CTL_DONE)
		return status;
	request = aa_approval_get(ctl->rundir, ctl->paths.owner, id, ctl->now);
	if (!request)
		return ctl_fail(
		    ctl, "no open request has the number %s; it may have timed out, or its sudo was ended",
		    quoted(id));
	agent = xstrdup(text_of(request, "agent"));
	if (!ctl->json)
		print_request(ctl, request);
	json_decref(request);
	err = ctl->dry_run
		  ? 0
		  : aa_approval_answer(ctl->rundir, ctl->paths.owner, id, approve, ctl_who(), why, ctl->now);
	if (err == 0 && !ctl->dry_run)
		ctl_audit(ctl, agent, "ok", "ok");
	free(agent);
	if (err == -EEXIST)
		return ctl_fail(ctl, "somebody has answered request %s already; the first answer stands", id);
	if (err == -ENOENT)
		return ctl_fail(ctl, "request %s is over: it timed out, or its sudo was ended", id);
	if (err < 0)
		return ctl_fail(ctl, "the answer cannot be written: %s", strerror(-err));
	if (!ctl->json)
		puts(approve ? "Approved, this once." : "Denied.");
	ctl_answer(ctl, "answer", json_string(approve ? "approve" : "deny"));
	return CTL_DONE;
}

static int run_approve(struct ctl *ctl, const struct arguments *arguments)
{
	return answer(ctl, arguments, true);
}

static int run_deny(struct ctl *ctl, const struct arguments *arguments)
{
	return answer(ctl, arguments, false);
}

static const struct option_spec why_option[] = {
    {"why", "TEXT", "kept with the answer, in the audit log", 0, NULL}, {0}};

static const struct command approval_list = {
    .name = "list",
    .words = "",
    .summary = "list the commands that wait for a person",
    .options =
	(const struct option_spec[]){{"watch", NULL, "again every second, until interrupted", 0, NULL}, {0}},
    .run = run_list,
};

static const struct command approval_approve = {
    .name = "approve",
    .words = "NUMBER",
    .min_words = 1,
    .max_words = 1,
    .summary = "let a waiting command run, this once",
    .options = why_option,
    .run = run_approve,
};

static const struct command approval_deny = {
    .name = "deny",
    .words = "NUMBER",
    .min_words = 1,
    .max_words = 1,
    .summary = "refuse a waiting command",
    .options = why_option,
    .run = run_deny,
};

const struct command cmd_approval = {
    .name = "approval",
    .words = "COMMAND",
    .summary = "answer agents' commands that wait for a person",
    .sub = (const struct command *const[]){&approval_list, &approval_approve, &approval_deny, NULL},
};
