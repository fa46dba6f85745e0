/* SPDX-License-Identifier: Apache-2.0 */
/* completion.c: the lists of names that agentauthctl --complete offers. */
#include "config.h"

#include "tools/agentauthctl/commands/completion.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/jose/jose.h"
#include "common/registry/accounts.h"
#include "common/state/approval.h"
#include "common/state/session_find.h"
#include "common/verify/reason.h"
#include "tools/agentauthctl/commands/retired.h"
#include "tools/agentauthctl/model/issuer_template.h"
#include "tools/agentauthctl/publish/generations.h"
#include "tools/agentauthctl/publish/published.h"
#include "tools/cli/alloc.h"
#include "tools/cli/complete.h"

#define OWNERS_OFFERED 200

/* Agents (not those that are retired) or roles. */
static void list_published(bool roles)
{
	size_t prefix = strlen(AA_ROLE_GROUP_PREFIX);
	struct aa_accounts accounts;
	struct aa_registry_record record;
	uint32_t at = 0;

	if (aa_accounts_open(AA_STATEDIR, 0, &accounts) < 0)
		return;
	while (aa_accounts_next(&accounts, &at, &record) == 0)
		if (!roles && !record.is_group && !(record.account.flags & AA_ACCOUNT_RETIRED))
			complete_offer(record.account.name, record.account.gecos);
		else if (roles && !!record.is_group &&
			 strncmp(record.group.name, AA_ROLE_GROUP_PREFIX, prefix) == 0)
			complete_offer(record.group.name + prefix, NULL);
	aa_accounts_close(&accounts);
}

static void list_retired(void)
{
	struct ids ids;

	if (retired_ids(AA_STATEDIR, 0, &ids) == 0) {
		size_t n;
		struct given_id *v = retired_list(&ids, time(NULL), &n);

		for (size_t i = 0; i < n; i++)
			complete_offer(v[i].name, NULL);
		free(v);
	}
	ids_free(&ids);
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

struct owners {
	char **v;
	size_t n, cap;
};

/* Each owner is offered once, up to as many as anybody reads. */
static bool offer_owner(void *data, const char *name, const char *record, size_t len)
{
	struct aa_agent *agent = published_agent_of(record, len);
	struct owners *seen = data;
	size_t i = 0;

	(void)name;
	while (agent && agent->owner && i < seen->n && strcmp(seen->v[i], agent->owner) != 0)
		i++;
	if (agent && agent->owner && i == seen->n) {
		grow(&seen->v, &seen->cap, seen->n + 1, sizeof(*seen->v));
		seen->v[seen->n++] = xstrdup(agent->owner);
		complete_offer(agent->owner, NULL);
	}
	aa_agent_free(agent);
	return seen->n < OWNERS_OFFERED;
}

static void list_owners(void)
{
	struct published *published = published_open(AA_STATEDIR, 0);
	struct owners seen = {0};

	if (published)
		(void)published_walk(published, "agent:", offer_owner, &seen);
	published_close(published);
	for (size_t i = 0; i < seen.n; i++)
		free(seen.v[i]);
	free(seen.v);
}

static bool offer_session(void *data, struct aa_session *session)
{
	(void)data;
	complete_offer(session->id, session->agent);
	aa_session_free(session);
	return true;
}

/* Offers requests by their files' names alone: a command that reads a request takes away those whose sudo has gone, and
 * logs that. */
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

/* Tells whether the name is one that cp --backup, editors and dpkg leave beside a file. */
static bool is_backup(const char *name)
{
	return strchr(name, '~') || strstr(name, ".dpkg-");
}

/* Offers the names of PAM's stacks: any of them can be a service of a role. */
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

static void list_reasons(void)
{
	for (int reason = 0; reason < AA_REASON_COUNT; reason++)
		complete_offer(aa_reason_name((enum aa_reason)reason), NULL);
}

static void list_providers(void)
{
	const struct issuer_templates where = {ISSUER_TEMPLATES_DIR, 0};
	struct aa_list names = issuer_template_names(&where);

	for (size_t i = 0; i < names.n; i++)
		complete_offer(names.v[i], NULL);
	issuer_template_names_free(&names);
}

void completion_list(const char *kind)
{
	if (strcmp(kind, "agents") == 0)
		list_published(false);
	else if (strcmp(kind, "retired") == 0)
		list_retired();
	else if (strcmp(kind, "roles") == 0)
		list_published(true);
	else if (strcmp(kind, "issuers") == 0)
		list_issuers();
	else if (strcmp(kind, "owners") == 0)
		list_owners();
	else if (strcmp(kind, "sessions") == 0)
		(void)aa_session_each(AA_RUNDIR, 0, offer_session, NULL);
	else if (strcmp(kind, "requests") == 0)
		list_requests();
	else if (strcmp(kind, "algorithms") == 0)
		list_algorithms();
	else if (strcmp(kind, "providers") == 0)
		list_providers();
	else if (strcmp(kind, "reasons") == 0)
		list_reasons();
	else if (strcmp(kind, "services") == 0)
		list_services();
	else if (strcmp(kind, "generations") == 0)
		list_generations();
}

const struct complete_value completion_values[] = {
    {"--local-user", ":users"},
    {"--no-local-user", ":users"},
    {"--algorithm", "algorithms"},
    {"--no-algorithm", "algorithms"},
    {"--provider", "providers"},
    {"--owner", "owners"},
    {"--bind", "issuers"},
    {"--no-bind", "issuers"},
    {"--agent", "agents"},
    {"--last", "agents"},
    {"--runas", ":users"},
    {"ROLE", "roles"},
    {"SERVICE", "services"},
    {"GENERATION", "generations"},
    {"GROUP", ":groups"},
    {"FILE", ":files"},
    {"DIR", ":folders"},
    {"ISSUER", "issuers"},
    {"ID", "sessions"},
    {"REASON", "reasons"},
    {"EVENT", " auth account session-open session-close sudo-asked sudo sudo-exit exec approval admin"},
    {"NUMBER", "requests"},
    {0},
};
