/* SPDX-License-Identifier: Apache-2.0 */
/* ceiling.c holds a release against the host's ceiling, see ceiling.h. */
#include "config.h"

#include "tools/agentauthctl/fleet/ceiling.h"

#include <string.h>

#include "common/verify/sudo_rule.h"
#include "tools/cli/problems.h"

/* A list that fleet.conf does not have allows all. */
static bool has(const struct aa_list *list, const char *text)
{
	return !list->v || aa_list_has(list, text);
}

static bool same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return a_len == b_len && memcmp(a, b, a_len) == 0;
}

/* A rule of the ceiling without arguments allows that command with any; else the two are the same, letter by letter. */
static bool covers(const char *allowed, const char *rule)
{
	struct aa_sudo_rule a, r;

	if (!aa_sudo_rule_parse(allowed, &a) || !aa_sudo_rule_parse(rule, &r))
		return false;
	return same(a.runas, a.runas_len, r.runas, r.runas_len) &&
	       same(a.path, a.path_len, r.path, r.path_len) &&
	       (a.arguments[0] == '\0' || strcmp(a.arguments, r.arguments) == 0);
}

static bool allows_rules(const struct fleet_ceiling *c, const char *role, const struct aa_list *rules,
			 struct fleet_refusal *refusal)
{
	for (size_t i = 0; i < rules->n; i++) {
		bool allowed = !c->sudo.v;

		if (aa_sudo_rule_check(rules->v[i]) != AA_SUDO_FINE)
			return fleet_refuse(refusal, AA_ROLE_DENIED,
					    "role %s has a rule that no release may give: %s", role,
					    quoted(rules->v[i]));
		for (size_t k = 0; k < c->sudo.n && !allowed; k++)
			allowed = covers(c->sudo.v[k], rules->v[i]);
		if (!allowed)
			return fleet_refuse(
			    refusal, AA_ROLE_DENIED,
			    "role %s has the rule %s, which ceiling.sudo of fleet.conf does not cover", role,
			    quoted(rules->v[i]));
	}
	return true;
}

bool ceiling_allows_role(const struct fleet_ceiling *c, const struct aa_role *role,
			 struct fleet_refusal *refusal)
{
	if (!has(&c->roles, role->name))
		return fleet_refuse(
		    refusal, AA_ROLE_DENIED,
		    "the release has the role %s, which ceiling.roles of fleet.conf does not have",
		    role->name);
	for (size_t i = 0; i < role->groups.n; i++)
		if (!has(&c->groups, role->groups.v[i]))
			return fleet_refuse(
			    refusal, AA_ROLE_DENIED,
			    "role %s has the group %s, which ceiling.groups of fleet.conf does not have",
			    role->name, quoted(role->groups.v[i]));
	return allows_rules(c, role->name, &role->sudo, refusal) &&
	       allows_rules(c, role->name, &role->approval, refusal);
}

bool ceiling_allows_issuer(const struct fleet_ceiling *c, const struct aa_issuer *issuer,
			   struct fleet_refusal *refusal)
{
	if (has(&c->issuers, issuer->issuer))
		return true;
	return fleet_refuse(
	    refusal, AA_ROLE_DENIED,
	    "the release has the issuer %s, which ceiling.issuers of fleet.conf does not have",
	    quoted(issuer->issuer));
}

bool ceiling_allows_agent(const struct fleet_ceiling *c, const struct aa_agent *agent,
			  struct fleet_refusal *refusal)
{
	for (size_t i = 0; i < agent->roles.n; i++)
		if (!has(&c->roles, agent->roles.v[i]))
			return fleet_refuse(
			    refusal, AA_ROLE_DENIED,
			    "agent %s has the role %s, which ceiling.roles of fleet.conf does not have",
			    agent->name, agent->roles.v[i]);
	return true;
}
