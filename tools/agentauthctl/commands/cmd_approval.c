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
#include "common/state/audit_record.h"
#include "common/text/shown.h"
#include "tools/agentauthctl/commands/caller.h"
#include "tools/agentauthctl/commands/cmd_elevate.h"
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

	ctl_audit_gone(listing->ctl, request);
}

/* An agent's words may look like anything. */
static void print_role_request(const json_t *r, long long left)
{
	char why[4096];

	(void)aa_shown_text(why, sizeof(why), text_of(r, "why"));
	printf("%s  %s asks for the role %s for a time, %lld s left:\n"
	       "        %s\n"
	       "        for %s, on %s, from %s\n",
	       text_of(r, "id"), text_of(r, "agent"), text_of(r, "elevate"), left, why,
	       text_of(r, "on_behalf_of"), text_of(r, "host"), text_of(r, "rhost"));
}

static void print_request(const struct ctl *ctl, const json_t *r)
{
	long long left = json_integer_value(json_object_get(r, "until")) - ctl->now;

	if (json_object_get(r, "elevate")) {
		print_role_request(r, left);
		return;
	}
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

/* Says whether somebody approved of this request for a role, and ended before the role was given: the request would be gone. */
static bool is_begun(const struct ctl *ctl, const json_t *request)
{
	json_t *answer = NULL;
	bool approved;

	if (!json_object_get(request, "elevate"))
		return false;
	approved = aa_approval_poll(ctl->rundir, ctl->paths.owner, text_of(request, "id"),
				    json_integer_value(json_object_get(request, "until")), ctl->now,
				    &answer) == AA_REQUEST_APPROVED;
	json_decref(answer);
	return approved;
}

/* The first of two answers counts, so the answer is written before the role is given. */
static enum ctl_status write_answer(struct ctl *ctl, const json_t *request, bool approve, const char *why)
{
	const char *id = text_of(request, "id");
	int err = ctl->dry_run ? 0
			       : aa_approval_answer(ctl->rundir, ctl->paths.owner, id, approve, ctl_who(),
						    why, ctl->now);

	if (err == -EEXIST && approve && is_begun(ctl, request))
		err = 0;
	if (err == -EEXIST)
		return ctl_fail(ctl, "somebody has answered request %s already; the first answer stands", id);
	if (err == -ENOENT)
		return ctl_fail(ctl, "request %s is over: it timed out, or its sudo was ended", id);
	if (err < 0)
		return ctl_fail(ctl, "the answer cannot be written: %s", strerror(-err));
	if (!ctl->dry_run)
		ctl_audit(ctl, text_of(request, "agent"), "ok", "ok");
	if (!ctl->json)
		puts(!approve				   ? "Denied."
		     : json_object_get(request, "elevate") ? "Approved."
							   : "Approved, this once.");
	ctl_answer(ctl, "answer", json_string(approve ? "approve" : "deny"));
	return CTL_DONE;
}

/* No sudo may be left to take its request away, and to log the answer. */
static void end_lasting(struct ctl *ctl, const json_t *request, bool approve)
{
	json_t *by;

	if (ctl->dry_run || !json_is_true(json_object_get(request, "lasting")))
		return;
	by = json_pack("{s:s}", "by", ctl_who());
	ctl_audit_append(ctl, aa_audit_approval(request, "agentauthctl", approve ? "approved" : "denied",
						approve ? AA_OK : AA_APPROVAL_DENIED, by));
	json_decref(by);
	aa_approval_withdraw(ctl->rundir, text_of(request, "id"));
}

static enum ctl_status answer(struct ctl *ctl, const json_t *request, const char *length, bool approve,
			      const char *why)
{
	const char *role = json_string_value(json_object_get(request, "elevate"));
	enum ctl_status status = CTL_DONE;
	char what_for[1025];
	int64_t until = 0;

	if (length && !role)
		return ctl_usage(ctl, "--for is for a request for a role; a command is approved this once");
	if (role && approve)
		status = elevate_until(ctl, length ? length : "1h", &until);
	if (status == CTL_DONE && role && approve)
		status = elevate_check(ctl, text_of(request, "agent"), role);
	if (status == CTL_DONE && !ctl->json)
		print_request(ctl, request);
	if (status == CTL_DONE)
		status = write_answer(ctl, request, approve, why);
	if (status != CTL_DONE)
		return status;
	(void)aa_shown_text(what_for, sizeof(what_for), text_of(request, "why"));
	if (role && approve)
		status = elevate_agent(ctl, text_of(request, "agent"), role, until, what_for);
	if (status == CTL_DONE)
		end_lasting(ctl, request, approve);
	return status;
}

static enum ctl_status find_and_answer(struct ctl *ctl, const struct arguments *arguments, bool approve)
{
	const char *id = arguments->words[0], *why = NULL;
	enum ctl_status status;
	json_t *request;

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
	status = answer(ctl, request, approve ? arguments_value(arguments, "for") : NULL, approve, why);
	json_decref(request);
	return status;
}

static int run_approve(struct ctl *ctl, const struct arguments *arguments)
{
	return find_and_answer(ctl, arguments, true);
}

static int run_deny(struct ctl *ctl, const struct arguments *arguments)
{
	return find_and_answer(ctl, arguments, false);
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
    .summary = "let a waiting command run, this once, or give the role that is asked for",
    .options =
	(const struct option_spec[]){{"for", "TIME", "how long a role is given (1h)", 0, NULL},
				     {"why", "TEXT", "kept with the answer, in the audit log", 0, NULL},
				     {0}},
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
