/* SPDX-License-Identifier: Apache-2.0 */
/* audit_report_facts.c: see audit_report.h. */
#include "config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "common/state/audit_chain.h"
#include "common/state/last_use.h"
#include "common/state/session_find.h"
#include "common/text/sort.h"
#include "common/verify/verdict.h"
#include "tools/agentauthctl/audit/log_files.h"
#include "tools/agentauthctl/audit/seals.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/commands/audit/audit_report.h"

#define SEALS_MAX (64 * 1024 * 1024)

struct asking {
	struct ctl *ctl;
	struct report_facts *facts;
};

static char *copy(const char *text)
{
	return xstrdup(text ? text : "");
}

/* ---- the registry --------------------------------------------------------------- */

static bool add_role(void *data, const char *name, const char *record, size_t len)
{
	struct report_facts *f = ((struct asking *)data)->facts;
	struct aa_role *role = published_role_of(record, len);

	if (!role)
		return true;
	grow(&f->roles, &f->cap_roles, f->n_roles + 1, sizeof(*f->roles));
	f->roles[f->n_roles++] =
	    (struct report_role){.name = xstrdup(name), .sudo = role->sudo.n || role->approval.n};
	aa_role_free(role);
	return true;
}

/* Counts the agent as one that has the role, and tells whether the role has sudo. */
static bool hold_role(struct report_facts *f, const char *name)
{
	for (size_t i = 0; i < f->n_roles; i++)
		if (strcmp(f->roles[i].name, name) == 0) {
			f->roles[i].held++;
			return f->roles[i].sudo;
		}
	return false;
}

static void add_keys(struct asking *a, const struct aa_agent *agent, int64_t since)
{
	struct report_facts *f = a->facts;

	for (size_t i = 0; i < agent->keys.n; i++) {
		const struct aa_agent_key *key = &agent->keys.v[i];

		if (!view_key_is_good(a->ctl, key))
			continue;
		grow(&f->keys, &f->cap_keys, f->n_keys + 1, sizeof(*f->keys));
		f->keys[f->n_keys++] = (struct report_key){
		    .agent = xstrdup(agent->name),
		    .kid = copy(key->kid),
		    .since = key->registered ? key->registered : since,
		    .last_use = aa_last_use_of_key(a->ctl->paths.statedir, agent->name, key->kid)};
	}
}

static bool add_agent(void *data, const char *name, const char *record, size_t len)
{
	struct asking *a = data;
	struct report_facts *f = a->facts;
	struct aa_agent *agent = published_agent_of(record, len);
	struct report_known known;

	(void)name;
	if (!agent)
		return true;
	known = (struct report_known){.name = xstrdup(agent->name),
				      .roles = view_list(&agent->roles),
				      .active = strcmp(view_state(a->ctl, agent), "active") == 0,
				      .since = view_since(a->ctl, agent->name),
				      .last_login = view_last_use(a->ctl, AA_USE_LOGIN, agent->name),
				      .last_sudo = view_last_use(a->ctl, AA_USE_SUDO, agent->name)};
	for (size_t i = 0; i < agent->roles.n; i++)
		known.may_sudo = hold_role(f, agent->roles.v[i]) || known.may_sudo;
	grow(&f->known, &f->cap_known, f->n_known + 1, sizeof(*f->known));
	f->known[f->n_known++] = known;
	add_keys(a, agent, known.since);
	aa_agent_free(agent);
	return true;
}

static void ask_registry(struct asking *a)
{
	const struct paths *paths = &a->ctl->paths;
	struct published *published = published_open(paths->statedir, paths->owner);

	if (!published)
		return;
	view_many(a->ctl);
	a->facts->registry = published_walk(published, "role:", add_role, a) &&
			     published_walk(published, "agent:", add_agent, a);
	published_close(published);
}

/* ---- sessions --------------------------------------------------------------------- */

static bool add_live(void *data, struct aa_session *s)
{
	struct report_facts *f = ((struct asking *)data)->facts;

	if (aa_session_is_live(s)) {
		grow(&f->live, &f->cap_live, f->n_live + 1, sizeof(*f->live));
		f->live[f->n_live++] = (struct report_live){.id = copy(s->id),
							    .agent = copy(s->agent),
							    .from = copy(s->rhost),
							    .user = copy(s->on_behalf_of),
							    .roles = view_list(&s->roles),
							    .opened = s->opened,
							    .deadline = s->deadline};
	}
	aa_session_free(s);
	return true;
}

static int by_opening(const void *one, const void *other)
{
	const struct report_live *a = one, *b = other;

	return (a->opened > b->opened) - (a->opened < b->opened);
}

/* ---- the chain ---------------------------------------------------------------------- */

static void ask_head(struct asking *a)
{
	const struct ctl *ctl = a->ctl;
	struct aa_audit_link head;
	int dirfd;

	if (aa_trusted_open_folder(AT_FDCWD, ctl->logdir, O_NOFOLLOW, ctl->paths.owner, &dirfd) < 0)
		return;
	if (aa_audit_read_head(dirfd, log_decisions.head, ctl->paths.owner, &head) == 0) {
		a->facts->head_seq = head.seq;
		memcpy(a->facts->head_hash, head.hash, sizeof(head.hash));
	}
	close(dirfd);
}

static char *read_own(const struct ctl *ctl, const char *folder, const char *name)
{
	char *file = xasprintf("%s/%s", folder, name), *text = NULL;
	size_t len;

	if (aa_trusted_read(AT_FDCWD, file, ctl->paths.owner, SEALS_MAX, &text, &len) < 0)
		text = NULL;
	free(file);
	return text;
}

/* Takes the last seal that is signed by a key of this host's; `audit verify` looks at all of them. */
static void ask_seal(struct asking *a)
{
	char *pub = read_own(a->ctl, a->ctl->paths.statedir, SEAL_PUB),
	     *text = read_own(a->ctl, a->ctl->logdir, SEALS_NAME);
	struct problems unread = {0};
	struct seal_keys keys = {0};
	struct seals seals = {0};

	if (pub && text && seal_keys_add(&keys, pub) == AA_JOSE_OK)
		seals_read(text, SEALS_NAME, &keys, &unread, &seals);
	seals_sort(&seals);
	if (seals.n) {
		const struct seal *last = &seals.v[seals.n - 1];

		a->facts->sealed = true;
		a->facts->sealed_seq = last->at.seq;
		memcpy(a->facts->sealed_hash, last->at.hash, sizeof(a->facts->sealed_hash));
		memcpy(a->facts->sealed_time, last->time, sizeof(a->facts->sealed_time));
	}
	seals_free(&seals);
	seal_keys_free(&keys);
	problems_free(&unread);
	free(text);
	free(pub);
}

/* ---- all ------------------------------------------------------------------------------ */

void report_facts_ask(struct ctl *ctl, struct report_facts *f)
{
	struct asking a = {.ctl = ctl, .facts = f};

	*f = (struct report_facts){.registry = false};
	ctl_learn_host(ctl);
	f->host = ctl->host ? ctl->host : "this host";
	ask_registry(&a);
	(void)aa_session_each(ctl->rundir, ctl->paths.owner, add_live, &a);
	aa_sort(f->live, f->n_live, sizeof(*f->live), by_opening);
	ask_head(&a);
	ask_seal(&a);
}

void report_facts_free(struct report_facts *f)
{
	for (size_t i = 0; i < f->n_known; i++) {
		free(f->known[i].name);
		free(f->known[i].roles);
	}
	for (size_t i = 0; i < f->n_keys; i++) {
		free(f->keys[i].agent);
		free(f->keys[i].kid);
	}
	for (size_t i = 0; i < f->n_roles; i++)
		free(f->roles[i].name);
	for (size_t i = 0; i < f->n_live; i++) {
		free(f->live[i].id);
		free(f->live[i].agent);
		free(f->live[i].from);
		free(f->live[i].user);
		free(f->live[i].roles);
	}
	free(f->known);
	free(f->keys);
	free(f->roles);
	free(f->live);
}
