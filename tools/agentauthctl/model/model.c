/* SPDX-License-Identifier: Apache-2.0 */
/* model.c: reads agentauth.conf, and checks its settings beside each other. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/registry/accounts.h"
#include "common/text/sort.h"
#include "common/verify/policy.h"
#include "common/verify/sudo_rule.h"
#include "tools/agentauthctl/model/check_value.h"
#include "tools/agentauthctl/model/model.h"
#include "tools/agentauthctl/model/power.h"
#include "tools/agentauthctl/model/settings.h"

const struct conf_setting main_settings[] = {
    {"host", CONF_MEMBERS, .offset = offsetof(struct model, host), .members = host_settings},
    {"accounts", CONF_MEMBERS, .offset = offsetof(struct model, host.accounts),
     .members = accounts_policy_settings},
    {"issuers", CONF_NAMED, .offset = offsetof(struct model, issuers), .max = 256, .check = check_issuer_name,
     .members = issuer_settings, .size = sizeof(struct aa_issuer), .defaults = &issuer_usually},
    {"roles", CONF_NAMED, .offset = offsetof(struct model, roles), .max = 4096, .check = check_role_name,
     .members = role_settings, .size = sizeof(struct aa_role), .defaults = &role_usually},
    {0},
};

/* ---- finding ------------------------------------------------------------- */

static int compare_roles(const void *a, const void *b)
{
	const struct aa_role *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void sort_roles(struct model *model)
{
	model->roles_by_name =
	    arena_alloc(&model->arena, (model->roles.n + 1) * sizeof(*model->roles_by_name));
	for (size_t i = 0; i < model->roles.n; i++)
		model->roles_by_name[i] = &model->roles.v[i];
	aa_sort(model->roles_by_name, model->roles.n, sizeof(*model->roles_by_name), compare_roles);
}

const struct aa_role *model_role(const struct model *model, const char *name)
{
	const struct aa_role key = {.name = name}, *wanted = &key, **found;

	found = aa_search(&wanted, model->roles_by_name, model->roles.n, sizeof(wanted), compare_roles);
	return found ? *found : NULL;
}

/* ---- what holds between settings ----------------------------------------- */

int64_t model_gid_max(const struct model *model)
{
	const struct aa_accounts_policy *a = &model->host.accounts;

	return a->gid > a->uid_max ? a->gid : a->uid_max;
}

static bool id_allowed(int64_t id, const char *range, int64_t min, int64_t max, char *why, size_t size)
{
	bool former = id >= AA_UID_MIN_FORMER && id <= AA_UID_MAX_FORMER;

	if (id < min || id > max)
		snprintf(
		    why, size, "%lld lies outside of %s (%lld to %lld)%s", (long long)id, range,
		    (long long)min, (long long)max,
		    former ? "; to go on with the range that was the default formerly, set accounts.uid_min "
			     "= 1900000000 and accounts.uid_max = 1900999999"
			   : "");
	else if (!aa_id_is_servable((uint32_t)id))
		snprintf(why, size,
			 "%lld is taken by convention (systemd, nobody, containers) and is never served",
			 (long long)id);
	else
		return true;
	return false;
}

bool model_uid_allowed(const struct model *model, int64_t uid, char *why, size_t size)
{
	const struct aa_accounts_policy *a = &model->host.accounts;

	return id_allowed(uid, "accounts.uid_min to uid_max", a->uid_min, a->uid_max, why, size);
}

static bool model_gid_allowed(const struct model *model, int64_t gid, char *why, size_t size)
{
	const struct aa_accounts_policy *a = &model->host.accounts;
	const char *range =
	    a->gid > a->uid_max ? "accounts.uid_min to accounts.gid" : "accounts.uid_min to uid_max";

	return id_allowed(gid, range, a->uid_min, model_gid_max(model), why, size);
}

/* Tells whether the id belongs to an account or a group in this host's own files. */
static bool id_is_local(const struct model *model, int64_t id, char *why, size_t size)
{
	const struct local_name *user = local_by_id(&model->facts->users, (uint32_t)id);
	const struct local_name *group = local_by_id(&model->facts->groups, (uint32_t)id);

	if (user)
		snprintf(why, size, "%lld is the uid of %s in /etc/passwd", (long long)id,
			 quoted(user->name));
	else if (group)
		snprintf(why, size, "%lld is the gid of %s in /etc/group", (long long)id,
			 quoted(group->name));
	return user || group;
}

bool model_id_is_given(const struct model *model, uint32_t id)
{
	if (id == (uint32_t)model->host.accounts.gid || local_by_id(&model->facts->users, id) ||
	    local_by_id(&model->facts->groups, id))
		return true;
	for (size_t i = 0; i < model->roles.n; i++)
		if ((uint32_t)model->roles.v[i].gid == id)
			return true;
	return false;
}

static void check_gid(const struct model *model, int64_t id, const char *setting, struct problems *problems)
{
	char why[256];

	if (!model_gid_allowed(model, id, why, sizeof(why)) || id_is_local(model, id, why, sizeof(why)))
		conf_error(&model->file, problems, setting, "%s", why);
}

/* Chooses the gid where the text names none: behind the roles' gids of the default range, or the last id of another. */
static int64_t gid_of_agents(const struct aa_accounts_policy *a)
{
	return a->uid_max == AA_UID_MAX_DEFAULT ? AA_GID_AGENTS_DEFAULT : a->uid_max;
}

static void check_accounts(struct model *model, struct problems *problems)
{
	struct aa_accounts_policy *a = &model->host.accounts;

	if (a->gid == 0)
		a->gid = gid_of_agents(a);
	if (a->uid_min > a->uid_max)
		conf_error(&model->file, problems, "accounts.uid_min", "%lld is beyond uid_max, %lld",
			   (long long)a->uid_min, (long long)a->uid_max);
	else
		check_gid(model, a->gid, "accounts.gid", problems);
	if (!aa_id_is_servable((uint32_t)a->uid_min) || !aa_id_is_servable((uint32_t)a->uid_max))
		conf_error(&model->file, problems, "accounts",
			   "uid_min and uid_max must not themselves lie within 60001 to 65535, which "
			   "systemd, nobody and containers use");
	if (power_of_name(a->group))
		conf_error(
		    &model->file, problems, "accounts.group",
		    "the name %s carries power on a host: %s, and all agents would be in it. Choose another",
		    quoted(a->group), power_of_name(a->group));
	if (local_by_name(&model->facts->groups, a->group))
		conf_error(&model->file, problems, "accounts.group",
			   "%s is a group of this host already (/etc/group), and its members would be taken "
			   "for agents",
			   quoted(a->group));
}

static void check_role_ids(struct model *model, size_t i, const char *path, struct problems *problems)
{
	const struct aa_role *role = &model->roles.v[i];

	if (role->gid == 0)
		return; /* missing, which has been reported */
	check_gid(model, role->gid, path, problems);
	if (role->gid == model->host.accounts.gid)
		conf_error(&model->file, problems, path, "%lld is the gid of the group %s (accounts.gid)",
			   (long long)role->gid, model->host.accounts.group);
	for (size_t k = 0; k < i; k++)
		if (model->roles.v[k].gid == role->gid)
			conf_error(&model->file, problems, path, "%lld is the gid of the role %s already",
				   (long long)role->gid, model->roles.v[k].name);
}

static void check_role_groups(const struct model *model, const struct aa_role *role,
			      struct problems *problems)
{
	const struct local_names *groups = &model->facts->groups;
	char path[128], group_name[64];

	for (size_t i = 0; i < role->groups.n; i++) {
		const char *name = role->groups.v[i], *why = power_of_group(model->facts, name);

		snprintf(path, sizeof(path), "roles.%s.groups[%zu]", role->name, i);
		if (why)
			conf_error(&model->file, problems, path,
				   "%s is no group for a role: %s. Grant the commands that are needed by the "
				   "role's sudo rules instead",
				   quoted(name), why);
		else if (!local_by_name(groups, name))
			conf_error(&model->file, problems, path, "there is no group %s in /etc/group",
				   quoted(name));
	}
	snprintf(group_name, sizeof(group_name), AA_ROLE_GROUP_PREFIX "%s", role->name);
	snprintf(path, sizeof(path), "roles.%s", role->name);
	if (local_by_name(groups, group_name))
		conf_error(&model->file, problems, path,
			   "its group would be %s, which /etc/group has already", group_name);
}

/* Refuses approval rules and budgets without the plugin, since nobody would be asked, and nobody would count. */
static void check_approval_plugin(const struct model *model, const char *path, struct problems *problems)
{
	char *what, *cure;

	if (!sudo_plugins_problem(&model->facts->plugins, SUDO_PLUGIN_APPROVAL, &what, &cure))
		return;
	conf_error(&model->file, problems, path,
		   "these rules wait for a person's approval, which sudo asks for through a plugin, and %s. "
		   "As root: %s",
		   what, cure);
	free(what);
	free(cure);
}

/* Checks the rules that wait for a person where sudo has no plugins: it lets the agent run a program that asks, and this
 * program takes a command as it is written in the rule. */
static void check_asking_program(const struct model *model, const struct aa_role *role,
				 struct problems *problems)
{
	char path[128];

	snprintf(path, sizeof(path), "roles.%s.approval", role->name);
	if (model->host.role_groups != AA_ROLE_GROUPS_ENTRY)
		conf_error(
		    &model->file, problems, path,
		    "these rules wait for a person's approval, and this host's sudo is sudo-rs, with which "
		    "they hold only for sessions that have all of their agent's roles. Write role_groups = "
		    "\"entry\"; into host = { … }");
	for (size_t i = 0; i < role->approval.n; i++) {
		snprintf(path, sizeof(path), "roles.%s.approval[%zu]", role->name, i);
		if (strncmp(role->approval.v[i], "(root) ", strlen("(root) ")) != 0 ||
		    !aa_sudo_rule_is_literal(role->approval.v[i]))
			conf_error(
			    &model->file, problems, path,
			    "this host's sudo is sudo-rs, with which a rule that waits for a person begins "
			    "with (root), and its arguments have no * ? [ ] ^ nor quotes");
	}
}

/* Refuses what sudo-rs would read otherwise: in arguments its older versions take a wildcard for the character. */
static void check_rules_of_rs(const struct model *model, const struct aa_role *role,
			      struct problems *problems)
{
	char path[128];

	for (size_t i = 0; i < role->sudo.n; i++) {
		snprintf(path, sizeof(path), "roles.%s.sudo[%zu]", role->name, i);
		if (!aa_sudo_rule_is_literal(role->sudo.v[i]))
			conf_error(
			    &model->file, problems, path,
			    "this host's sudo is sudo-rs, which knows neither wildcards nor regular "
			    "expressions in arguments. Write a rule for each command, or leave the arguments "
			    "out, which allows any");
	}
	if (role->approval.n)
		check_asking_program(model, role, problems);
	snprintf(path, sizeof(path), "roles.%s.max_sudo", role->name);
	if (role->max_sudo)
		conf_error(&model->file, problems, path,
			   "a plugin of sudo counts the commands, and this host's sudo is sudo-rs, which "
			   "loads none. "
			   "Let them wait for a person each time, by approval in the place of sudo");
}

static bool has_sudo_rules(const struct aa_role *role)
{
	return role->sudo.n || role->approval.n || role->max_sudo;
}

static void check_roles(struct model *model, struct problems *problems)
{
	char path[128];

	for (size_t i = 0; i < model->roles.n; i++) {
		const struct aa_role *role = &model->roles.v[i];

		snprintf(path, sizeof(path), "roles.%s.gid", role->name);
		check_role_ids(model, i, path, problems);
		check_role_groups(model, role, problems);
		if (has_sudo_rules(role) && host_facts_sudo(model->facts)->kind == HOST_SUDO_RS) {
			check_rules_of_rs(model, role, problems);
			continue;
		}
		snprintf(path, sizeof(path), "roles.%s.approval", role->name);
		if (role->approval.n)
			check_approval_plugin(model, path, problems);
		snprintf(path, sizeof(path), "roles.%s.max_sudo", role->name);
		if (role->max_sudo)
			check_approval_plugin(model, path, problems);
	}
}

static void check_issuer_keys(const struct model *model, const struct aa_issuer *issuer,
			      struct problems *problems)
{
	int ways = issuer->discovery + (issuer->jwks_uri != NULL) + (issuer->jwks_file != NULL);
	char path[128], why[256];

	snprintf(path, sizeof(path), "issuers.%s", issuer->name);
	if (ways != 1)
		conf_error(
		    &model->file, problems, path,
		    "says %s its keys come from: set exactly one of discovery = true, jwks_uri and jwks_file",
		    ways ? "in more than one way where" : "not where");
	if (issuer->jwks_file && (issuer->ca_file || issuer->bearer_file))
		conf_error(&model->file, problems, path,
			   "its keys come from a file, and nothing is fetched: take %s away",
			   issuer->ca_file ? "ca_file" : "bearer_file");
	snprintf(path, sizeof(path), "issuers.%s.issuer", issuer->name);
	if (issuer->discovery && issuer->issuer && !check_https_url(issuer->issuer, why, sizeof(why)))
		conf_error(&model->file, problems, path, "discovery asks this address: %s %s",
			   quoted(issuer->issuer), why);
}

/* Warns of the setting where no token is a person's: sub is not looked at there, and the setting would promise what does
 * not happen. */
static void check_without_sub(const struct model *model, const struct aa_issuer *issuer,
			      struct problems *problems)
{
	char path[128];

	snprintf(path, sizeof(path), "issuers.%s.without_sub", issuer->name);
	if (issuer->without_sub && !issuer->delegation)
		conf_warning(&model->file, problems, path,
			     "changes nothing where delegation is never: all tokens are agents' own there");
}

static void check_issuers(struct model *model, struct problems *problems)
{
	char path[128];

	for (size_t i = 0; i < model->issuers.n; i++) {
		struct aa_issuer *issuer = &model->issuers.v[i];

		if (!issuer->max_token_ttl)
			issuer->max_token_ttl = model->host.max_token_ttl;
		check_issuer_keys(model, issuer, problems);
		check_without_sub(model, issuer, problems);
		for (size_t k = 0; k < i; k++) {
			const char *other = model->issuers.v[k].issuer;

			snprintf(path, sizeof(path), "issuers.%s.issuer", issuer->name);
			if (issuer->issuer && other && strcmp(issuer->issuer, other) == 0)
				conf_error(&model->file, problems, path,
					   "is the issuer %s already; a token could not be told to be of the "
					   "one or the other",
					   model->issuers.v[k].name);
		}
		for (size_t k = 0; k < issuer->scopes.n; k++) {
			const char *role = issuer->scopes.v[k].role;

			snprintf(path, sizeof(path), "issuers.%s.scopes[%zu].role", issuer->name, k);
			if (role && !model_role(model, role))
				conf_error_as(&model->file, problems, "unknown-role", path,
					      "there is no role %s", quoted(role));
		}
	}
}

void model_begin(struct model *model, const struct host_facts *facts)
{
	model->facts = facts;
	model->host = host_usually;
	model->host.accounts = accounts_policy_usually;
}

int model_read(struct model *model, const struct host_facts *facts, struct problems *problems)
{
	size_t errors_before = problems->errors;

	model_begin(model, facts);
	conf_read(&model->file, main_settings, model, &model->arena, problems);
	if (!model->file.has_config)
		return -1;
	sort_roles(model);
	check_accounts(model, problems);
	check_roles(model, problems);
	check_issuers(model, problems);
	return problems->errors > errors_before ? -1 : 0;
}

void model_free(struct model *model)
{
	conf_file_free(&model->file);
	arena_free(&model->arena);
	*model = (struct model){0};
}

const struct aa_issuer *model_issuer(const struct model *model, const char *name)
{
	for (size_t i = 0; i < model->issuers.n; i++)
		if (strcmp(model->issuers.v[i].name, name) == 0)
			return &model->issuers.v[i];
	return NULL;
}

char *model_default_audience(const struct model *model)
{
	return xasprintf("ssh://%s", model->facts->fqdn);
}
