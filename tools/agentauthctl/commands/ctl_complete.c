/* SPDX-License-Identifier: Apache-2.0 */
/* ctl_complete.c: agentauthctl --complete, for the shells. */
#include "config.h"

#include "tools/agentauthctl/commands/ctl_complete.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/jose/jose.h"
#include "common/registry/accounts.h"
#include "common/state/approval.h"
#include "common/state/session_find.h"
#include "tools/agentauthctl/model/issuer_template.h"
#include "tools/agentauthctl/publish/generations.h"
#include "tools/agentauthctl/publish/published.h"
#include "tools/cli/complete.h"

static bool option_at(const void *options, size_t i, struct complete_option *ret)
{
	const struct ctl_option *o = (const struct ctl_option *)options + i;

	*ret = (struct complete_option){o->name, o->argument, o->help};
	return o->name != NULL;
}

/* ---- what there is on this host ------------------------------------------------ */

/* Agents (not those that are retired) or roles. */
static void list_entries(bool roles)
{
	size_t prefix = strlen(AA_ROLE_GROUP_PREFIX);
	struct aa_accounts accounts;
	struct aa_registry_record entry;
	uint32_t at = 0;

	if (aa_accounts_open(AA_STATEDIR, 0, &accounts) < 0)
		return;
	while (aa_accounts_next(&accounts, &at, &entry) == 0)
		if (!roles && !entry.is_group && !(entry.account.flags & AA_ACCOUNT_RETIRED))
			complete_offer(entry.account.name, entry.account.gecos);
		else if (roles && !!entry.is_group &&
			 strncmp(entry.group.name, AA_ROLE_GROUP_PREFIX, prefix) == 0)
			complete_offer(entry.group.name + prefix, NULL);
	aa_accounts_close(&accounts);
}

static bool offer_issuer(void *data, const char *name, const char *record, size_t len)
{
	(void)data, (void)record, (void)len;
	complete_offer(name, NULL);
	return true;
}

static void list_issuers(void)
{
	struct published *published = published_open(AA_STATEDIR, 0);

	if (!published)
		return;
	(void)published_walk(published, "issuer:", offer_issuer, NULL);
	published_close(published);
}

static bool offer_session(void *data, struct aa_session *session)
{
	(void)data;
	complete_offer(session->id, session->agent);
	aa_session_free(session);
	return true;
}

/* By their files' names alone: whoever reads a request takes away those whose sudo has gone, and logs that. */
static void list_requests(void)
{
	DIR *dir = opendir(AA_RUNDIR "/approvals");
	const struct dirent *entry;
	char id[AA_APPROVAL_ID_SIZE];

	while (dir && (entry = readdir(dir)))
		if (strspn(entry->d_name, "0123456789") == sizeof(id) - 1 &&
		    strcmp(entry->d_name + sizeof(id) - 1, ".json") == 0) {
			(void)snprintf(id, sizeof(id), "%.*s", (int)sizeof(id) - 1, entry->d_name);
			complete_offer(id, NULL);
		}
	if (dir)
		closedir(dir);
}

/* What cp --backup, editors and dpkg leave beside a file. */
static bool is_backup(const char *name)
{
	return strchr(name, '~') || strstr(name, ".dpkg-");
}

/* What PAM has stacks for: any of them can be a service of a role. */
static void list_services(void)
{
	DIR *dir = opendir(AA_SYSCONFDIR "/pam.d");
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && strncmp(entry->d_name, "common-", 7) != 0 &&
		    !is_backup(entry->d_name))
			complete_offer(entry->d_name, NULL);
	if (dir)
		closedir(dir);
}

static void list_generations(void)
{
	int state = open(AA_STATEDIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint32_t *numbers;
	char text[16];
	size_t n;

	if (state >= 0 && generations_list(state, &numbers, &n) == 0) {
		for (size_t i = 0; i < n; i++) {
			(void)snprintf(text, sizeof(text), "%u", numbers[i]);
			complete_offer(text, NULL);
		}
		free(numbers);
	}
	if (state >= 0)
		close(state);
}

static void list_algorithms(void)
{
	for (int alg = AA_ALG_INVALID + 1; alg < AA_ALG_COUNT; alg++)
		complete_offer(aa_alg_name((enum aa_alg)alg), NULL);
}

static void list_providers(void)
{
	const struct issuer_templates where = {ISSUER_TEMPLATES_DIR, 0};
	struct aa_list names = issuer_template_names(&where);

	for (size_t i = 0; i < names.n; i++)
		complete_offer(names.v[i], NULL);
	issuer_template_names_free(&names);
}

static void list(const char *kind)
{
	if (strcmp(kind, "agents") == 0)
		list_entries(false);
	else if (strcmp(kind, "roles") == 0)
		list_entries(true);
	else if (strcmp(kind, "issuers") == 0)
		list_issuers();
	else if (strcmp(kind, "sessions") == 0)
		(void)aa_session_each(AA_RUNDIR, 0, offer_session, NULL);
	else if (strcmp(kind, "requests") == 0)
		list_requests();
	else if (strcmp(kind, "algorithms") == 0)
		list_algorithms();
	else if (strcmp(kind, "providers") == 0)
		list_providers();
	else if (strcmp(kind, "services") == 0)
		list_services();
	else if (strcmp(kind, "generations") == 0)
		list_generations();
}

static const struct complete_value values[] = {
    {"role set", "NAME", "roles"},
    {"role remove", "NAME", "roles"},
    {"role add", "NAME", " "},
    {"register", "NAME", " "},
    {"issuer add", "NAME", " "},
    {NULL, "--local-user", ":users"},
    {NULL, "--no-local-user", ":users"},
    {NULL, "--mixed-sessions", " allow refuse"},
    {NULL, "--algorithm", "algorithms"},
    {NULL, "--no-algorithm", "algorithms"},
    {NULL, "--reuse", " once until_expiry"},
    {NULL, "--without-sub", " own refuse"},
    {NULL, "--provider", "providers"},
    {NULL, "--bind", "issuers"},
    {NULL, "--no-bind", "issuers"},
    {NULL, "--agent", "agents"},
    {"revoke", "--issuer", "issuers"},
    {NULL, "ROLE", "roles"},
    {NULL, "SERVICE", "services"},
    {NULL, "GROUP", ":groups"},
    {NULL, "FILE", ":files"},
    {NULL, "DIR", ":folders"},
    {"issuer refresh", "NAME", "issuers"},
    {"issuer set", "NAME", "issuers"},
    {"issuer remove", "NAME", "issuers"},
    {"session kill", "ID", "sessions"},
    {NULL, "NUMBER", "requests"},
    {"rollback", "N", "generations"},
    {"set", "NAME", "agents"},
    {"show", "NAME", "agents"},
    {"suspend", "NAME", "agents"},
    {"resume", "NAME", "agents"},
    {"retire", "NAME", "agents"},
    {"rotate", "NAME", "agents"},
    {0},
};

/* ---- the table, flat ------------------------------------------------------------ */

static size_t count(const struct ctl_command *const *commands)
{
	size_t n = 0;

	for (; *commands; commands++)
		n += 1 + ((*commands)->sub ? count((*commands)->sub) : 0);
	return n;
}

/* Puts the commands into ret, and those of families under "FAMILY NAME"; gives the place behind them. */
static struct complete_command *flatten(const struct ctl_command *const *commands, const char *family,
					struct complete_command *ret)
{
	for (; *commands; commands++) {
		const struct ctl_command *c = *commands;

		*ret++ = (struct complete_command){
		    .path = family ? xasprintf("%s %s", family, c->name) : xstrdup(c->name),
		    .words = c->sub ? NULL : c->words,
		    .summary = c->summary,
		    .options = c->options,
		};
		if (c->sub)
			ret = flatten(c->sub, c->name, ret);
	}
	return ret;
}

void ctl_complete(const struct ctl_command *const *commands, const struct ctl_option *global, int n,
		  char **words)
{
	size_t n_commands = count(commands) + 1;
	struct complete_command *table = xcalloc(n_commands, sizeof(*table)), *end;
	struct complete_program program = {
	    .commands = table,
	    .n_commands = n_commands,
	    .global = global,
	    .option = option_at,
	    .values = values,
	    .list = list,
	};

	end = flatten(commands, NULL, table);
	*end = (struct complete_command){.path = xstrdup("help"), .summary = "show the help of a command"};
	complete(&program, n, words);
	for (size_t i = 0; i < n_commands; i++)
		free((char *)(uintptr_t)table[i].path);
	free(table);
}
