/* SPDX-License-Identifier: Apache-2.0 */
/* explain_steps.c: puts the steps of a decision into words, and says what would have to change. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/state/elevation.h"
#include "common/text/utc.h"
#include "common/verify/roles.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/commands/cure.h"
#include "tools/agentauthctl/commands/explain/explain.h"

static bool is_login(const struct explanation *e)
{
	return !(e->way & AA_WAY_SESSION);
}

const char *explain_step_name(enum aa_step step)
{
	return step == AA_STEP_COUNT ? "command" : aa_step_name(step);
}

/* ---- words ---------------------------------------------------------------------- */

static const char *address(const struct explanation *e)
{
	if (e->session)
		return e->session->rhost ? e->session->rhost : "its address";
	return e->q.from ? e->q.from : "its address";
}

static char *role_words(const struct explanation *e, const char *role, enum aa_reason reason)
{
	switch ((int)reason) {
	case AA_OK:
		return xasprintf("%s is a role of this login", role);
	case AA_SERVICE_DENIED:
		return xasprintf("%s does not list the service %s", role, e->service);
	case AA_SOURCE_DENIED:
		return xasprintf("%s does not admit %s", role, address(e));
	case AA_DELEGATION_DENIED:
		return xasprintf("%s may not be used on behalf of a person", role);
	case AA_ROLE_DENIED:
		if (!is_login(e))
			return xasprintf("the session has %s, and the agent has it no more", role);
		if (e->way == AA_WAY_STARTED && aa_roles_lent_until(e->agent, role))
			return xasprintf("%s is had by elevation, which is not for what root starts", role);
		if (e->verdict.on_behalf_of)
			return xasprintf("%s is not delegable, or no scope of the token grants it", role);
		return xasprintf("no scope of the token grants %s", role);
	case AA_SESSION_NARROWED:
		return xasprintf("the session lacks %s, and sudo would go by all of the agent's roles", role);
	default:
		return xstrdup(aa_reason_sentence(reason));
	}
}

/* Says what is unclear about the account. */
static char *account_words(const struct explanation *e)
{
	switch (e->user.doubt) {
	case AA_DOUBT_UNKNOWN:
		return xasprintf(
		    "%s is registered, and this host does not know the name: nsswitch.conf does not name "
		    "agentauth, or an action in it keeps agents away",
		    e->q.name);
	case AA_DOUBT_UID:
		return xasprintf("to this host uid %u of %s has another name", (unsigned)e->user.account.uid,
				 e->q.name);
	case AA_DOUBT_NAME:
		return xasprintf("%s is a person's name as well", e->q.name);
	default:
		return xstrdup(aa_reason_sentence(AA_REGISTRY_UNAVAILABLE));
	}
}

/* "the agent has deploy by elevation until T, by alice: WHY". */
static char *elevation_words(const struct explanation *e, const char *role, enum aa_reason reason)
{
	json_t *list = NULL, *one;
	char *text = NULL, until[AA_UTC_SIZE];
	size_t i;

	(void)aa_elevations(e->ctl->paths.statedir, e->q.name, e->ctl->now, &list);
	json_array_foreach(list, i, one)
	{
		if (strcmp(view_text(one, "role"), role) != 0 || text)
			continue;
		aa_utc_print(view_number(one, "until"), until);
		if (reason == AA_OK)
			text = xasprintf("the agent has %s by elevation until %s, by %s%s%s", role, until,
					 view_text(one, "by"), *view_text(one, "why") ? ": " : "",
					 view_text(one, "why"));
		else if (strcmp(view_text(one, "state"), "over") == 0)
			text = xasprintf("the elevation to %s was over at %s", role, until);
	}
	json_decref(list);
	return text ? text
		    : xasprintf("an elevation to %s gives nothing: its file is damaged, or the role is not "
				"published",
				role);
}

static char *words_of(const struct explanation *e, enum aa_step step, const char *subject,
		      enum aa_reason reason)
{
	if (step == AA_STEP_ACCOUNT && reason == AA_REGISTRY_UNAVAILABLE)
		return account_words(e);
	if (step == AA_STEP_ELEVATION && subject)
		return elevation_words(e, subject, reason);
	if (step == AA_STEP_ROLE && subject)
		return role_words(e, subject, reason);
	if (step == AA_STEP_APPROVAL && subject)
		return xasprintf("a rule of %s has it wait for a person: root, or of the group "
				 "agentauth-approvers",
				 subject);
	if (step == AA_STEP_BUDGET && subject)
		return xasprintf("max_sudo of %s is %s", subject,
				 reason == AA_OK ? "not used up" : "used up, so that it waits for a person");
	if (step == AA_STEP_RECORDER && reason != AA_OK)
		return xstrdup("its roles have programs recorded, and no recorder runs");
	if (step == AA_STEP_ROOM && reason == AA_ROLE_DENIED)
		return xstrdup("a login with other roles, or for another user, is open or has left something "
			       "running");
	if (step == AA_STEP_ASKED && reason == AA_ROLE_DENIED)
		return xstrdup("it asks for a role that the agent does not have");
	if (reason != AA_OK)
		return xstrdup(aa_reason_sentence(reason));
	return xstrdup(step < AA_STEP_COUNT ? aa_step_sentence(step) : "");
}

/* ---- taking down ------------------------------------------------------------------ */

struct explain_step *explain_add(struct explanation *e, enum aa_step step, const char *subject,
				 enum aa_reason reason, enum explain_result result)
{
	struct explain_step *s;

	grow(&e->v, &e->cap, e->n + 1, sizeof(*e->v));
	s = &e->v[e->n++];
	*s = (struct explain_step){.step = step, .reason = reason, .result = result};
	s->subject = subject ? xstrdup(subject) : NULL;
	s->what = words_of(e, step, subject, reason);
	return s;
}

/* Tells whether the step is there already: PAM looks at some things more than once in a login, and a person wants to read
 * of them once. */
static bool is_told(const struct explanation *e, enum aa_step step, const char *subject,
		    enum aa_reason reason)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->v[i].step == step && e->v[i].reason == reason &&
		    strcmp(e->v[i].subject ? e->v[i].subject : "", subject ? subject : "") == 0)
			return true;
	return false;
}

static enum explain_result result_of(const struct explanation *e, enum aa_step step, const char *subject,
				     enum aa_reason reason)
{
	if (step == AA_STEP_ELEVATION)
		return reason == AA_OK ? EXPLAIN_OK : EXPLAIN_LEFT_OUT;
	if (step == AA_STEP_BUDGET)
		return reason == AA_OK ? EXPLAIN_OK : EXPLAIN_WAITS;
	if (reason != AA_OK)
		return step == AA_STEP_ROLE && is_login(e) ? EXPLAIN_LEFT_OUT : EXPLAIN_REFUSES;
	return step == AA_STEP_APPROVAL && subject ? EXPLAIN_WAITS : EXPLAIN_OK;
}

void explain_note(void *data, enum aa_step step, const char *subject, enum aa_reason reason)
{
	struct explanation *e = data;

	/* The rule was not asked without an address. */
	if (step == AA_STEP_ADDRESS && is_login(e) && !e->q.from)
		return;
	if (!is_told(e, step, subject, reason))
		(void)explain_add(e, step, subject, reason, result_of(e, step, subject, reason));
}

const char *explain_refusal(const struct explanation *e)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->v[i].step == AA_STEP_ACCOUNT && e->v[i].result == EXPLAIN_REFUSES)
			return e->v[i].what;
	return aa_reason_sentence(e->reason);
}

/* ---- what was not come to --------------------------------------------------------- */

static const struct explain_step *refusing(const struct explanation *e)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->v[i].result == EXPLAIN_REFUSES)
			return &e->v[i];
	return NULL;
}

/* Says why a step was not asked, apart from a step before it that refuses; NULL: nothing is to be said. */
static const char *why_not(const struct explanation *e, enum aa_step step)
{
	switch ((int)step) {
	case AA_STEP_FAILURES:
	case AA_STEP_ADDRESS:
		return e->q.from || !is_login(e) ? NULL : "--from says from which address the login comes";
	case AA_STEP_GROUPS:
		return "it is about the process that calls sudo";
	case AA_STEP_APPROVAL:
		return e->q.argv ? NULL : "--command says which";
	case AA_STEP_REPLAY:
		return e->reason == AA_OK ? "the issuer's tokens are good until they expire" : NULL;
	default:
		return NULL;
	}
}

/* Tells whether a step has no part in such a decision. */
static bool is_beside(const struct explanation *e, enum aa_step step)
{
	if (!aa_step_is_of(step, e->way))
		return true;
	switch ((int)step) {
	case AA_STEP_BEHALF:
		return e->way != AA_WAY_TOKEN && !e->q.user;
	case AA_STEP_ASKED:
		return e->way == AA_WAY_AWAITED && !e->q.scope;
	case AA_STEP_FAILURES:
	case AA_STEP_ADDRESS:
		return e->way == AA_WAY_STARTED;
	default:
		return false;
	}
}

static bool is_noted(const struct explanation *e, enum aa_step step)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->v[i].step == step)
			return true;
	return false;
}

static void skip(struct explanation *e, enum aa_step step, const char *why)
{
	struct explain_step *s = explain_add(e, step, NULL, AA_OK, EXPLAIN_NOT_ASKED);

	free(s->what);
	s->what = xstrdup(why);
}

/* Adds the steps behind a refusal, and then those with a reason of their own. */
static void add_not_asked(struct explanation *e)
{
	const struct explain_step *no = refusing(e);
	char *since = no ? xasprintf("since %s refuses", explain_step_name(no->step)) : NULL;

	for (enum aa_step step = 0; since && step < AA_STEP_COUNT; step++)
		if (!is_beside(e, step) && !is_noted(e, step) && !why_not(e, step))
			skip(e, step, since);
	for (enum aa_step step = 0; step < AA_STEP_COUNT; step++)
		if (!is_beside(e, step) && !is_noted(e, step) && why_not(e, step))
			skip(e, step, why_not(e, step));
	free(since);
}

/* ---- what would have to change ------------------------------------------------------ */

static char *cure_of(const struct explanation *e, const struct explain_step *s)
{
	const struct aa_verdict *v = &e->verdict;
	struct cure_facts f = {.agent = e->q.name,
			       .from = e->session ? e->session->rhost : e->q.from,
			       .service = e->service,
			       .role = s->step == AA_STEP_ROLE ? s->subject : NULL,
			       .issuer = v->issuer,
			       .claim = v->claim,
			       .user = v->on_behalf_of};

	if (s->step == AA_STEP_BEHALF && strcmp(e->q.service, "agentauth-run") == 0)
		f.local_user = e->q.user;
	if (s->step == AA_STEP_BEHALF && e->session && e->session->kind == AA_KIND_LOCAL)
		f.local_user = e->session->on_behalf_of;
	if (s->step == AA_STEP_BEHALF && e->session && !f.user)
		f.user = e->session->on_behalf_of;
	if (s->step == AA_STEP_ROLE && s->reason == AA_ROLE_DENIED)
		return v->on_behalf_of ? cure_text(AA_DELEGATION_DENIED, &f) : NULL;
	if (s->step == AA_STEP_ROOM && s->reason == AA_ROLE_DENIED)
		return cure_text(AA_SESSION_LIMIT, &f);
	return cure_text(s->reason, &f);
}

/* Tells whether a role was left out for the reason that refuses all: to change that role is enough. */
static bool roles_say_it(const struct explanation *e, const struct explain_step *s)
{
	for (size_t i = 0; s->step == AA_STEP_ROLES && i < e->n; i++)
		if (e->v[i].result == EXPLAIN_LEFT_OUT && e->v[i].reason == s->reason && e->v[i].cure)
			return true;
	return false;
}

/* Makes a refusal for want of roles an OK: a process that root starts runs without a role, where none admits the service. */
static void forgive_roles(struct explanation *e)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->v[i].step == AA_STEP_ROLES && e->v[i].reason != AA_OK) {
			e->v[i].result = EXPLAIN_OK;
			e->v[i].reason = AA_OK;
			free(e->v[i].what);
			e->v[i].what = xstrdup("none is left, and it runs without a role's rights");
		}
}

void explain_finish(struct explanation *e)
{
	if (e->way == AA_WAY_STARTED && e->reason == AA_OK)
		forgive_roles(e);
	add_not_asked(e);
	for (size_t i = 0; i < e->n; i++)
		if (e->reason != AA_OK && e->v[i].reason == e->reason && e->v[i].result == EXPLAIN_LEFT_OUT)
			e->v[i].cure = cure_of(e, &e->v[i]);
	for (size_t i = 0; i < e->n; i++)
		if (e->v[i].result == EXPLAIN_REFUSES && e->v[i].step != AA_STEP_COUNT &&
		    !roles_say_it(e, &e->v[i]))
			e->v[i].cure = cure_of(e, &e->v[i]);
}

void explain_free(struct explanation *e)
{
	for (size_t i = 0; i < e->n; i++) {
		free(e->v[i].subject);
		free(e->v[i].what);
		free(e->v[i].file);
		free(e->v[i].setting);
		free(e->v[i].cure);
	}
	free(e->v);
	buffer_free(&e->needed);
	aa_verdict_clear(&e->verdict);
	aa_session_free(e->session);
	aa_agent_free(e->agent);
	aa_context_close(&e->ctx);
}
