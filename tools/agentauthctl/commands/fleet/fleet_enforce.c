/* SPDX-License-Identifier: Apache-2.0 */
/* fleet_enforce.c has stops hold on this host, see fleet_enforce.h. */
#include "config.h"

#include "tools/agentauthctl/commands/fleet/fleet_enforce.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/state/decision.h"
#include "common/state/last_look.h"
#include "tools/agentauthctl/commands/ctl_kill.h"
#include "tools/agentauthctl/commands/fleet/fleet.h"
#include "tools/agentauthctl/publish/published.h"

struct enforcing {
	struct ctl *ctl;
	const struct stops *stops;
	struct chosen_agent *v; /* agents that a stop shuts out */
	size_t n, cap;
	bool failed, decided;
};

static void failed(struct enforcing *e, const char *what, const char *name, int error)
{
	e->failed = true;
	ctl_error(e->ctl, "%s %s cannot be decided: %s. When that is mended, run the command again", what,
		  quoted(name), strerror(-error));
}

/* ---- agents ----------------------------------------------------------------- */

static bool is_by_fleet(const json_t *decision)
{
	const char *by = json_string_value(json_object_get(decision, "by"));

	return by && strncmp(by, FLEET_BY, strlen(FLEET_BY)) == 0;
}

static bool is_of_fleet(const struct ctl *ctl, const char *agent)
{
	json_t *suspension = aa_decision_suspension(ctl->paths.statedir, agent);
	bool is = is_by_fleet(suspension);

	json_decref(suspension);
	return is;
}

static int suspend(struct ctl *ctl, const struct stop *stop, const char *agent)
{
	char *by = xasprintf(FLEET_BY "%.12s", stop->id);
	int r = ctl->dry_run ? 0 : aa_decision_suspend(ctl->paths.statedir, agent, by, stop->why, ctl->now);

	free(by);
	if (r < 0 || ctl->dry_run)
		return r;
	fleet_logged(ctl, agent, "stopped by %.12s (%s %s)%s%s", stop->id, stop_kind_name(stop->kind),
		     stop->value, *stop->why ? ": " : "", stop->why);
	if (!ctl->json)
		printf("%s is stopped: no login, no sudo, until %.12s is lifted.\n", agent, stop->id);
	return 0;
}

enum ctl_status fleet_suspend(struct ctl *ctl, const struct stops *stops, const struct aa_agent *agent)
{
	const struct stop *stop = stops_of(stops, agent);
	int r = stop ? suspend(ctl, stop, agent->name) : 0;

	return r < 0 && r != -EEXIST ? ctl_fail(ctl, "%s cannot be stopped: %s", agent->name, strerror(-r))
				     : CTL_DONE;
}

static void let_in(struct enforcing *e, const char *agent)
{
	struct ctl *ctl = e->ctl;
	int r = ctl->dry_run ? 0 : aa_decision_resume(ctl->paths.statedir, agent);

	if (r < 0 && r != -ENOENT)
		failed(e, "that agent may log in again:", agent, r);
	if (r < 0 || ctl->dry_run)
		return;
	fleet_logged(ctl, agent, "its stop was lifted");
	if (!ctl->json)
		printf("%s may log in again: its stop was lifted.\n", agent);
}

/* A record that cannot be read shuts its agent out already. */
static bool see_agent(void *data, const char *name, const char *record, size_t len)
{
	struct aa_agent *agent = published_agent_of(record, len);
	struct enforcing *e = data;
	const struct stop *stop = agent ? stops_of(e->stops, agent) : NULL;
	int r;

	if (stop) {
		r = suspend(e->ctl, stop, name);
		if (r < 0 && r != -EEXIST)
			failed(e, "the stop of", name, r);
		e->decided = e->decided || r == 0;
		grow(&e->v, &e->cap, e->n + 1, sizeof(*e->v));
		e->v[e->n++] = (struct chosen_agent){xstrdup(name), agent->uid};
	} else if (agent && is_of_fleet(e->ctl, name)) {
		let_in(e, name);
	}
	aa_agent_free(agent);
	return true;
}

/* ---- credentials -------------------------------------------------------------- */

/* revocation() returns what was decided of the credential, or NULL. */
static json_t *revocation(const struct enforcing *e, const struct stop *stop)
{
	const char *statedir = e->ctl->paths.statedir;
	char name[AA_SHA256_HEX_SIZE];
	bool jti = stop->kind == STOP_JTI;
	int r = jti ? aa_sha256_pair(name, stop->issuer ? stop->issuer : "*", stop->value)
		    : aa_sha256_hex(name, stop->value, strlen(stop->value));

	return r < 0 ? NULL : aa_decision_load(statedir, jti ? "revoked/jti" : "revoked/kid", name);
}

static int revoke(const struct enforcing *e, const struct stop *stop, const char *by)
{
	const struct ctl *ctl = e->ctl;

	if (stop->kind == STOP_JTI)
		return aa_decision_revoke_jti(ctl->paths.statedir, stop->issuer ? stop->issuer : "*",
					      stop->value, by, stop->why, ctl->now);
	return aa_decision_revoke_kid(ctl->paths.statedir, stop->value, by, stop->why, ctl->now);
}

static int unrevoke(const struct enforcing *e, const struct stop *stop)
{
	const char *statedir = e->ctl->paths.statedir;

	return stop->kind == STOP_JTI
		   ? aa_decision_unrevoke_jti(statedir, stop->issuer ? stop->issuer : "*", stop->value)
		   : aa_decision_unrevoke_kid(statedir, stop->value);
}

/* other_holds() returns true where another stop revokes the same. */
static bool other_holds(const struct enforcing *e, const struct stop *stop)
{
	for (size_t i = 0; i < e->stops->n; i++)
		if (e->stops->v[i].kind == stop->kind && strcmp(e->stops->v[i].value, stop->value) == 0 &&
		    stops_hold(e->stops, i))
			return true;
	return false;
}

/* settle_credential() takes back no decision but the fleet's own. */
static void settle_credential(struct enforcing *e, const struct stop *stop, bool holds)
{
	json_t *there = revocation(e, stop);
	bool is = there != NULL, fleets = is_by_fleet(there);
	char *by = xasprintf(FLEET_BY "%.12s", stop->id);
	int r = 1;

	if (holds && !is && !e->ctl->dry_run)
		r = revoke(e, stop, by);
	else if (!holds && fleets && !other_holds(e, stop) && !e->ctl->dry_run)
		r = unrevoke(e, stop);
	if (r < 0 && r != -EEXIST && r != -ENOENT)
		failed(e, stop_kind_name(stop->kind), stop->value, r);
	else if (r == 0)
		fleet_logged(e->ctl, NULL, "%s %s is %s by %.12s", stop_kind_name(stop->kind), stop->value,
			     holds ? "revoked" : "good again", stop->id);
	json_decref(there);
	free(by);
}

/* ---- all of it ------------------------------------------------------------------ */

/* A rehearsal with another registry ends nothing: its ids are somebody's on this host.
 * What an agent runs ends each time: a take that was killed between the decision and the end of it is followed by another. */
static void end_processes(struct enforcing *e)
{
	json_t *answers = json_array();

	for (size_t i = 0; i < e->n; i++)
		json_array_append_new(answers, json_pack("{s:s}", "name", e->v[i].name));
	if (e->decided && !e->ctl->dry_run)
		aa_last_look_settle(0);
	if (e->n && e->ctl->paths.sudoers && ctl_kill_agents(e->ctl, e->v, e->n, answers) != CTL_DONE)
		e->failed = true;
	ctl_answer(e->ctl, "stopped", json_incref(answers));
	json_decref(answers);
}

enum ctl_status fleet_enforce(struct ctl *ctl, const struct stops *stops)
{
	struct enforcing e = {.ctl = ctl, .stops = stops};
	struct published *published = stops->n ? published_open(ctl->paths.statedir, ctl->paths.owner) : NULL;

	for (size_t i = 0; i < stops->n; i++)
		if (stops->v[i].kind == STOP_JTI || stops->v[i].kind == STOP_KID)
			settle_credential(&e, &stops->v[i], stops_hold(stops, i));
	if (published && !published_walk(published, "agent:", see_agent, &e)) {
		e.failed = true;
		(void)ctl_damaged(ctl);
	}
	published_close(published);
	end_processes(&e);
	for (size_t i = 0; i < e.n; i++)
		free(e.v[i].name);
	free(e.v);
	return e.failed ? CTL_FAILED : CTL_DONE;
}
