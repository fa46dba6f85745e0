/* SPDX-License-Identifier: Apache-2.0 */
/* whose.c: which agent's a program is, see whose.h. */
#include "config.h"

#include "tools/agentauthctl/record/whose.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/state/context.h"
#include "common/state/session_find.h"
#include "common/verify/recording.h"

#define AGENTS 256	/* that are remembered, by uid */
#define SESSIONS 1024	/* by audit session */
#define ANEW_US 1000000 /* after which the registry is asked again */
#define RETRY_US 100000 /* after which a session that was not found is looked for again */

/* An id that is an agent's, or nobody's: a person's. */
struct known_agent {
	uint32_t uid; /* 0: free */
	int64_t asked;
	bool is_agent, recorded;
	char name[AA_AGENT_NAME_MAX + 1];
};

/* A session is kept after its end: what it left behind goes on in it. */
struct known_session {
	uint32_t login_uid, audit_session; /* audit_session 0: free */
	int64_t asked;
	struct aa_session *session; /* NULL: not found */
};

struct whose {
	const char *statedir, *rundir;
	uid_t owner;
	struct known_agent agents[AGENTS];
	struct known_session sessions[SESSIONS];
	struct aa_session *last; /* of a process without an audit session */
};

struct whose *whose_new(const char *statedir, const char *rundir, uid_t owner)
{
	struct whose *w = calloc(1, sizeof(*w));

	if (w) {
		w->statedir = statedir;
		w->rundir = rundir;
		w->owner = owner;
	}
	return w;
}

void whose_free(struct whose *w)
{
	for (size_t i = 0; w && i < SESSIONS; i++)
		aa_session_free(w->sessions[i].session);
	if (w)
		aa_session_free(w->last);
	free(w);
}

static struct aa_context context_of(const struct whose *w)
{
	return (struct aa_context){
	    .statedir = w->statedir, .rundir = w->rundir, .owner = w->owner, .now = (int64_t)time(NULL)};
}

bool whose_range(const struct whose *w, struct exec_range *ret)
{
	struct aa_context ctx = context_of(w);
	bool ok = aa_context_open(&ctx) == 0;

	if (ok)
		*ret = (struct exec_range){ctx.accounts.header.uid_min, ctx.accounts.header.uid_max};
	aa_context_close(&ctx);
	return ok;
}

/* A registry that cannot be read leaves the answer as it was; an agent whose roles cannot be read is recorded. */
static void ask_registry(const struct whose *w, struct known_agent *known)
{
	struct aa_context ctx = context_of(w);
	struct aa_account account;
	struct aa_agent *agent = NULL;
	int err = aa_context_open(&ctx);

	if (err == 0)
		err = aa_account_by_uid(&ctx.accounts, known->uid, &account);
	if (err == 0) {
		memcpy(known->name, account.name, strlen(account.name) + 1);
		known->is_agent = known->recorded = true;
		if (aa_context_agent(&ctx, &account, &agent) == AA_OK)
			known->recorded = aa_recording_of_agent(ctx.policy, agent) & AA_RECORDING_EXEC;
	} else if (err == -ENOENT) {
		known->is_agent = false;
	}
	aa_agent_free(agent);
	aa_context_close(&ctx);
}

static const struct known_agent *agent_of(struct whose *w, uint32_t uid, int64_t now)
{
	struct known_agent *known = &w->agents[uid % AGENTS];

	if (uid == 0 || uid == UINT32_MAX)
		return NULL;
	if (known->uid != uid) {
		*known = (struct known_agent){.uid = uid};
		ask_registry(w, known);
		known->asked = now;
	} else if (now - known->asked > ANEW_US) {
		ask_registry(w, known);
		known->asked = now;
	}
	return known->is_agent ? known : NULL;
}

/* By the audit session what was found stays true: the kernel gives no number twice in one boot. */
static const struct aa_session *session_by_audit(struct whose *w, const struct exec_event *e, int64_t now)
{
	struct known_session *known = &w->sessions[e->audit_session % SESSIONS];
	bool same = known->login_uid == e->login_uid && known->audit_session == e->audit_session;

	if (same && (known->session || now - known->asked < RETRY_US))
		return known->session;
	if (!same)
		aa_session_free(known->session);
	*known = (struct known_session){e->login_uid, e->audit_session, now, NULL};
	(void)aa_session_find_of(w->rundir, w->owner, e->login_uid, e->audit_session, 0, &known->session);
	return known->session;
}

/* A process that has ended is in the session of the one that forked it. */
static const struct aa_session *session_by_ancestors(struct whose *w, const struct exec_event *e)
{
	const pid_t pids[] = {e->pid, e->ppid};

	aa_session_free(w->last);
	w->last = NULL;
	for (size_t i = 0; i < 2 && !w->last; i++)
		(void)aa_session_find_of(w->rundir, w->owner, UINT32_MAX, UINT32_MAX, pids[i], &w->last);
	return w->last;
}

static void answer(const struct known_agent *agent, const struct aa_session *session,
		   struct whose_answer *ret)
{
	ret->recorded = agent->recorded;
	ret->uid = agent->uid;
	memcpy(ret->agent, agent->name, sizeof(ret->agent));
	ret->session = session && session->uid == agent->uid ? session : NULL;
}

void whose_is(struct whose *w, const struct exec_event *e, int64_t now, struct whose_answer *ret)
{
	const struct known_agent *login = agent_of(w, e->login_uid, now), *agent = agent_of(w, e->uid, now);
	const struct aa_session *session;

	*ret = (struct whose_answer){.recorded = false};
	if (!agent)
		agent = login ? login : agent_of(w, e->euid, now);
	if (agent && agent == login && e->audit_session != UINT32_MAX) {
		answer(agent, session_by_audit(w, e, now), ret);
		return;
	}
	/* Without a login uid the process that opened the session is found above it; also of what runs as root. */
	session = agent || e->login_uid == UINT32_MAX ? session_by_ancestors(w, e) : NULL;
	if (!agent && session)
		agent = agent_of(w, session->uid, now);
	if (agent)
		answer(agent, session, ret);
}
