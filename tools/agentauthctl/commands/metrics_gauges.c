/* SPDX-License-Identifier: Apache-2.0 */
/* metrics_gauges.c: looks at sessions, requests, agents, keys and the log, as they are now. */
#include "config.h"

#include "tools/agentauthctl/commands/metrics_gauges.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/registry/accounts.h"
#include "common/registry/generation.h"
#include "common/state/approval.h"
#include "common/state/audit.h"
#include "common/state/audit_unwritten.h"
#include "common/state/session_find.h"
#include "tools/agentauthctl/audit/seals.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/commands/cmd_issuer.h"
#include "tools/agentauthctl/commands/ctl_kill.h"
#include "tools/agentauthctl/metrics/series.h"

#define SOON (14 * 86400)
#define CHAIN_OK_AFTER 86400

struct gauges {
	struct ctl *ctl;
	const struct metrics_state *state;
	json_t *series;
	int64_t waiting, oldest; /* requests for approval */
	int64_t agents, keys_soon, agents_soon;
};

/* Returns the age of a file, or -1 where there is none. A clock that was set back makes nothing younger than new. */
static int64_t age_of(const struct gauges *g, const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name);
	struct stat st;
	int64_t age = lstat(path, &st) < 0 ? -1 : g->ctl->now - st.st_mtime;

	free(path);
	return age < -1 ? 0 : age;
}

/* ---- sessions and requests ----------------------------------------------- */

static bool count_session(void *data, struct aa_session *session)
{
	struct gauges *g = data;

	if (aa_session_is_live(session)) {
		series_add(g->series, 1, "sessions_live", "kind", aa_kind_name(session->kind), NULL);
		if (g->state->count.per_agent)
			series_add(g->series, 1, "agent_sessions_live", "agent", session->agent, NULL);
	}
	aa_session_free(session);
	return true;
}

static void count_request(void *data, json_t *request)
{
	bool lasts = json_is_true(json_object_get(request, "lasting"));
	struct gauges *g = data;
	int64_t left = view_number(request, "until") - g->ctl->now,
		waited = (lasts ? AA_APPROVAL_LASTS : AA_APPROVAL_WAIT) - left;

	g->waiting++;
	if (waited > g->oldest)
		g->oldest = waited;
	json_decref(request);
}

static void log_gone(void *data, json_t *request)
{
	const struct gauges *g = data;

	ctl_audit_gone(g->ctl, request);
}

static bool set_sessions(struct gauges *g)
{
	const char *rundir = g->ctl->rundir;
	int r;

	for (int kind = AA_KIND_NONE + 1; kind < AA_KIND_COUNT; kind++)
		series_set(g->series, 0, "sessions_live", "kind", aa_kind_name((enum aa_kind)kind), NULL);
	r = aa_session_each(rundir, g->ctl->paths.owner, count_session, g);
	if (r == 0)
		r = aa_approval_each(rundir, g->ctl->paths.owner, g->ctl->now, count_request, log_gone, g);
	series_set(g->series, g->waiting, "approvals_waiting", NULL);
	series_set(g->series, g->oldest, "approvals_oldest_seconds", NULL);
	if (r < 0)
		ctl_error(g->ctl, "the sessions and requests in %s cannot be read: %s", rundir, strerror(-r));
	return r == 0;
}

/* ---- agents -------------------------------------------------------------- */

static bool is_soon(const struct gauges *g, int64_t end)
{
	return end > g->ctl->now && end - g->ctl->now <= SOON;
}

static bool count_agent(void *data, const char *name, const char *record, size_t len)
{
	struct aa_agent *agent = published_agent_of(record, len);
	struct gauges *g = data;

	(void)name;
	if (!agent)
		return false;
	g->agents++;
	series_add(g->series, 1, "agents", "state", view_state(g->ctl, agent), NULL);
	g->agents_soon += is_soon(g, agent->expires);
	for (size_t i = 0; i < agent->keys.n; i++)
		g->keys_soon +=
		    is_soon(g, agent->keys.v[i].not_after) && view_key_is_good(g->ctl, &agent->keys.v[i]);
	aa_agent_free(agent);
	return true;
}

/* The accounts have those that are retired, too. */
static void set_retired(struct gauges *g)
{
	struct aa_accounts accounts;

	if (aa_accounts_open(g->ctl->paths.statedir, g->ctl->paths.owner, &accounts) < 0)
		return;
	series_set(g->series, (int64_t)accounts.header.n_accounts - g->agents, "agents", "state", "retired",
		   NULL);
	aa_accounts_close(&accounts);
}

static bool set_agents(struct gauges *g)
{
	static const char *const states[] = {"active", "no-credential", "suspended", "expired"};
	struct published *published = ctl_published(g->ctl);
	bool whole;

	if (!published)
		return false;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		series_set(g->series, 0, "agents", "state", states[i], NULL);
	view_many(g->ctl);
	whole = published_walk(published, "agent:", count_agent, g);
	published_close(published);
	set_retired(g);
	series_set(g->series, g->agents_soon, "agents_expiring", NULL);
	series_set(g->series, g->keys_soon, "agent_keys_expiring", NULL);
	if (!whole)
		(void)ctl_damaged(g->ctl);
	return whole;
}

/* ---- issuers, the registry, the log -------------------------------------- */

static void set_issuer(const struct gauges *g, const struct aa_issuer *issuer)
{
	const struct key_store store = ctl_key_store(g->ctl);
	struct keys_state state = keys_state(&store, issuer, NULL);
	const json_t *fetched = json_object_get(g->state->count.fetched, issuer->name);
	const char *name = issuer->name;

	series_set(g->series, (int64_t)state.usable, "keyset_keys", "issuer", name, NULL);
	if (state.there && !issuer->jwks_file) {
		series_set(g->series, g->ctl->now - state.fetched, "keyset_age_seconds", "issuer", name,
			   NULL);
		series_set(g->series, issuer->jwks_max_age, "keyset_max_age_seconds", "issuer", name, NULL);
	}
	if (fetched)
		series_set(g->series, json_integer_value(fetched), "keyset_last_attempt_success", "issuer",
			   name, NULL);
}

static bool set_issuers(const struct gauges *g)
{
	struct aa_issuer **issuers;
	size_t n;

	if (ctl_issuers(g->ctl, &issuers, &n) != CTL_DONE)
		return false;
	for (size_t i = 0; i < n; i++)
		set_issuer(g, issuers[i]);
	ctl_issuers_free(issuers, n);
	return true;
}

static void set_registry(const struct gauges *g)
{
	uint32_t number;

	if (aa_generation_number(g->ctl->paths.statedir, &number) < 0)
		return;
	series_set(g->series, number, "registry_generation", NULL);
	series_set(g->series, age_of(g, g->ctl->paths.statedir, AA_CURRENT_LINK), "registry_age_seconds",
		   NULL);
}

static void set_log(const struct gauges *g)
{
	const struct aa_audit audit = {.logdir = g->ctl->logdir, .owner = g->ctl->paths.owner};
	int64_t fault_at = g->state->fault_at, sealed = age_of(g, g->ctl->logdir, SEALS_NAME);
	struct aa_unwritten unwritten = {0};

	(void)aa_audit_unwritten_read(g->ctl->rundir, g->ctl->paths.owner, &unwritten);
	series_set(g->series, (int64_t)unwritten.count, "audit_unwritten", NULL);
	series_set(g->series, !fault_at || g->ctl->now - fault_at >= CHAIN_OK_AFTER, "audit_chain_ok", NULL);
	series_set(g->series, aa_audit_can_append(&audit), "audit_writable", NULL);
	if (sealed >= 0)
		series_set(g->series, sealed, "audit_last_seal_age_seconds", NULL);
}

bool metrics_gauges(struct ctl *ctl, const struct metrics_state *state, json_t *series)
{
	struct gauges g = {.ctl = ctl, .state = state, .series = series};
	bool all = set_sessions(&g);

	set_registry(&g);
	all = set_agents(&g) && set_issuers(&g) && all;
	set_log(&g);
	series_set(series, 1, "build_info", "version", PACKAGE_VERSION, NULL);
	return all;
}
