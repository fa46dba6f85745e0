/* SPDX-License-Identifier: Apache-2.0 */
/* build_main.c puts agentauth.conf into a generation, see build_main.h. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/agentauthctl/publish/build_main.h"
#include "tools/agentauthctl/publish/record.h"
#include "tools/agentauthctl/publish/sudoers.h"

#define RECORDS_FORMAT "3" /* another number here, and what was published before counts as changed */

void build_main_put(struct build_work *w, uint32_t number)
{
	const struct model *m = &w->ws->model;

	record_host(m, number, &w->record);
	build_put_record(w, "host", "host", "");
	record_accounts(m, &w->record);
	build_put_record(w, "accounts", "accounts", "");
	for (size_t i = 0; i < m->issuers.n; i++) {
		record_issuer(&m->issuers.v[i], &w->record);
		build_put_record(w, "issuer", "issuer:", m->issuers.v[i].name);
	}
	for (size_t i = 0; i < m->issuers.n; i++) {
		record_issuer_name(&m->issuers.v[i], &w->record);
		build_put_record(w, NULL, "iss:", m->issuers.v[i].issuer);
	}
	for (size_t i = 0; i < m->roles.n; i++) {
		record_role(&m->roles.v[i], &w->record);
		build_put_record(w, "role", "role:", m->roles.v[i].name);
	}
}

static void note_new_groups(struct build_work *w)
{
	const struct model *m = &w->ws->model;
	char group[AA_GROUP_NAME_MAX + 1], path[64];

	if (!ids_by_name(&w->ws->ids, ID_GROUP, m->host.accounts.group))
		newcomers_add_group(&w->newcomers, m->host.accounts.group, (uint32_t)m->host.accounts.gid,
				    "accounts.group");
	for (size_t i = 0; i < m->roles.n; i++) {
		const struct aa_role *role = &m->roles.v[i];

		snprintf(group, sizeof(group), AA_ROLE_GROUP_PREFIX "%s", role->name);
		snprintf(path, sizeof(path), "roles.%s.gid", role->name);
		if (role->gid && !ids_by_name(&w->ws->ids, ID_ROLE, role->name))
			newcomers_add_group(&w->newcomers, group, (uint32_t)role->gid, path);
	}
}

void build_main_claim(struct build_work *w)
{
	const struct model *m = &w->ws->model;
	char why[256], path[64];

	note_new_groups(w);
	if (!ids_claim(&w->ws->ids, ID_GROUP, m->host.accounts.group, (uint32_t)m->host.accounts.gid, why,
		       sizeof(why)))
		conf_error(&m->file, w->ws->problems, "accounts.gid", "%s", why);
	for (size_t i = 0; i < m->roles.n; i++) {
		const struct aa_role *role = &m->roles.v[i];

		snprintf(path, sizeof(path), "roles.%s.gid", role->name);
		if (role->gid &&
		    !ids_claim(&w->ws->ids, ID_ROLE, role->name, (uint32_t)role->gid, why, sizeof(why)))
			conf_error(&m->file, w->ws->problems, path, "%s", why);
	}
}

static bool is_published_audience(const struct host_facts *facts, const char *audience)
{
	for (size_t i = 0; i < facts->n_audience; i++)
		if (strcmp(facts->audience[i], audience) == 0)
			return true;
	return false;
}

void build_main_check_audience(const struct build_work *w)
{
	const struct model *m = &w->ws->model;
	char *audience = model_default_audience(m);

	if (m->host.audience.n || w->ws->state_fd < 0)
		goto out;
	if (m->facts->n_audience && !is_published_audience(m->facts, audience))
		conf_warning(&m->file, w->ws->problems, "host",
			     "audience is not set, so that agents go on naming this host %s, as it is "
			     "published. If that "
			     "is over, write audience = [ \"%s\" ]; into host = { … }",
			     quoted(m->facts->audience[0]), audience);
	else if (!m->facts->n_audience && !m->facts->fqdn_is_known)
		conf_error(&m->file, w->ws->problems, "host",
			   "audience is not set, and the resolver knows no full name for this host. Write "
			   "audience = [ "
			   "\"%s.example.com\" ]; into host = { … }, with the name that agents are to call "
			   "this host by",
			   audience);
out:
	free(audience);
}

void build_main_digest(struct build_work *w)
{
	const struct model *m = &w->ws->model;

	build_digest_text(w, "agentauth generation " RECORDS_FORMAT);
	build_digest_text(w, m->facts->fqdn);
	build_digest(w, m->file.text.bytes, m->file.text.len);
	/* A sudo that was replaced may read the same text otherwise, so that its sudoers is another. */
	if (sudoers_are_for_rs(m))
		build_digest_text(w, host_facts_sudo(m->facts)->version);
}
