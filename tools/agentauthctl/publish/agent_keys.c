/* SPDX-License-Identifier: Apache-2.0 */
/* agent_keys.c ends an agent's keys, see agent_keys.h. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/key.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_pem.h"
#include "common/registry/accounts.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/model/settings.h"
#include "tools/agentauthctl/publish/agent_keys.h"
#include "tools/agentauthctl/publish/record.h"
#include "tools/conf/conf_edit.h"

void agent_now_read(const struct model *model, const char *name, const struct conf_text *text,
		    struct agent_now *ret)
{
	struct problems ignored = {0}; /* publishing tells them */

	*ret = (struct agent_now){0};
	conf_text_set(&ret->file.text, text->path, text->bytes, text->len);
	agent_read(model, name, &ret->file, &ret->arena, &ignored, &ret->agent);
	problems_free(&ignored);
}

void agent_now_free(struct agent_now *now)
{
	conf_file_free(&now->file);
	arena_free(&now->arena);
}

/* thumbprint_of() leaves "" where the PEM holds no key that can be used. */
static void thumbprint_of(const char *pem, char ret[44])
{
	struct aa_key *key = NULL;

	ret[0] = '\0';
	if (!pem || aa_key_from_pem(pem, strlen(pem), &key) != AA_JOSE_OK)
		return;
	if (aa_key_thumbprint(key, ret) != AA_JOSE_OK)
		ret[0] = '\0';
	aa_key_free(key);
}

char *agent_key_kid(const struct aa_agent_key *key)
{
	char thumbprint[44];

	if (key->kid)
		return xstrdup(key->kid);
	thumbprint_of(key->pem, thumbprint);
	return xstrdup(thumbprint[0] ? thumbprint : "?");
}

int agent_key_index(const struct aa_agent *agent, const char *pem)
{
	char wanted[44], one[44];

	thumbprint_of(pem, wanted);
	for (size_t i = 0; wanted[0] && i < agent->keys.n; i++) {
		thumbprint_of(agent->keys.v[i].pem, one);
		if (strcmp(one, wanted) == 0)
			return (int)i;
	}
	return -1;
}

/* ---- an end -------------------------------------------------------------- */

static bool is_good(const struct aa_agent_key *key, int64_t now)
{
	return key->state == 0 && (!key->not_after || key->not_after > now);
}

static void tell(json_t *list, const struct aa_agent_key *key, int64_t not_after)
{
	char *kid = agent_key_kid(key), when[32];

	aa_utc_print(not_after, when);
	json_array_append_new(list, json_pack("{s:s, s:s}", "kid", kid, "not_after", when));
	free(kid);
}

static int set_end(struct conf_text *text, size_t i, int64_t until)
{
	char *path = xasprintf("keys[%zu].not_after", i), *value, when[32];
	int r;

	aa_utc_print(until, when);
	value = conf_quote(when);
	r = conf_edit_set(text, path, value);
	free(path);
	free(value);
	return r;
}

/* A key that ends before `until` anyway keeps its end. */
static int end_key(const struct agent_keys *keys, const struct aa_agent_key *key, size_t i, int64_t until,
		   json_t *ended)
{
	bool sooner = key->not_after && key->not_after <= until;

	if (!is_good(key, keys->now))
		return 0;
	tell(ended, key, sooner ? key->not_after : until);
	return sooner ? 0 : set_end(keys->text, i, until);
}

int agent_keys_end(const struct agent_keys *keys, int64_t until, json_t *ended)
{
	struct agent_now now;
	int r = 0;

	agent_now_read(keys->model, keys->name, keys->text, &now);
	for (size_t i = 0; i < now.agent.keys.n && r == 0; i++)
		r = end_key(keys, &now.agent.keys.v[i], i, until, ended);
	agent_now_free(&now);
	return r;
}

/* ---- room ---------------------------------------------------------------- */

static int take_out(struct conf_text *text, size_t i)
{
	char *element = xasprintf("keys[%zu]", i);
	int r = conf_edit_unset(text, element);

	free(element);
	if (r == 0 && conf_edit_count(text, "keys") == 0)
		r = conf_edit_unset(text, "keys");
	return r;
}

/* A key that had ended when the command began is of no use to anybody in the text. */
static int take_out_ended(const struct agent_keys *keys)
{
	struct agent_now now;
	int r = 0;

	agent_now_read(keys->model, keys->name, keys->text, &now);
	for (size_t i = now.agent.keys.n; i > 0 && r == 0; i--)
		if (now.agent.keys.v[i - 1].not_after && now.agent.keys.v[i - 1].not_after < keys->now)
			r = take_out(keys->text, i - 1);
	agent_now_free(&now);
	return r;
}

/* worth() orders keys by how little they are missed: ended ones first, then disabled ones, then by their end. */
static int64_t worth(const struct aa_agent_key *key, int64_t now)
{
	if (key->not_after && key->not_after <= now)
		return -2;
	if (key->state != 0)
		return -1;
	return key->not_after ? key->not_after : INT64_MAX;
}

/* least() returns the first of several keys that are worth the same. */
static size_t least(const struct aa_agent *agent, int64_t now)
{
	size_t found = 0;

	for (size_t i = 1; i < agent->keys.n; i++)
		if (worth(&agent->keys.v[i], now) < worth(&agent->keys.v[found], now))
			found = i;
	return found;
}

/* A key takes more bytes as PEM than in SSH's form, which is counted when the agent is published. */
static bool has_room(const struct aa_agent *agent, const char *pem)
{
	size_t bytes = strlen(pem);

	for (size_t i = 0; i < agent->keys.n; i++)
		if (agent->keys.v[i].state == 0 && agent->keys.v[i].pem)
			bytes += strlen(agent->keys.v[i].pem);
	return agent->keys.n < AGENT_KEYS_MAX && bytes <= AA_SSH_KEYS_MAX;
}

int agent_keys_make_room(const struct agent_keys *keys, const char *pem, json_t *gone)
{
	int r = take_out_ended(keys);
	bool done = !gone;

	while (r == 0 && !done) {
		struct agent_now now;
		size_t i;

		agent_now_read(keys->model, keys->name, keys->text, &now);
		done = now.agent.keys.n == 0 || has_room(&now.agent, pem);
		if (!done) {
			i = least(&now.agent, keys->now);
			if (is_good(&now.agent.keys.v[i], keys->now))
				tell(gone, &now.agent.keys.v[i], keys->now);
			r = take_out(keys->text, i);
		}
		agent_now_free(&now);
	}
	return r;
}
