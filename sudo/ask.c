/* SPDX-License-Identifier: Apache-2.0 */
/* ask.c: whether this caller has sudo at all, whether the command waits for a person, and the wait. */
#include "config.h"

#include "sudo/ask.h"

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/state/admit.h"
#include "common/state/approval.h"
#include "common/state/audit_record.h"
#include "common/state/budget.h"
#include "common/user/caller.h"
#include "common/user/guard.h"
#include "common/state/last_look.h"
#include "common/state/monotonic.h"
#include "common/state/user.h"
#include "common/text/shown.h"
#include "common/verify/command.h"
#include "sudo/described.h"
#include "sudo/hook.h"
#include "sudo/role_request.h"
#include "sudo/wait.h"

struct asking {
	struct aa_guard guard; /* while nobody is waited for */
	struct aa_context ctx;
	struct aa_user user; /* who called */
	struct aa_agent *agent;
	struct aa_session *session;
	struct aa_command_rule rule;	 /* by which it waits */
	char role[AA_ROLE_NAME_MAX + 1]; /* of the group that a person has */
	bool person;
	struct aa_role_request wanted; /* a role for a time; .role NULL: it is a command that waits */
	bool over_budget;	       /* the rule is the role's max_sudo */
	bool withdrawn;		       /* the request: the agent interrupted its sudo */
	int64_t started_us;
};

static void asking_clear(struct asking *asking)
{
	aa_session_free(asking->session);
	aa_agent_free(asking->agent);
	aa_context_close(&asking->ctx);
}

/* ---- whose sudo it is --------------------------------------------------------------- */

/* Answers AA_OK for an agent in its live session, and AA_AGENT_UNKNOWN for a person. */
static enum aa_reason find_agent(const struct aa_sudo *sudo, struct asking *asking)
{
	enum aa_reason reason;
	enum aa_user_kind kind;

	asking->ctx = (struct aa_context){.statedir = sudo->statedir,
					  .rundir = sudo->rundir,
					  .logdir = sudo->logdir,
					  .owner = geteuid(),
					  .now = time(NULL),
					  .starved = asking->guard.starved,
					  .gen_fd = -1,
					  .accounts.fd = -1};
	kind = aa_user_by_uid(&asking->ctx, sudo->uid, &asking->user);
	if (kind != AA_USER_AGENT)
		return kind == AA_USER_OTHER ? AA_AGENT_UNKNOWN : AA_REGISTRY_UNAVAILABLE;
	reason = aa_context_agent(&asking->ctx, &asking->user.account, &asking->agent);
	if (reason == AA_OK)
		reason = aa_admit_in_session(&asking->ctx, asking->agent, "sudo", &asking->session);
	return reason;
}

/* Answers AA_AGENT_UNKNOWN for a person with no group but a person's. */
static enum aa_reason check_person(const struct aa_sudo *sudo, struct asking *asking)
{
	struct aa_caller caller;
	bool agents;

	asking->person = true;
	if (sudo->uid == 0) /* who may have any group: no call that fails keeps root from its sudo */
		return AA_AGENT_UNKNOWN;
	if (aa_caller_read(sudo->uid, &caller) < 0)
		return AA_INTERNAL;
	agents = aa_caller_has_agents_group(&caller, aa_user_registry(&asking->ctx), asking->role);
	aa_caller_clear(&caller);
	return agents ? AA_GROUP_DENIED : AA_AGENT_UNKNOWN;
}

/* The guard is lowered meanwhile, since the agent's terminal may keep us waiting. */
static void say(const struct aa_sudo *sudo, struct asking *asking, const char *text)
{
	(void)aa_guard_lower(&asking->guard);
	sudo->say(sudo->say_data, text);
	aa_guard_raise(&asking->guard);
}

/* ---- whether it waits ------------------------------------------------------------------ */

static enum aa_reason find_rule(const struct aa_sudo *sudo, struct asking *asking)
{
	const struct aa_command command = {sudo->target, sudo->command, sudo->argv};

	if (sudo->must_wait && !aa_command_is_named(asking->ctx.policy, &asking->session->roles, &command))
		return AA_ROLE_DENIED;
	return aa_command_waits(asking->ctx.policy, asking->agent, &command, NULL, &asking->rule);
}

/* A command that waits in any case takes nothing from a budget. */
static enum aa_reason find_budget(const struct aa_sudo *sudo, struct asking *asking)
{
	const struct aa_command command = {sudo->target, sudo->command, sudo->argv};
	enum aa_reason reason = aa_budget_waits(&asking->ctx, asking->agent, &command, &asking->rule);

	asking->over_budget = reason == AA_OK && asking->rule.role[0];
	return reason;
}

/* The role stands in the place of a rule. */
static enum aa_reason find_role_request(const struct aa_sudo *sudo, struct asking *asking)
{
	const char *said;
	enum aa_reason reason =
	    aa_role_request_read(sudo->argv, asking->ctx.policy, asking->agent, &asking->wanted, &said);

	if (reason == AA_OK)
		(void)snprintf(asking->rule.role, sizeof(asking->rule.role), "%s", asking->wanted.role);
	else
		say(sudo, asking, said);
	return reason;
}

/* Finds why the command waits, if it does; refusals are logged. */
static enum aa_reason find_wait(const struct aa_sudo *sudo, struct asking *asking)
{
	enum aa_reason reason;

	if (aa_role_request_is(sudo->command))
		reason = find_role_request(sudo, asking);
	else
		reason = find_rule(sudo, asking);
	if (reason == AA_OK && !asking->rule.role[0])
		reason = find_budget(sudo, asking);
	return reason;
}

/* ---- the request --------------------------------------------------------------------------- */

static json_t *argv_json(char *const argv[])
{
	json_t *list = json_array(), *one = json_object();
	bool whole = true;

	for (; *argv; argv++) {
		aa_audit_set(one, "a", *argv);
		whole = json_array_append(list, json_object_get(one, "a")) == 0 && whole;
	}
	json_decref(one);
	if (!whole) {
		json_decref(list);
		list = NULL;
	}
	return list;
}

static void set_path(json_t *record, const char *name, const char *path)
{
	char text[AA_AUDIT_STRING_MAX + 1];

	if (!path)
		return;
	(void)aa_shown_word(text, sizeof(text), path);
	aa_audit_set(record, name, text);
}

/* A person must see the whole of a command to approve it; a command that cannot be shown whole is refused. */
static bool can_be_shown(const struct aa_sudo *sudo)
{
	const char *paths[] = {sudo->cwd, sudo->chroot};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (paths[i] && aa_shown_word(NULL, 0, paths[i]) >= AA_AUDIT_STRING_MAX)
			return false;
	return aa_described_line(sudo, NULL, 0) < AA_AUDIT_STRING_MAX;
}

static json_t *describe(const struct aa_sudo *sudo, const struct asking *asking)
{
	const struct aa_session *s = asking->session;
	json_t *request = json_object();
	struct aa_described texts;

	(void)aa_described_record(sudo, &texts);
	aa_audit_set(request, "agent", asking->agent->name);
	aa_audit_put(request, "uid", json_integer(asking->agent->uid));
	aa_audit_set(request, "session", s->id);
	aa_audit_set(request, "on_behalf_of", s->on_behalf_of);
	aa_audit_set(request, "task", s->task);
	aa_audit_set(request, "rhost", s->rhost);
	aa_audit_set(request, "role", asking->rule.role);
	aa_audit_set(request, "rule", asking->rule.text);
	aa_audit_set(request, "over", asking->over_budget ? asking->rule.text : NULL);
	aa_audit_set(request, "elevate", asking->wanted.role);
	aa_audit_set(request, "why", asking->wanted.role ? asking->wanted.why : NULL);
	if (asking->wanted.lasts)
		aa_audit_put(request, "lasting", json_true());
	aa_audit_set(request, "host", aa_policy_host(asking->ctx.policy)->name);
	set_path(request, "cwd", sudo->cwd);
	set_path(request, "chroot", sudo->chroot);
	aa_audit_set(request, "tty", sudo->tty);
	aa_audit_set(request, "target", sudo->target);
	aa_audit_set(request, "group", sudo->group[0] ? sudo->group : NULL);
	aa_audit_set(request, "runas", texts.runas);
	aa_audit_set(request, "command", texts.line);
	aa_audit_put(request, "argv", argv_json(sudo->argv));
	return request;
}

/* Logs one step of a request: requested, approved, denied, timeout, withdrawn, refused. */
static enum aa_reason log_step(struct asking *asking, const json_t *request, const char *step,
			       enum aa_reason reason, const json_t *answer)
{
	return aa_context_audit(&asking->ctx, aa_audit_approval(request, "sudo", step, reason, answer));
}

static void say_waiting(const struct aa_sudo *sudo, struct asking *asking, const char *id)
{
	char text[512], why[128] = "";

	if (asking->over_budget)
		(void)snprintf(why, sizeof(why), "agentauth: the budget of role %s is used up (%.40s).\n",
			       asking->rule.role, asking->rule.text);
	(void)snprintf(text, sizeof(text),
		       "%sagentauth: this %s a person's approval, request %s, up to %d seconds.\n"
		       "agentauth: on this host: agentauthctl approval approve %s\n",
		       why, asking->wanted.role ? "request for a role waits for" : "command waits for", id,
		       asking->wanted.lasts ? AA_APPROVAL_LASTS : AA_APPROVAL_WAIT, id);
	say(sudo, asking, text);
}

/* Checks what may have changed during the wait: the agent suspended, its session ended, its role taken away and
 * published. */
static enum aa_reason check_again(const struct aa_sudo *sudo, const struct asking *asked)
{
	struct asking now = {.agent = NULL};
	enum aa_reason reason = find_agent(sudo, &now);

	if (reason == AA_OK && !asked->wanted.role)
		reason = find_rule(sudo, &now);
	if (reason == AA_AGENT_UNKNOWN ||
	    (reason == AA_OK && strcmp(now.session->id, asked->session->id) != 0))
		reason = AA_NO_SESSION;
	asking_clear(&now);
	return reason;
}

static enum aa_reason reason_of(enum aa_request_state state)
{
	if (state == AA_REQUEST_APPROVED)
		return AA_OK;
	return state == AA_REQUEST_TIMED_OUT ? AA_APPROVAL_TIMEOUT : AA_APPROVAL_DENIED;
}

/* An approved command that is refused all the same, since something changed meanwhile, is a step of its own. */
static const char *step_of(enum aa_request_state state, enum aa_reason reason)
{
	static const char *const words[] = {[AA_REQUEST_OPEN] = "requested",
					    [AA_REQUEST_APPROVED] = "approved",
					    [AA_REQUEST_DENIED] = "denied",
					    [AA_REQUEST_TIMED_OUT] = "timeout",
					    [AA_REQUEST_WITHDRAWN] = "withdrawn"};

	return reason == reason_of(state) ? words[state] : "refused";
}

/* Tells the agent of a refusal, with the reason that a person gave. */
static void say_answer(const struct aa_sudo *sudo, struct asking *asking, const json_t *answer)
{
	const char *why = json_string_value(json_object_get(answer, "why"));
	char text[512], shown[480];

	if (!why)
		return;
	(void)aa_shown_text(shown, sizeof(shown), why);
	(void)snprintf(text, sizeof(text), "agentauth: denied: %s\n", shown);
	say(sudo, asking, text);
}

static enum aa_reason cannot_ask(struct asking *asking, const json_t *request)
{
	(void)log_step(asking, request, "refused", AA_INTERNAL, NULL);
	return AA_INTERNAL;
}

/* Waits for the answer, and acts on it. */
static enum aa_reason wait_for_answer(const struct aa_sudo *sudo, struct asking *asking,
				      const json_t *request, const char *id)
{
	json_t *answer = NULL;
	enum aa_request_state state = aa_wait_answer(sudo->rundir, &asking->guard, &asking->ctx, id, &answer);
	enum aa_reason reason = reason_of(state), logged;

	asking->withdrawn = state == AA_REQUEST_WITHDRAWN;
	if (reason == AA_OK)
		reason = check_again(sudo, asking);
	logged = log_step(asking, request, step_of(state, reason), reason, answer);
	if (reason == AA_OK)
		reason = logged;
	if (reason == AA_APPROVAL_DENIED)
		say_answer(sudo, asking, answer);
	json_decref(answer);
	return reason;
}

/* Asks, and waits for the answer, unless the request is to outlast this sudo. */
static enum aa_reason ask(const struct aa_sudo *sudo, struct asking *asking, json_t *request, int slot)
{
	char id[AA_APPROVAL_ID_SIZE];
	enum aa_reason reason;

	if (aa_approval_request(sudo->rundir, json_incref(request), asking->ctx.now, id) < 0)
		return cannot_ask(asking, request);
	reason = log_step(asking, request, "requested", AA_OK, NULL);
	if (reason == AA_OK && asking->wanted.lasts && !aa_approval_keep(slot, id))
		reason = cannot_ask(asking, request);
	if (reason == AA_OK) {
		say_waiting(sudo, asking, id);
		if (sudo->hook)
			aa_hook_run(sudo->hook, request);
		if (asking->wanted.lasts)
			return AA_OK;
		reason = wait_for_answer(sudo, asking, request, id);
	}
	aa_approval_withdraw(sudo->rundir, id);
	return reason;
}

static enum aa_reason refuse_to_ask(const struct aa_sudo *sudo, struct asking *asking, const json_t *request,
				    const char *why)
{
	(void)log_step(asking, request, "refused", AA_APPROVAL_DENIED, NULL);
	say(sudo, asking, why);
	return AA_APPROVAL_DENIED;
}

static enum aa_reason ask_person(const struct aa_sudo *sudo, struct asking *asking)
{
	json_t *request = describe(sudo, asking);
	int slot = aa_approval_slot(sudo->rundir, asking->agent->name);
	enum aa_reason reason;

	if (!can_be_shown(sudo))
		reason = refuse_to_ask(
		    sudo, asking, request,
		    "agentauth: a command that waits for a person's approval has at most 1024 bytes, quotes "
		    "and four for each byte that cannot be seen included, so that all of it can be shown\n");
	else if (slot == -EBUSY)
		reason = refuse_to_ask(
		    sudo, asking, request,
		    "agentauth: three commands of this agent wait for a person's approval already; when one "
		    "is answered, or was interrupted, another can ask\n");
	else
		reason = slot < 0 ? cannot_ask(asking, request) : ask(sudo, asking, request, slot);
	if (slot >= 0)
		close(slot);
	json_decref(request);
	return reason;
}

/* Logs what the PAM module has not: every refusal, and an agent's sudo that did not come by its account phase. The
 * reason, or AA_AUDIT_UNAVAILABLE where there must be a line and is none. */
static enum aa_reason report(const struct aa_sudo *sudo, struct asking *asking, enum aa_reason reason)
{
	struct aa_described texts;
	struct aa_audit_command command = aa_described_record(sudo, &texts);
	const char *agent = asking->user.account.name;
	const struct aa_audit_event record = {.event = reason == AA_OK ? "sudo-asked" : "sudo",
					      .service = "sudo",
					      .agent = asking->person ? NULL
						       : agent	      ? agent
								      : sudo->user,
					      .uid = sudo->uid,
					      .reason = reason,
					      .role = asking->role,
					      .session = asking->session,
					      .command = &command,
					      .micros = aa_monotonic_us() - asking->started_us};
	enum aa_reason logged;

	if (reason == AA_AGENT_UNKNOWN || (reason == AA_OK && sudo->logged))
		return reason;
	command.asked_only = reason == AA_OK && !sudo->audited;
	command.role = asking->rule.role;
	logged = aa_context_audit(&asking->ctx, aa_audit_event(&record));
	return reason == AA_OK ? logged : reason;
}

/* The process that becomes the command looks once more, for PAM's reasons too where PAM was not asked. */
static enum aa_reason look_again(const struct aa_sudo *sudo, const struct asking *asking)
{
	struct aa_described texts;
	struct aa_audit_command command = aa_described_record(sudo, &texts);
	struct aa_last_look look;

	command.role = asking->rule.role;
	if (!aa_last_look_set(&look, &asking->ctx, asking->session, "sudo", &command,
			      asking->rule.role[0] ? asking->ctx.now + AA_APPROVAL_WAIT : 0))
		return AA_INTERNAL;
	return aa_last_look_at_forks(&look) ? AA_OK : AA_INTERNAL;
}

enum aa_reason aa_ask(const struct aa_sudo *sudo, const char **ret_why)
{
	struct asking asking = {.started_us = aa_monotonic_us()};
	enum aa_reason reason;

	aa_guard_raise(&asking.guard);
	reason = find_agent(sudo, &asking);
	if (reason == AA_AGENT_UNKNOWN)
		reason = check_person(sudo, &asking);
	reason = report(sudo, &asking, reason);
	if (reason == AA_OK) {
		reason = find_wait(sudo, &asking);
		if (reason != AA_OK)
			(void)report(sudo, &asking, reason);
	}
	if (reason == AA_OK && asking.rule.role[0]) {
		reason = ask_person(sudo, &asking);
		if (reason != AA_OK)
			(void)report(sudo, &asking, reason);
	}
	if (reason == AA_OK && sudo->looks)
		reason = look_again(sudo, &asking);
	asking_clear(&asking);
	if (!aa_guard_lower(&asking.guard))
		reason = AA_INTERNAL;
	if (reason == AA_AGENT_UNKNOWN)
		reason = AA_OK;
	*ret_why = asking.withdrawn ? "the request for approval was withdrawn" : aa_reason_sentence(reason);
	return reason;
}
