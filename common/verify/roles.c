/* SPDX-License-Identifier: Apache-2.0 */
/* roles.c: which roles a login has, and how they limit it. */
#include "config.h"

#include "common/text/list.h"
#include "common/verify/claims.h"
#include "common/verify/limit.h"
#include "common/verify/roles.h"
#include "common/verify/sources.h"

#include <stdlib.h>
#include <string.h>

bool aa_roles_have(const struct aa_roles *roles, const char *role)
{
	for (size_t i = 0; i < roles->n; i++)
		if (strcmp(roles->v[i]->name, role) == 0)
			return true;
	return false;
}

int64_t aa_roles_max_session(const struct aa_roles *roles)
{
	int64_t limit = 0;

	for (size_t i = 0; i < roles->n; i++)
		limit = aa_limit(limit, roles->v[i]->max_session);
	return limit;
}

int64_t aa_roles_max_sessions(const struct aa_roles *roles, const struct aa_agent *agent)
{
	int64_t limit = agent->max_sessions;

	for (size_t i = 0; i < roles->n; i++)
		limit = aa_limit(limit, roles->v[i]->max_sessions);
	return limit;
}

/* The record's JSON owns the names of its roles, so that it keeps the name of this one, too. */
bool aa_roles_lend(struct aa_agent *agent, const char *role, int64_t until)
{
	json_t *lent = json_object_get(agent->json, "lent"),
	       *one = json_pack("[s, I]", role, (json_int_t)until);
	const char **v = realloc(agent->roles.v, (agent->roles.n + 1) * sizeof(*v));

	if (v)
		agent->roles.v = v;
	if (!lent && json_object_set_new(agent->json, "lent", json_object()) == 0)
		lent = json_object_get(agent->json, "lent");
	if (!v || json_object_set(lent, role, one) < 0) {
		json_decref(one);
		return false;
	}
	json_decref(one); /* `lent` has it */
	v[agent->roles.n++] = json_string_value(json_array_get(one, 0));
	return true;
}

int64_t aa_roles_lent_until(const struct aa_agent *agent, const char *role)
{
	const json_t *one = json_object_get(json_object_get(agent->json, "lent"), role);

	return json_integer_value(json_array_get(one, 1));
}

/* Every word of a scope must be a role of the agent's. A login that asks for another role is refused, not narrowed. */
static enum aa_reason check_scope(const struct aa_agent *agent, const char *scope)
{
	char word[64];

	while (*scope) {
		size_t len = strcspn(scope, " ");

		if (len >= sizeof(word))
			return AA_ROLE_DENIED;
		memcpy(word, scope, len);
		word[len] = '\0';
		if (len && !aa_list_has(&agent->roles, word))
			return AA_ROLE_DENIED;
		scope += len;
		scope += *scope == ' ';
	}
	return AA_OK;
}

/* Says why a role is left out of this login, or AA_OK. */
static enum aa_reason admits(const struct aa_role *role, const struct aa_login *login,
			     const struct aa_narrowing *narrow)
{
	if (narrow->delegable_only && !role->delegable)
		return AA_ROLE_DENIED;
	if (role->services.n && !aa_list_has(&role->services, login->service))
		return AA_SERVICE_DENIED;
	if (login->address && !aa_sources_admit(&role->sources, login->address))
		return AA_SOURCE_DENIED;
	return AA_OK;
}

/* Takes the role where this login has it. *ret_why says why it was left out, the furthest that any role came. */
static enum aa_reason consider(const struct aa_policy *policy, const struct aa_login *login,
			       const struct aa_narrowing *narrow, const char *name, struct aa_roles *roles,
			       enum aa_reason *ret_why)
{
	struct aa_role *role = NULL;
	enum aa_reason reason = aa_policy_role(policy, name, &role), why;

	if (reason != AA_OK) /* the agent's record names it: apply has seen that it exists */
		return aa_step(login->trace, AA_STEP_ROLES, NULL, AA_REGISTRY_UNAVAILABLE);
	why = aa_step(login->trace, AA_STEP_ROLE, name, admits(role, login, narrow));
	if (why == AA_OK) {
		roles->v[roles->n++] = role;
		return AA_OK;
	}
	if (why == AA_SOURCE_DENIED || *ret_why == AA_ROLE_DENIED)
		*ret_why = why;
	aa_role_free(role);
	return AA_OK;
}

enum aa_reason aa_roles_narrow(const struct aa_policy *policy, const struct aa_agent *agent,
			       const struct aa_login *login, const struct aa_narrowing *narrow,
			       struct aa_roles *ret)
{
	struct aa_roles roles = {0, calloc(agent->roles.n + 1, sizeof(struct aa_role *))};
	enum aa_reason reason = AA_OK, why = AA_ROLE_DENIED;

	if (!roles.v)
		return AA_INTERNAL;
	if (login->address && !aa_sources_admit(&agent->sources, login->address))
		reason = AA_SOURCE_DENIED;
	(void)aa_step(login->trace, AA_STEP_ADDRESS, NULL, reason);
	if (reason == AA_OK && narrow->scope)
		reason = aa_step(login->trace, AA_STEP_ASKED, NULL, check_scope(agent, narrow->scope));
	for (size_t i = 0; i < agent->roles.n && reason == AA_OK; i++) {
		if (narrow->scope && !aa_claims_word_in(narrow->scope, agent->roles.v[i]))
			continue;
		if (narrow->admit && !narrow->admit(narrow->data, agent->roles.v[i])) {
			(void)aa_step(login->trace, AA_STEP_ROLE, agent->roles.v[i], AA_ROLE_DENIED);
			continue;
		}
		reason = consider(policy, login, narrow, agent->roles.v[i], &roles, &why);
	}
	if (reason == AA_OK)
		reason = aa_step(login->trace, AA_STEP_ROLES, NULL, roles.n == 0 ? why : AA_OK);
	if (reason == AA_OK)
		*ret = roles;
	else
		aa_verdict_clear_roles(&roles);
	return reason;
}
