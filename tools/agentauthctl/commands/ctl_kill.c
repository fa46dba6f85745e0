/* SPDX-License-Identifier: Apache-2.0 */
/* ctl_kill.c ends an agent's processes, see ctl_kill.h. */
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
#include "tools/agentauthctl/commands/ctl_units.h"

#define KILL_MS 5000

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
	struct aa_process_set set = {0, NULL, 0};
	enum ctl_status status = find_uid(ctl, name, &set.uid), stopped;
	long killed = 0, left;

	if (status != CTL_DONE)
		return status;
	ctl_units_stop(ctl, name, set.uid);
	if (ctl->dry_run) {
		if (!ctl->json)
			printf("%ld processes of %s would be ended.\n", aa_processes_count(&set), name);
		return CTL_DONE;
	}
	left = aa_kill(&set, KILL_MS, &killed);
	stopped = ctl_units_wait(ctl, name, set.uid);
	if (left == 0)
		left = aa_kill(&set, KILL_MS, &(long){0}); /* what systemd began meanwhile */
	ctl_units_tell_others(ctl, name, set.uid);
	ctl_audit(ctl, name, left == 0 ? "ok" : "error", left == 0 ? "ok" : "internal");
	(void)ctl_sweep_sessions(ctl, NULL, NULL);
	status = finish(ctl, name, left, killed);
	return status == CTL_DONE ? stopped : status;
}

void ctl_stop_restarters(struct ctl *ctl, const char *name)
{
	uint32_t uid;

	if (find_uid(ctl, name, &uid) != CTL_DONE)
		return;
	ctl_units_stop(ctl, name, uid);
	ctl_units_tell_others(ctl, name, uid);
}

enum ctl_status ctl_kill_session(struct ctl *ctl, struct aa_session *session)
{
	const struct aa_process_set set = {session->uid, &session, 1};
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
	if (left == 0) {
		ctl_audit_session_close(ctl, session, AA_OK);
		aa_session_close(ctl->rundir, ctl->paths.owner, session->id, session->agent);
	}
	return finish(ctl, whose, left, killed);
}

void ctl_audit_settle(struct ctl *ctl)
{
	struct aa_audit audit = {.logdir = ctl->logdir, .owner = ctl->paths.owner, .now = ctl->now};

	if (!ctl->logdir)
		return;
	ctl_learn_host(ctl);
	audit.host = ctl->host;
	if (aa_audit_settle(&audit) != AA_OK)
		ctl_warning(ctl, "refusals that were counted could not be written to the audit log in %s",
			    ctl->logdir);
}

void ctl_audit_session_close(struct ctl *ctl, const struct aa_session *session, enum aa_reason reason)
{
	ctl_audit_append(ctl, aa_audit_session_close(session, "agentauthctl", reason,
						     aa_monotonic_us() - ctl->started_us));
}

void ctl_audit_request(struct ctl *ctl, const json_t *request)
{
	ctl_audit_append(ctl,
			 aa_audit_approval(request, "agentauthctl", "withdrawn", AA_APPROVAL_DENIED, NULL));
}

struct sweeping {
	struct ctl *ctl;
	aa_session_stays_fn *live;
	void *data;
};

static void log_gone(void *data, const struct aa_session *session)
{
	const struct sweeping *s = data;

	ctl_audit_session_close(s->ctl, session, AA_OK);
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
