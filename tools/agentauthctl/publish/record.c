/* SPDX-License-Identifier: Apache-2.0 */
/* record.c writes structs as records of policy.cdb, see record.h. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/registry/accounts.h"
#include "common/text/list.h"
#include "common/verify/policy.h"
#include "common/verify/record_read.h"
#include "tools/agentauthctl/publish/record.h"
#include "tools/agentauthctl/publish/sudoers.h"
#include "tools/cli/json_text.h"

/* ---- any record, by the table of its members ------------------------------- */

/* Every list of items has this form. */
struct items {
	size_t n;
	const char *v;
};

static void put_object(struct buffer *b, const char *name, const struct aa_record_member *members,
		       const void *record);

static void put_list(struct buffer *b, const char *name, const struct aa_list *list)
{
	json_text_open(b, name, '[');
	for (size_t i = 0; i < list->n; i++)
		json_text_string(b, NULL, list->v[i]);
	json_text_close(b, ']');
}

static void put_items(struct buffer *b, const struct aa_record_member *m, const struct items *items)
{
	json_text_open(b, m->name, '[');
	for (size_t i = 0; i < items->n; i++)
		put_object(b, NULL, m->members, items->v + i * m->size);
	json_text_close(b, ']');
}

static bool is_set(const struct aa_record_member *m, const void *field)
{
	switch ((enum aa_member_type)m->type) {
	case AA_MEMBER_TEXT:
		return *(const char *const *)field != NULL;
	case AA_MEMBER_NUMBER:
		return *(const int64_t *)field != 0;
	case AA_MEMBER_ID:
		return *(const uint32_t *)field != 0;
	case AA_MEMBER_FLAG:
	case AA_MEMBER_PART:
		return *(const bool *)field;
	case AA_MEMBER_WORD:
		return *(const int *)field != 0;
	case AA_MEMBER_LIST:
		return ((const struct aa_list *)field)->n > 0;
	case AA_MEMBER_ITEMS:
		return ((const struct items *)field)->n > 0;
	case AA_MEMBER_KEY:
	case AA_MEMBER_SPREAD:
		return true;
	}
	return false;
}

static void put_value(struct buffer *b, const struct aa_record_member *m, const void *field)
{
	switch ((enum aa_member_type)m->type) {
	case AA_MEMBER_TEXT:
		json_text_string(b, m->name, *(const char *const *)field);
		break;
	case AA_MEMBER_NUMBER:
		json_text_number(b, m->name, *(const int64_t *)field);
		break;
	case AA_MEMBER_ID:
		json_text_number(b, m->name, *(const uint32_t *)field);
		break;
	case AA_MEMBER_FLAG:
		json_text_raw(b, m->name, *(const bool *)field ? "true" : "false");
		break;
	case AA_MEMBER_WORD:
		json_text_string(b, m->name, m->words[*(const int *)field]);
		break;
	case AA_MEMBER_LIST:
		put_list(b, m->name, field);
		break;
	case AA_MEMBER_KEY:
		json_text_raw(b, m->name, ((const struct aa_key_object *)field)->text);
		break;
	case AA_MEMBER_ITEMS:
		put_items(b, m, field);
		break;
	case AA_MEMBER_PART:
		put_object(b, m->name, m->members, field);
		break;
	case AA_MEMBER_SPREAD:
		break;
	}
}

/* stands() returns true where the member stands in the record: with `of_accounts` in "accounts", else in the struct's
 * own. A member that must stand there and is not set has been reported as missing in the text. */
static bool stands(const struct aa_record_member *m, const void *field, bool of_accounts)
{
	if (m->rule == AA_RECORD_NOWHERE || of_accounts != (m->rule == AA_RECORD_ACCOUNTS))
		return false;
	return (m->rule != AA_RECORD_IF_SET && m->type != AA_MEMBER_TEXT) || is_set(m, field);
}

static void put_members(struct buffer *b, const struct aa_record_member *members, const void *record,
			bool of_accounts)
{
	for (const struct aa_record_member *m = members; m->name; m++) {
		const void *field = (const char *)record + m->offset;

		if (m->type == AA_MEMBER_SPREAD)
			put_members(b, m->members, field, of_accounts);
		else if (stands(m, field, of_accounts))
			put_value(b, m, field);
	}
}

static void put_object(struct buffer *b, const char *name, const struct aa_record_member *members,
		       const void *record)
{
	json_text_open(b, name, '{');
	put_members(b, members, record, false);
	json_text_close(b, '}');
}

static void put_record(struct buffer *b, const struct aa_record_member *members, const void *record)
{
	buffer_clear(b);
	put_object(b, NULL, members, record);
	json_text_end(b);
}

/* ---- host, issuers, roles ------------------------------------------------ */

/* Where the text says nothing, the published name and audience hold on; the resolver is asked only the first time. */
void record_host(const struct model *model, uint32_t generation, struct buffer *b)
{
	const struct host_facts *facts = model->facts;
	struct aa_host host = model->host;
	char *first = model_default_audience(model);
	const char *firsts[] = {first};

	host.format = AA_POLICY_FORMAT;
	host.generation = generation;
	host.name = facts->fqdn;
	host.approved = sudoers_asks_by_program(model);
	if (!host.audience.n)
		host.audience = (struct aa_list){facts->n_audience, (const char **)facts->audience};
	if (!host.audience.n)
		host.audience = (struct aa_list){1, firsts};
	put_record(b, aa_host_members, &host);
	free(first);
}

void record_accounts(const struct model *model, struct buffer *b)
{
	buffer_clear(b);
	json_text_open(b, NULL, '{');
	put_members(b, aa_accounts_policy_members, &model->host.accounts, true);
	json_text_close(b, '}');
	json_text_end(b);
}

void record_issuer(const struct aa_issuer *issuer, struct buffer *b)
{
	put_record(b, aa_issuer_members, issuer);
}

void record_issuer_name(const struct aa_issuer *issuer, struct buffer *b)
{
	buffer_clear(b);
	json_text_open(b, NULL, '{');
	json_text_string(b, "issuer", issuer->name);
	json_text_close(b, '}');
	json_text_end(b);
}

void record_role(const struct aa_role *role, struct buffer *b)
{
	put_record(b, aa_role_members, role);
}

/* ---- agents -------------------------------------------------------------- */

static bool has_kid(const struct aa_agent_keys *keys, const char *kid)
{
	for (size_t i = 0; i < keys->n; i++)
		if (strcmp(keys->v[i].kid, kid) == 0)
			return true;
	return false;
}

/* key_work is an agent's keys as they are published. */
struct key_work {
	const struct conf_file *file;
	struct key_memo *memo;
	struct problems *problems;
	struct arena arena;
	struct aa_agent_keys keys;
	struct buffer *ssh; /* the lines of those that may log in */
};

/* A key that is missing or unreadable has been reported. */
static void add_key(struct key_work *w, const struct aa_agent_key *key, size_t i)
{
	struct aa_agent_key *published = &w->keys.v[w->keys.n];
	const struct key_forms *forms;
	char path[64], why[256];
	const char *kid;

	if (!key->pem)
		return;
	snprintf(path, sizeof(path), "keys[%zu].pem", i);
	forms = key_memo_get(w->memo, key->pem, !key->kid, why, sizeof(why));
	if (!forms) {
		conf_error(w->file, w->problems, path, "this %s", why);
		return;
	}
	kid = key->kid ? key->kid : forms->thumbprint;
	if (has_kid(&w->keys, kid)) {
		conf_error(w->file, w->problems, path,
			   "the kid %s is another key's of this agent already, so that it would not be known "
			   "which one is meant",
			   quoted(kid));
		return;
	}
	*published = *key;
	published->kid = arena_strdup(&w->arena, kid);
	published->jwk.text = arena_strdup(&w->arena, forms->jwk);
	published->ssh = arena_strdup(&w->arena, forms->ssh);
	w->keys.n++;
	if (key->state == AA_KEY_ACTIVE)
		buffer_printf(w->ssh, "%s %lld\n", forms->ssh, (long long)key->not_after);
}

int record_agent(const struct aa_agent *agent, const struct conf_file *file, struct key_memo *memo,
		 struct problems *problems, struct buffer *b, struct buffer *ssh)
{
	struct key_work w = {.file = file, .memo = memo, .problems = problems, .ssh = ssh};
	struct aa_agent published = *agent;
	size_t errors_before = problems->errors;

	buffer_clear(ssh);
	w.keys.v = arena_alloc(&w.arena, (agent->keys.n + 1) * sizeof(*w.keys.v));
	for (size_t i = 0; i < agent->keys.n; i++)
		add_key(&w, &agent->keys.v[i], i);
	if (ssh->len > AA_SSH_KEYS_MAX)
		conf_error(file, problems, "keys", "the keys take %zu bytes in SSH's form, more than %d",
			   ssh->len, AA_SSH_KEYS_MAX);
	published.keys = w.keys;
	put_record(b, aa_agent_members, &published);
	arena_free(&w.arena);
	return problems->errors > errors_before ? -1 : 0;
}

void record_gecos(const char *description, struct buffer *ret)
{
	buffer_clear(ret);
	for (; *description; description++)
		buffer_add(ret, *description == ':' ? ";" : description, 1);
}
