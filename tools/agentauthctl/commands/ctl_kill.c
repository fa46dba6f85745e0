/* SPDX-License-Identifier: Apache-2.0 */
/* ctl_kill.c ends agents' processes, see ctl_kill.h. */
#include "config.h"

#include "tools/agentauthctl/commands/ctl_kill.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/registry/accounts.h"
#include "common/state/audit.h"
#include "common/state/audit_record.h"
#include "common/state/kill.h"
#include "common/state/monotonic.h"
#include "common/state/session.h"
#include "common/state/session_sweep.h"
#include "common/text/sort.h"
#include "tools/agentauthctl/commands/ctl_units.h"

#define KILL_MS 5000

/* members of the answer about an agent's processes */
static const char *const members[] = {"killed", "units", "units_enabled"};
#define N_MEMBERS (sizeof(members) / sizeof(members[0]))

static enum ctl_status find_uid(struct ctl *ctl, const char *name, uint32_t *ret)
{
	struct aa_accounts accounts;
	struct aa_account account;
	int err;

	if (!aa_agent_name_is_valid(name))
		return ctl_fail(ctl, "%s is no agent's name", quoted(name));
	err = aa_accounts_open(ctl->paths.statedir, ctl->paths.owner, &accounts);
	if (err == 0) {
		err = aa_account_by_name(&accounts, name, &account);
		aa_accounts_close(&accounts);
	}
	if (err == -ENOENT)
		return ctl_fail(ctl, "there is no agent %s; agentauthctl list shows those that there are",
				name);
	if (err < 0)
		return ctl_fail(ctl, "the published registry cannot be read: %s", strerror(-err));
	*ret = account.uid;
	return CTL_DONE;
}

static enum ctl_status finish(struct ctl *ctl, const char *whose, long left, long killed)
{
	if (left < 0)
		return ctl_fail(ctl, "/proc cannot be read: %s", strerror((int)-left));
	if (left > 0)
		return ctl_fail(ctl, "%ld process%s of %s could not be ended within %d seconds", left,
				left == 1 ? "" : "es", whose, KILL_MS / 1000);
	ctl_answer(ctl, "killed", json_integer(killed));
	if (!ctl->json)
		printf("%ld process%s of %s ended.\n", killed, killed == 1 ? "" : "es", whose);
	return CTL_DONE;
}

enum ctl_status ctl_kill_agent(struct ctl *ctl, const char *name)
{
	struct chosen_agent agent = {(char *)(uintptr_t)name, 0};
	const struct aa_process_set set = {.uids = &agent.uid, .n_uids = 1};
	enum ctl_status status = find_uid(ctl, name, &agent.uid), stopped;
	long killed = 0, left;

	if (status != CTL_DONE)
		return status;
	ctl_units_stop(ctl, name, agent.uid);
	if (ctl->dry_run) {
		if (!ctl->json)
			printf("%ld processes of %s would be ended.\n", aa_processes_count(&set), name);
		return CTL_DONE;
	}
	left = aa_kill(&set, KILL_MS, &killed);
	stopped = ctl_units_wait(ctl, name, agent.uid);
	if (left == 0)
		left = aa_kill(&set, KILL_MS, &(long){0}); /* what systemd began meanwhile */
	ctl_units_tell_others(ctl, &agent, 1);
	ctl_audit(ctl, name, left == 0 ? "ok" : "error", left == 0 ? "ok" : "internal");
	(void)ctl_sweep_sessions(ctl, NULL, NULL);
	status = finish(ctl, name, left, killed);
	return status == CTL_DONE ? stopped : status;
}

/* ---- of many agents ---------------------------------------------------------------- */

/* many is a set of agents, in the order of their uids as the set needs them. */
struct many {
	struct ctl *ctl;
	const struct chosen_agent *agents;
	struct by_uid {
		uint32_t uid;
		size_t at; /* in `agents` */
	} * order;
	uint32_t *uids;
	size_t n;
};

static int compare_uid(const void *a, const void *b)
{
	const struct by_uid *x = a, *y = b;

	return (x->uid > y->uid) - (x->uid < y->uid);
}

/* many_make() leaves those out whose uid cannot be found, which is reported. */
static enum ctl_status many_make(struct ctl *ctl, const struct chosen_agent *agents, size_t n,
				 struct many *ret)
{
	enum ctl_status status = CTL_DONE;

	*ret = (struct many){ctl, agents, xcalloc(n, sizeof(*ret->order)), xcalloc(n, sizeof(*ret->uids)), 0};
	for (size_t i = 0; i < n; i++) {
		uint32_t uid = agents[i].uid;

		if (uid == 0 && find_uid(ctl, agents[i].name, &uid) != CTL_DONE)
			status = CTL_FAILED;
		else
			ret->order[ret->n++] = (struct by_uid){uid, i};
	}
	aa_sort(ret->order, ret->n, sizeof(*ret->order), compare_uid);
	for (size_t i = 0; i < ret->n; i++)
		ret->uids[i] = ret->order[i].uid;
	return status;
}

static void many_free(struct many *many)
{
	free(many->order);
	free(many->uids);
}

/* One look counts them for all agents: before the kill, and after it. */
static enum ctl_status count(const struct many *many, long *ret)
{
	const struct aa_process_set set = {.uids = many->uids, .n_uids = many->n};
	long *counts = xcalloc(many->n + 1, sizeof(*counts));
	int err = aa_processes_counts(&set, counts);

	for (size_t i = 0; i < many->n && err == 0; i++)
		ret[many->order[i].at] = counts[i];
	free(counts);
	return err < 0 ? ctl_fail(many->ctl, "/proc cannot be read: %s", strerror(-err)) : CTL_DONE;
}

static enum ctl_status tell_killed(const struct many *many, const long *killed, const long *left)
{
	enum ctl_status status = CTL_DONE;
	struct ctl *ctl = many->ctl;

	for (size_t i = 0; i < many->n; i++) {
		size_t at = many->order[i].at;
		const char *name = many->agents[at].name;

		if (killed[at] == 0 && left[at] == 0)
			continue;
		ctl_audit(ctl, name, left[at] ? "error" : "ok", left[at] ? "internal" : "ok");
		if (left[at])
			status = finish(ctl, name, left[at], 0);
		else if (!ctl->json)
			printf("%ld process%s of %s ended.\n", killed[at], killed[at] == 1 ? "" : "es", name);
	}
	return status;
}

static enum ctl_status kill_many(const struct many *many, long *killed)
{
	const struct aa_process_set set = {.uids = many->uids, .n_uids = many->n};
	long *left = xcalloc(many->n + 1, sizeof(*left)), ended;
	enum ctl_status status = count(many, killed);

	if (status == CTL_DONE && aa_kill(&set, KILL_MS, &ended) != 0)
		status = count(many, left);
	if (status == CTL_DONE)
		status = tell_killed(many, killed, left);
	free(left);
	return status;
}

void ctl_answer_killed(struct ctl *ctl, json_t *agent)
{
	for (size_t i = 0; i < N_MEMBERS; i++)
		json_object_set(agent, members[i], json_object_get(ctl->answer, members[i]));
}

/* The answer is about many, and each agent's own is not left in it. */
static enum ctl_status end_one_of_many(struct ctl *ctl, const char *name, json_t *answer)
{
	json_int_t before = json_integer_value(json_object_get(answer, "killed"));
	enum ctl_status status = ctl_kill_agent(ctl, name);

	ctl_answer_killed(ctl, answer);
	json_object_set_new(
	    answer, "killed",
	    json_integer(before + json_integer_value(json_object_get(ctl->answer, "killed"))));
	for (size_t i = 0; i < N_MEMBERS; i++)
		json_object_del(ctl->answer, members[i]);
	return status;
}

/* The agents that systemd starts things for are then ended one by one, with their units. */
static enum ctl_status end_units(struct ctl *ctl, const struct chosen_agent *agents, size_t n,
				 json_t *answers)
{
	bool *whose = xcalloc(n, sizeof(*whose));
	enum ctl_status status = CTL_DONE;

	ctl_units_whose(agents, n, whose);
	for (size_t i = 0; i < n; i++)
		if (whose[i] && end_one_of_many(ctl, agents[i].name, json_array_get(answers, i)) != CTL_DONE)
			status = CTL_FAILED;
	free(whose);
	return status;
}

enum ctl_status ctl_kill_agents(struct ctl *ctl, const struct chosen_agent *agents, size_t n, json_t *answers)
{
	struct many many;
	long *killed = xcalloc(n, sizeof(*killed));
	enum ctl_status status = many_make(ctl, agents, n, &many), ended;

	ended = ctl->dry_run ? count(&many, killed) : kill_many(&many, killed);
	if (status == CTL_DONE)
		status = ended;
	for (size_t i = 0; i < n; i++) {
		if (killed[i] && ctl->dry_run && !ctl->json)
			printf("%ld processes of %s would be ended.\n", killed[i], agents[i].name);
		json_object_set_new(json_array_get(answers, i), "killed", json_integer(killed[i]));
	}
	if (end_units(ctl, agents, n, answers) != CTL_DONE)
		status = CTL_FAILED;
	if (!ctl->dry_run) {
		ctl_units_tell_others(ctl, agents, n);
		(void)ctl_sweep_sessions(ctl, NULL, NULL);
	}
	many_free(&many);
	free(killed);
	return status;
}

void ctl_stop_restarters(struct ctl *ctl, const char *name)
{
	struct chosen_agent agent = {(char *)(uintptr_t)name, 0};

	if (find_uid(ctl, name, &agent.uid) != CTL_DONE)
		return;
	ctl_units_stop(ctl, name, agent.uid);
	ctl_units_tell_others(ctl, &agent, 1);
}

/* ---- sessions ------------------------------------------------------------------------- */

enum ctl_status ctl_kill_session(struct ctl *ctl, struct aa_session *session)
{
	const struct aa_process_set set = {.sessions = &session, .n_sessions = 1};
	char whose[96];
	long killed = 0, left;

	(void)snprintf(whose, sizeof(whose), "the session %.8s of %s", session->id, session->agent);
	if (ctl->dry_run) {
		if (!ctl->json)
			printf("%ld processes of %s would be ended.\n", aa_processes_count(&set), whose);
		return CTL_DONE;
	}
	left = aa_kill(&set, KILL_MS, &killed);
	ctl_audit(ctl, session->agent, left == 0 ? "ok" : "error", left == 0 ? "ok" : "internal");
	if (left == 0)
		ctl_end_session(ctl, session, AA_OK);
	return finish(ctl, whose, left, killed);
}

void ctl_audit_settle(struct ctl *ctl)
{
	struct aa_audit audit;

	if (!ctl->logdir)
		return;
	audit = ctl_audit_log(ctl);
	if (aa_audit_settle(&audit) != AA_OK)
		ctl_warning(ctl, "refusals that were counted could not be written to the audit log in %s",
			    ctl->logdir);
}

static void audit_session_close(struct ctl *ctl, const struct aa_session *session, enum aa_reason reason)
{
	ctl_audit_append(ctl, aa_audit_session_close(session, "agentauthctl", reason,
						     aa_monotonic_us() - ctl->started_us));
}

void ctl_end_session(struct ctl *ctl, const struct aa_session *session, enum aa_reason reason)
{
	if (aa_session_close(ctl->rundir, ctl->paths.owner, session->id, session->agent))
		audit_session_close(ctl, session, reason);
}

void ctl_audit_gone(void *data, json_t *request)
{
	bool lasted =
	    json_is_true(json_object_get(request, "lasting")); /* its time is over, and no sudo had it */

	ctl_audit_append(data, aa_audit_approval(request, "agentauthctl", lasted ? "timeout" : "withdrawn",
						 lasted ? AA_APPROVAL_TIMEOUT : AA_APPROVAL_DENIED, NULL));
	json_decref(request);
}

struct sweeping {
	struct ctl *ctl;
	aa_session_stays_fn *live;
	void *data;
};

static void log_gone(void *data, const struct aa_session *session)
{
	const struct sweeping *s = data;

	audit_session_close(s->ctl, session, AA_OK);
}

static void pass_on(void *data, struct aa_session *session)
{
	const struct sweeping *s = data;

	s->live(s->data, session);
}

long ctl_sweep_sessions(struct ctl *ctl, aa_session_stays_fn *live, void *data)
{
	struct sweeping s = {ctl, live, data};

	return aa_session_sweep(ctl->rundir, ctl->paths.owner, ctl->now, log_gone, live ? pass_on : NULL, &s);
}
