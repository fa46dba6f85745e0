/* SPDX-License-Identifier: Apache-2.0 */
/* model.c: agentauth.conf: the table of its settings, and what holds between them. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/registry/accounts.h"
#include "common/verify/policy.h"
#include "tools/agentauthctl/model/check_value.h"
#include "tools/agentauthctl/model/model.h"
#include "tools/agentauthctl/model/power.h"

#define DAY 86400
#define YEAR ((int64_t)365 * DAY)

const char *const nonce_words[] = {"optional", "required", NULL};
const char *const audit_failure_words[] = {"deny", "warn", NULL};
const char *const audit_sync_words[] = {"none", "always", NULL};
const char *const delegation_words[] = {"never", "allowed", NULL};
const char *const without_sub_words[] = {"refuse", "own", NULL};
const char *const reuse_words[] = {"once", "until_expiry", NULL};

/* ---- the table ----------------------------------------------------------- */

static const struct conf_setting host_settings[] = {
    {"audience", CONF_TEXTS, .offset = offsetof(struct model_host, audience), .min = 1, .max = 16,
     .check = check_audience},
    {"clock_skew", CONF_NUMBER, .offset = offsetof(struct model_host, clock_skew), .min = 0,
     .max = AA_CLOCK_SKEW_MAX},
    {"max_assertion_ttl", CONF_NUMBER, .offset = offsetof(struct model_host, max_assertion_ttl), .min = 10,
     .max = 3600},
    {"max_token_ttl", CONF_NUMBER, .offset = offsetof(struct model_host, max_token_ttl), .min = 60,
     .max = 7 * DAY},
    {"max_failures", CONF_NUMBER, .offset = offsetof(struct model_host, max_failures), .min = 0,
     .max = 10000},
    {"nonce", CONF_WORD, .offset = offsetof(struct model_host, nonce), .words = nonce_words},
    {"audit_failure", CONF_WORD, .offset = offsetof(struct model_host, audit_failure),
     .words = audit_failure_words},
    {"audit_sync", CONF_WORD, .offset = offsetof(struct model_host, audit_sync), .words = audit_sync_words},
    {0},
};

static const struct conf_setting accounts_settings[] = {
    {"uid_min", CONF_NUMBER, .offset = offsetof(struct model_accounts, uid_min), .min = 1000,
     .max = INT32_MAX - 1},
    {"uid_max", CONF_NUMBER, .offset = offsetof(struct model_accounts, uid_max), .min = 1000,
     .max = INT32_MAX - 1},
    {"home", CONF_TEXT, .offset = offsetof(struct model_accounts, home), .min = 2, .check = check_path},
    {"shell", CONF_TEXT, .offset = offsetof(struct model_accounts, shell), .min = 2, .check = check_path},
    {"group", CONF_TEXT, .offset = offsetof(struct model_accounts, group), .check = check_account_group},
    {"gid", CONF_NUMBER, .offset = offsetof(struct model_accounts, gid), .min = 1000, .max = INT32_MAX - 1},
    {"without_credential", CONF_TEXTS, .offset = offsetof(struct model_accounts, without_credential),
     .max = 64, .check = check_without_credential},
    {0},
};

const struct conf_setting claim_settings[] = {
    {"claim", CONF_TEXT, true, offsetof(struct model_claim, claim), .check = check_claim},
    {"value", CONF_TEXT, true, offsetof(struct model_claim, value), .min = 1, .max = 1024},
    {0},
};

static const struct conf_setting scope_settings[] = {
    {"claim", CONF_TEXT, true, offsetof(struct model_scope, claim), .check = check_claim},
    {"value", CONF_TEXT, true, offsetof(struct model_scope, value), .min = 1, .max = 1024},
    {"role", CONF_TEXT, true, offsetof(struct model_scope, role), .check = check_role_name},
    {0},
};

static const struct conf_setting issuer_settings[] = {
    {"issuer", CONF_TEXT, true, offsetof(struct model_issuer, issuer), .check = check_issuer_url},
    {"discovery", CONF_FLAG, .offset = offsetof(struct model_issuer, discovery)},
    {"jwks_uri", CONF_TEXT, .offset = offsetof(struct model_issuer, jwks_uri), .check = check_https_url},
    {"jwks_file", CONF_TEXT, .offset = offsetof(struct model_issuer, jwks_file), .check = check_path},
    {"ca_file", CONF_TEXT, .offset = offsetof(struct model_issuer, ca_file), .check = check_path},
    {"bearer_file", CONF_TEXT, .offset = offsetof(struct model_issuer, bearer_file), .check = check_path},
    {"algorithms", CONF_TEXTS, .offset = offsetof(struct model_issuer, algorithms), .min = 1, .max = 16,
     .check = check_algorithm},
    {"jwks_max_age", CONF_NUMBER, .offset = offsetof(struct model_issuer, jwks_max_age), .min = 60,
     .max = 90 * DAY},
    {"max_token_ttl", CONF_NUMBER, .offset = offsetof(struct model_issuer, max_token_ttl), .min = 60,
     .max = 7 * DAY},
    {"audience", CONF_TEXTS, .offset = offsetof(struct model_issuer, audience), .max = 16,
     .check = check_audience},
    {"client_claim", CONF_TEXT, true, offsetof(struct model_issuer, client_claim), .check = check_claim},
    {"user_claim", CONF_TEXT, .offset = offsetof(struct model_issuer, user_claim), .check = check_claim},
    {"delegation", CONF_WORD, .offset = offsetof(struct model_issuer, delegation), .words = delegation_words},
    {"without_sub", CONF_WORD, .offset = offsetof(struct model_issuer, without_sub),
     .words = without_sub_words},
    {"reuse", CONF_WORD, true, offsetof(struct model_issuer, reuse), .words = reuse_words},
    {"require", CONF_ITEMS, .offset = offsetof(struct model_issuer, require), .max = 32,
     .members = claim_settings, .size = sizeof(struct model_claim)},
    {"scopes", CONF_ITEMS, .offset = offsetof(struct model_issuer, scopes), .max = 256,
     .members = scope_settings, .size = sizeof(struct model_scope),
     .if_empty = "every role of an agent, for the tokens that it has for itself,"},
    {0},
};

static const struct conf_setting limits_settings[] = {
    {"memory_max", CONF_TEXT, .offset = offsetof(struct model_limits, memory_max), .check = check_memory},
    {"tasks_max", CONF_NUMBER, .offset = offsetof(struct model_limits, tasks_max), .min = 1, .max = 4194304},
    {"cpu_weight", CONF_NUMBER, .offset = offsetof(struct model_limits, cpu_weight), .min = 1, .max = 10000},
    {0},
};

static const struct conf_setting role_settings[] = {
    {"gid", CONF_NUMBER, true, offsetof(struct model_role, gid), .min = 1, .max = INT32_MAX - 1},
    {"services", CONF_TEXTS, .offset = offsetof(struct model_role, services), .max = 64,
     .check = check_service, .if_empty = "every service"},
    {"sources", CONF_TEXTS, .offset = offsetof(struct model_role, sources), .max = 256,
     .check = check_network, .if_empty = "every network"},
    {"sudo", CONF_TEXTS, .offset = offsetof(struct model_role, sudo), .max = 256, .check = check_sudo_rule},
    {"max_session", CONF_NUMBER, .offset = offsetof(struct model_role, max_session), .min = 0, .max = YEAR},
    {"max_sessions", CONF_NUMBER, .offset = offsetof(struct model_role, max_sessions), .min = 0,
     .max = 1000000},
    {"approval", CONF_TEXTS, .offset = offsetof(struct model_role, approval), .max = 256,
     .check = check_approval_rule},
    {"delegable", CONF_FLAG, .offset = offsetof(struct model_role, delegable)},
    {"limits", CONF_MEMBERS, .offset = offsetof(struct model_role, limits), .members = limits_settings},
    {"groups", CONF_TEXTS, .offset = offsetof(struct model_role, groups), .max = 16,
     .check = check_local_name},
    {0},
};

static const struct model_issuer issuer_defaults = {.user_claim = "sub", .jwks_max_age = DAY};

const struct conf_setting main_settings[] = {
    {"host", CONF_MEMBERS, .offset = offsetof(struct model, host), .members = host_settings},
    {"accounts", CONF_MEMBERS, .offset = offsetof(struct model, accounts), .members = accounts_settings},
    {"issuers", CONF_NAMED, .offset = offsetof(struct model, issuers), .max = 256, .check = check_issuer_name,
     .members = issuer_settings, .size = sizeof(struct model_issuer), .defaults = &issuer_defaults},
    {"roles", CONF_NAMED, .offset = offsetof(struct model, roles), .max = 4096, .check = check_role_name,
     .members = role_settings, .size = sizeof(struct model_role)},
    {0},
};

/* ---- finding ------------------------------------------------------------- */

static int compare_roles(const void *a, const void *b)
{
	const struct model_role *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void sort_roles(struct model *model)
{
	model->roles_by_name =
	    arena_alloc(&model->arena, (model->roles.n + 1) * sizeof(*model->roles_by_name));
	for (size_t i = 0; i < model->roles.n; i++)
		model->roles_by_name[i] = &model->roles.v[i];
	qsort(model->roles_by_name, model->roles.n, sizeof(*model->roles_by_name), compare_roles);
}

const struct model_role *model_role(const struct model *model, const char *name)
{
	const struct model_role key = {.name = name}, *wanted = &key, **found;

	found = bsearch(&wanted, model->roles_by_name, model->roles.n, sizeof(wanted), compare_roles);
	return found ? *found : NULL;
}

/* ---- what holds between settings ----------------------------------------- */

int64_t model_gid_max(const struct model *model)
{
	const struct model_accounts *a = &model->accounts;

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
	const struct model_accounts *a = &model->accounts;

	return id_allowed(uid, "accounts.uid_min to uid_max", a->uid_min, a->uid_max, why, size);
}

static bool model_gid_allowed(const struct model *model, int64_t gid, char *why, size_t size)
{
	const struct model_accounts *a = &model->accounts;
	const char *range =
	    a->gid > a->uid_max ? "accounts.uid_min to accounts.gid" : "accounts.uid_min to uid_max";

	return id_allowed(gid, range, a->uid_min, model_gid_max(model), why, size);
}

/* Whether the id belongs to somebody of this host's own files. */
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
	if (id == (uint32_t)model->accounts.gid || local_by_id(&model->facts->users, id) ||
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

/* Where the text names none: behind the roles' gids of the default range, or the last id of another. */
static int64_t gid_of_agents(const struct model_accounts *a)
{
	return a->uid_max == AA_UID_MAX_DEFAULT ? AA_GID_AGENTS_DEFAULT : a->uid_max;
}

static void check_accounts(struct model *model, struct problems *problems)
{
	struct model_accounts *a = &model->accounts;

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
	const struct model_role *role = &model->roles.v[i];

	if (role->gid == 0)
		return; /* missing, which has been reported */
	check_gid(model, role->gid, path, problems);
	if (role->gid == model->accounts.gid)
		conf_error(&model->file, problems, path, "%lld is the gid of the group %s (accounts.gid)",
			   (long long)role->gid, model->accounts.group);
	for (size_t k = 0; k < i; k++)
		if (model->roles.v[k].gid == role->gid)
			conf_error(&model->file, problems, path, "%lld is the gid of the role %s already",
				   (long long)role->gid, model->roles.v[k].name);
}

static void check_role_groups(const struct model *model, const struct model_role *role,
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

/* Without the plugin the rules would be granted unasked. */
static void check_approval_plugin(const struct model *model, const char *path, struct problems *problems)
{
	char *what, *cure;

	if (!approval_plugin_problem(&model->facts->approval_plugin, &what, &cure))
		return;
	conf_error(&model->file, problems, path,
		   "these rules wait for a person's approval, which sudo asks for through a plugin, and %s. "
		   "As root: %s",
		   what, cure);
	free(what);
	free(cure);
}

static void check_roles(struct model *model, struct problems *problems)
{
	char path[128];

	for (size_t i = 0; i < model->roles.n; i++) {
		const struct model_role *role = &model->roles.v[i];

		snprintf(path, sizeof(path), "roles.%s.gid", role->name);
		check_role_ids(model, i, path, problems);
		check_role_groups(model, role, problems);
		snprintf(path, sizeof(path), "roles.%s.approval", role->name);
		if (role->approval.n)
			check_approval_plugin(model, path, problems);
	}
}

static void check_issuer_keys(const struct model *model, const struct model_issuer *issuer,
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

/* Where no token is a person's, sub is not asked whose it is, and the setting would say something that is not so. */
static void check_without_sub(const struct model *model, const struct model_issuer *issuer,
			      struct problems *problems)
{
	char path[128];

	snprintf(path, sizeof(path), "issuers.%s.without_sub", issuer->name);
	if (issuer->without_sub && !issuer->delegation)
		conf_warning(&model->file, problems, path,
			     "changes nothing where delegation is never: all tokens are agents' own there");
}

static void check_issuers(const struct model *model, struct problems *problems)
{
	char path[128];

	for (size_t i = 0; i < model->issuers.n; i++) {
		const struct model_issuer *issuer = &model->issuers.v[i];

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
				conf_error(&model->file, problems, path, "there is no role %s", quoted(role));
		}
	}
}

int model_read(struct model *model, const struct host_facts *facts, struct problems *problems)
{
	static const char *default_services[] = {"su", "su-l", "runuser", "cron", "systemd-user"};
	size_t errors_before = problems->errors;

	model->facts = facts;
	model->host = (struct model_host){
	    .clock_skew = 30, .max_assertion_ttl = 300, .max_token_ttl = 3600, .max_failures = 30};
	model->accounts = (struct model_accounts){
	    .uid_min = AA_UID_MIN_DEFAULT,
	    .uid_max = AA_UID_MAX_DEFAULT,
	    .home = "/home/agents",
	    .shell = "/bin/bash",
	    .group = "agents",
	    .without_credential = {sizeof(default_services) / sizeof(*default_services), default_services},
	};
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

const struct model_issuer *model_issuer(const struct model *model, const char *name)
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
