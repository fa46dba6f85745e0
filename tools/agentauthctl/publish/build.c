/* SPDX-License-Identifier: Apache-2.0 */
/* build.c: checking all of the text and making a generation's records of it, see build.h. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "tools/agentauthctl/publish/build.h"
#include "tools/agentauthctl/publish/newcomers.h"
#include "tools/agentauthctl/model/overlap.h"
#include "tools/agentauthctl/publish/record.h"
#include "common/jose/sha256.h"
#include "common/registry/accounts.h"
#include "tools/agentauthctl/publish/rule_risk.h"
#include "tools/agentauthctl/publish/snapshot.h"
#include "tools/agentauthctl/publish/sudoers.h"

#define OVERLAPS_TOLD 8	   /* pairs of agents that one credential is of: a list of thousands is not read */
#define RECORDS_FORMAT "2" /* another number here, and what was published before counts as changed */

struct work {
	struct registry *r;
	const struct publish_options *options;
	struct build *out;
	struct snapshot *snapshot; /* NULL: none is written */
	int error;		   /* of writing it */
	struct published *published;
	struct aa_accounts served; /* of what is published */
	bool has_served;
	EVP_MD_CTX *digest;
	/* Places in r->ids.v, by name. No pointers: claiming what is new makes that array grow, and so move. */
	uint32_t *retired;
	size_t n_retired, next_retired;
	struct newcomers newcomers;
	struct bound *bindings;
	size_t n_bindings, bindings_cap;
	struct held_key *keys;
	size_t n_keys, keys_cap;
	struct arena arena; /* of the bindings' rules */
	struct buffer record;
};

/* ---- what everything goes through ---------------------------------------- */

static void add_digest(struct work *w, const void *bytes, size_t len)
{
	uint32_t head = (uint32_t)len; /* so that no two inputs run together */

	EVP_DigestUpdate(w->digest, &head, sizeof(head));
	EVP_DigestUpdate(w->digest, bytes, len);
}

static void add_digest_text(struct work *w, const char *text)
{
	add_digest(w, text, strlen(text));
}

/* Once something is wrong nothing more is written, and everything is still checked. */
static bool writing(const struct work *w)
{
	return w->snapshot && w->error == 0 && w->r->problems->errors == 0;
}

static void put_policy(struct work *w, const char *key, const char *text, size_t len)
{
	if (writing(w))
		w->error = snapshot_policy(w->snapshot, key, text, len);
}

/* What stands in w->record, under PREFIX NAME. */
static void put_record(struct work *w, const char *kind, const char *prefix, const char *name)
{
	char *key = xasprintf("%s%s", prefix, name);

	if (kind)
		changes_compare(&w->out->changes, w->published, kind, key, *name ? name : "settings",
				w->record.data, w->record.len);
	put_policy(w, key, w->record.data, w->record.len);
	free(key);
}

/* ---- agentauth.conf ------------------------------------------------------ */

static void put_main(struct work *w, uint32_t number)
{
	const struct model *m = &w->r->model;

	record_host(m, number, &w->record);
	put_record(w, "host", "host", "");
	record_accounts(m, &w->record);
	put_record(w, "accounts", "accounts", "");
	for (size_t i = 0; i < m->issuers.n; i++) {
		record_issuer(m, &m->issuers.v[i], &w->record);
		put_record(w, "issuer", "issuer:", m->issuers.v[i].name);
	}
	for (size_t i = 0; i < m->issuers.n; i++) {
		record_issuer_name(&m->issuers.v[i], &w->record);
		put_record(w, NULL, "iss:", m->issuers.v[i].issuer);
	}
	for (size_t i = 0; i < m->roles.n; i++) {
		record_role(&m->roles.v[i], &w->record);
		put_record(w, "role", "role:", m->roles.v[i].name);
	}
}

static void note_new_groups(struct work *w)
{
	const struct model *m = &w->r->model;
	char group[AA_GROUP_NAME_MAX + 1], path[64];

	if (!ids_by_name(&w->r->ids, ID_GROUP, m->accounts.group))
		newcomers_add_group(&w->newcomers, m->accounts.group, (uint32_t)m->accounts.gid,
				    "accounts.group");
	for (size_t i = 0; i < m->roles.n; i++) {
		const struct model_role *role = &m->roles.v[i];

		snprintf(group, sizeof(group), AA_ROLE_GROUP_PREFIX "%s", role->name);
		snprintf(path, sizeof(path), "roles.%s.gid", role->name);
		if (role->gid && !ids_by_name(&w->r->ids, ID_ROLE, role->name))
			newcomers_add_group(&w->newcomers, group, (uint32_t)role->gid, path);
	}
}

static void claim_main(struct work *w)
{
	const struct model *m = &w->r->model;
	char why[256], path[64];

	note_new_groups(w);
	if (!ids_claim(&w->r->ids, ID_GROUP, m->accounts.group, (uint32_t)m->accounts.gid, why, sizeof(why)))
		conf_error(&m->file, w->r->problems, "accounts.gid", "%s", why);
	for (size_t i = 0; i < m->roles.n; i++) {
		const struct model_role *role = &m->roles.v[i];

		snprintf(path, sizeof(path), "roles.%s.gid", role->name);
		if (role->gid &&
		    !ids_claim(&w->r->ids, ID_ROLE, role->name, (uint32_t)role->gid, why, sizeof(why)))
			conf_error(&m->file, w->r->problems, path, "%s", why);
	}
}

static bool is_published_audience(const struct host_facts *facts, const char *audience)
{
	for (size_t i = 0; i < facts->n_audience; i++)
		if (strcmp(facts->audience[i], audience) == 0)
			return true;
	return false;
}

/* A text that does not say how agents name this host leaves it to what is published, and the first time to the
 * resolver, which must know then. A text that is checked elsewhere than on its host says nothing about either. */
static void check_audience(const struct work *w)
{
	const struct model *m = &w->r->model;
	char *audience = model_default_audience(m);

	if (m->host.audience.n || w->r->state_fd < 0)
		goto out;
	if (m->facts->n_audience && !is_published_audience(m->facts, audience))
		conf_warning(&m->file, w->r->problems, "host",
			     "audience is not set, so that agents go on naming this host %s, as it is "
			     "published. If that "
			     "is over, write audience = [ \"%s\" ]; into host = { … }",
			     quoted(m->facts->audience[0]), audience);
	else if (!m->facts->n_audience && !m->facts->fqdn_is_known)
		conf_error(&m->file, w->r->problems, "host",
			   "audience is not set, and the resolver knows no full name for this host. Write "
			   "audience = [ "
			   "\"%s.example.com\" ]; into host = { … }, with the name that agents are to call "
			   "this host by",
			   audience);
out:
	free(audience);
}

/* The host's name is read from the host, not from the text. */
static void digest_main(struct work *w)
{
	const struct model *m = &w->r->model;

	add_digest_text(w, "agentauth generation " RECORDS_FORMAT);
	add_digest_text(w, m->facts->fqdn);
	add_digest(w, m->file.text.bytes, m->file.text.len);
}

/* Of a role that the ids know, they tell whether it goes. */
static bool exists(const void *data, const char *kind, const char *name)
{
	const struct registry *r = data;

	if (strcmp(kind, "role") == 0)
		return model_role(&r->model, name) || ids_by_name(&r->ids, ID_ROLE, name);
	return model_issuer(&r->model, name) != NULL;
}

/* ---- retired agents ------------------------------------------------------ */

static int compare_entries(const void *a, const void *b, void *data)
{
	const struct ids *ids = data;
	const uint32_t *x = a, *y = b;

	return strcmp(ids->v[*x].name, ids->v[*y].name);
}

/* Those that are, and those that are going to be since their files are gone. */
static void find_retired(struct work *w)
{
	struct ids *ids = &w->r->ids;

	w->retired = xmalloc((ids->n + 1) * sizeof(*w->retired));
	for (size_t i = 0; i < ids->n; i++) {
		const struct id_entry *e = &ids->v[i];

		if (e->kind == ID_AGENT && (e->retired || !agent_names_have(&w->r->names, e->name)))
			w->retired[w->n_retired++] = (uint32_t)i;
	}
	qsort_r(w->retired, w->n_retired, sizeof(*w->retired), compare_entries, ids);
}

/* A retired agent's SSH keys go on being known, so that asking sshd about one does not tell that it is retired; account
 * refuses it. They are as they were served last. The caller frees; NULL: there are none. */
static char *keys_served(const struct work *w, const char *name)
{
	char *keys = NULL;

	if (w->has_served && aa_account_ssh_keys(&w->served, name, &keys) < 0)
		keys = NULL;
	return keys;
}

static void put_retired(struct work *w, const struct id_entry *e)
{
	const struct model_accounts *a = &w->r->model.accounts;
	struct snapshot_account account = {e->name, e->id, AA_ACCOUNT_RETIRED, "retired agent", NULL, 0};
	char *keys;

	add_digest_text(w, e->name);
	add_digest(w, &e->id, sizeof(e->id));
	if (e->id < a->uid_min || e->id > a->uid_max) {
		problem_warning(w->r->problems, NULL,
				"the retired agent %s is not served: its uid %u lies outside of "
				"accounts.uid_min to uid_max",
				e->name, e->id);
		return;
	}
	w->out->retired++;
	if (!writing(w))
		return;
	keys = keys_served(w, e->name);
	account.ssh = keys;
	account.ssh_len = keys ? strlen(keys) : 0;
	w->error = snapshot_account(w->snapshot, &account);
	free(keys);
}

/* Those whose names come before `name`; NULL: all that are left. */
static void put_retired_before(struct work *w, const char *name)
{
	while (w->next_retired < w->n_retired) {
		const struct id_entry *e = &w->r->ids.v[w->retired[w->next_retired]];

		if (name && strcmp(e->name, name) >= 0)
			return;
		put_retired(w, e);
		w->next_retired++;
	}
}

/* ---- agents -------------------------------------------------------------- */

static void claim_agent(struct work *w, const struct loaded_agent *a)
{
	struct problem_place place = {.line = a->uid_line, .column = a->uid_column, .setting = "uid"};
	char why[256], *file;

	if (!ids_by_name(&w->r->ids, ID_AGENT, a->name))
		newcomers_add_agent(&w->newcomers, a->name, a->uid);
	if (ids_claim(&w->r->ids, ID_AGENT, a->name, a->uid, why, sizeof(why)))
		return;
	file = xasprintf("%s/%s" AGENT_SUFFIX, w->r->agents_dir, a->name);
	place.file = file;
	problem_error(w->r->problems, &place, "%s", why);
	free(file);
}

/* Of the lines of the "s" record, TYPE SP BASE64 SP NOT_AFTER LF, what is before the last space is the key. A key that
 * has ended is nobody's any more. */
static void keep_keys(struct work *w, const struct loaded_agent *a)
{
	const char *end;

	for (const char *line = a->ssh; line && (end = strchr(line, '\n')); line = end + 1) {
		const char *space = memrchr(line, ' ', (size_t)(end - line));
		int64_t until = space ? strtoll(space + 1, NULL, 10) : 0;

		if (until && until <= w->options->now)
			continue;
		grow(&w->keys, &w->keys_cap, w->n_keys + 1, sizeof(*w->keys));
		w->keys[w->n_keys++] =
		    (struct held_key){overlap_hash(line, space ? (size_t)(space - line) : 0), a->name};
	}
}

static void keep_bindings(struct work *w, const struct loaded_agent *a)
{
	for (size_t i = 0; i < a->n_bindings; i++) {
		struct bound *bound;

		grow(&w->bindings, &w->bindings_cap, w->n_bindings + 1, sizeof(*w->bindings));
		bound = &w->bindings[w->n_bindings++];
		*bound = a->bindings[i];
		if (bound->rules)
			bound->rules = bound_rules_copy(bound->rules, &w->arena);
	}
}

static void put_agent(struct work *w, const struct loaded_agent *a)
{
	struct snapshot_account account = {a->name, a->uid, 0, a->gecos, a->ssh, a->ssh_len};
	char key[64];

	add_digest_text(w, a->name);
	add_digest(w, a->digest, sizeof(a->digest));
	snprintf(key, sizeof(key), "agent:%s", a->name);
	changes_compare_agent(&w->out->changes, w->published, a->name, a->policy, a->policy_len);
	put_policy(w, key, a->policy, a->policy_len);
	if (writing(w))
		w->error = snapshot_account(w->snapshot, &account);
	keep_bindings(w, a);
	keep_keys(w, a);
}

static void show_progress(const struct work *w, size_t done, size_t all)
{
	if (!w->options->progress || all < 20000 || done % 2000)
		return;
	fprintf(stderr, "\ragentauthctl: %zu of %zu agents%s", done, all, done == all ? "\n" : "");
}

static void put_agents(struct work *w)
{
	const struct text_change *change = &w->options->change;
	const struct load_source source = {&w->r->model,
					   w->r->agents_fd,
					   w->r->agents_dir,
					   w->r->places->owner,
					   {change->agent_text ? change->agent : NULL, change->agent_text}};
	struct loader *loader = loader_start(&source, &w->r->names);
	struct loaded_agent *a;
	size_t done = 0;

	while ((a = loader_next(loader)) && w->error == 0) {
		put_retired_before(w, a->name);
		problems_move(w->r->problems, &a->problems);
		if (a->ok) {
			claim_agent(w, a);
			put_agent(w, a);
		}
		show_progress(w, ++done, w->r->names.n);
	}
	if (w->options->progress && done >= 20000)
		fputs("\r\033[K", stderr);
	put_retired_before(w, NULL);
	w->out->agents = done;
	loader_end(loader);
}

static void report_token_of_two(void *data, const char *agent, const char *other, const char *why)
{
	struct problem_place place = {.setting = "bindings"};
	struct work *w = data;
	char *file = xasprintf("%s/%s" AGENT_SUFFIX, w->r->agents_dir, agent);

	place.file = file;
	problem_error(w->r->problems, &place,
		      "one token could be of %s and of %s: %s. Bind another client, or have require demand "
		      "what only the "
		      "one has, or subject where the issuer's delegation is \"never\", so that the log can "
		      "tell which of "
		      "them acted",
		      other, agent, why);
	free(file);
}

static void report_key_of_two(void *data, const char *agent, const char *other, const char *why)
{
	struct work *w = data;

	(void)why;
	problem_warning(
	    w->r->problems, NULL,
	    "%s and %s have the same public key: whoever has its private half is both of them, and the log "
	    "cannot tell who acted. Give each a key of its own: agentauthctl rotate",
	    other, agent);
}

/* What is of two agents leaves it to whoever has it which of them did something. A key is only warned of: the way out
 * of a shared one is a rotation of one agent after the other. */
static void check_overlaps(struct work *w)
{
	size_t shared;

	overlaps_of_bindings(w->bindings, w->n_bindings, OVERLAPS_TOLD, report_token_of_two, w);
	shared = overlaps_of_keys(w->keys, w->n_keys, OVERLAPS_TOLD, report_key_of_two, w);
	if (shared > OVERLAPS_TOLD)
		problem_warning(w->r->problems, NULL, "%zu more agents share a public key with another",
				shared - OVERLAPS_TOLD);
}

static void list_leaving(struct work *w)
{
	const struct ids *ids = &w->r->ids;

	for (size_t i = 0; i < ids->n; i++)
		if (id_entry_goes(&ids->v[i]))
			changes_add(&w->out->changes, CHANGE_REMOVED, id_kind_name(ids->v[i].kind),
				    ids->v[i].name);
	changes_removed(&w->out->changes, w->published, exists, w->r);
}

/* ---- all of it ----------------------------------------------------------- */

static void finish_digest(struct work *w)
{
	unsigned char md[EVP_MAX_MD_SIZE];

	EVP_DigestFinal_ex(w->digest, md, NULL);
	aa_hex(w->out->digest, md, DIGEST_SIZE);
}

static void report_write_error(const struct work *w)
{
	struct problem_place place = {.file = w->r->places->statedir};

	if (w->error == -EFBIG)
		problem_error(w->r->problems, &place,
			      "the registry is too large for its files, which hold 4 GiB each");
	else
		problem_error(
		    w->r->problems, &place,
		    "the new generation cannot be written: %s. When that is mended, run the command "
		    "again",
		    strerror(-w->error));
}

static void build_all(struct work *w, uint32_t number)
{
	digest_main(w);
	check_audience(w);
	claim_main(w);
	/* Values that are wrong have been reported; records are made only of what is whole. */
	if (w->r->problems->errors == 0)
		put_main(w, number);
	if (w->r->problems->errors == 0)
		rule_risks_check(&w->r->model, w->published, w->options->accept_risk, w->r->places->owner,
				 w->r->problems);
	find_retired(w);
	put_agents(w);
	newcomers_check(&w->newcomers, w->r, w->options->adopt);
	check_overlaps(w);
	list_leaving(w);
	if (w->r->problems->errors == 0)
		sudoers_make(&w->r->model, w->r->problems, &w->out->sudoers);
}

int build_generation(struct registry *r, const struct publish_options *options, int gen_fd, uint32_t number,
		     struct build *ret)
{
	struct work w = {.r = r, .options = options, .out = ret, .digest = EVP_MD_CTX_new()};
	size_t errors_before = r->problems->errors;

	if (!w.digest || EVP_DigestInit_ex(w.digest, EVP_sha256(), NULL) != 1)
		w.error = -ENOMEM;
	if (w.error == 0 && gen_fd >= 0)
		w.error = snapshot_begin(gen_fd, &r->model, &w.snapshot);
	w.published = published_open(r->places->statedir, r->places->owner);
	w.has_served = aa_accounts_open(r->places->statedir, r->places->owner, &w.served) == 0;
	if (w.error == 0)
		build_all(&w, number);
	if (w.error == 0)
		finish_digest(&w);
	if (writing(&w))
		w.error = snapshot_finish(w.snapshot);
	else
		snapshot_free(w.snapshot);
	if (w.error < 0)
		report_write_error(&w);
	published_close(w.published);
	if (w.has_served)
		aa_accounts_close(&w.served);
	EVP_MD_CTX_free(w.digest);
	free(w.retired);
	free(w.bindings);
	newcomers_free(&w.newcomers);
	free(w.keys);
	arena_free(&w.arena);
	buffer_free(&w.record);
	return r->problems->errors > errors_before || w.error < 0 ? -1 : 0;
}

static bool stands_in_text(const void *data, const char *kind, const char *name)
{
	const struct model *m = data;

	return strcmp(kind, "role") == 0 ? model_role(m, name) != NULL : model_issuer(m, name) != NULL;
}

void build_main_changes(struct registry *r, struct changes *ret)
{
	struct build build = {0};
	struct work w = {.r = r, .out = &build};

	w.published = published_open(r->places->statedir, r->places->owner);
	put_main(&w, 0);
	changes_removed(&build.changes, w.published, stands_in_text, &r->model);
	published_close(w.published);
	buffer_free(&w.record);
	*ret = build.changes;
}

void build_agent_changes(struct registry *r, const char *name, struct changes *ret)
{
	const struct load_source source = {
	    &r->model, r->agents_fd, r->agents_dir, r->places->owner, {NULL, NULL}};
	char *key = xasprintf("agent:%s", name);
	struct published *published = published_open(r->places->statedir, r->places->owner);
	struct buffer record = {0};

	if (load_record(&source, name, &record))
		changes_compare(ret, published, "agent", key, name, record.data, record.len);
	else
		changes_add(ret, CHANGE_CHANGED, "agent", name);
	published_close(published);
	buffer_free(&record);
	free(key);
}

void build_free(struct build *build)
{
	free(build->sudoers);
	changes_free(&build->changes);
}
