/* SPDX-License-Identifier: Apache-2.0 */
/* key_holders.c looks for a kid in all that is published, see key_holders.h. */
#include "config.h"

#include "tools/agentauthctl/commands/key_holders.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file/folder.h"
#include "tools/agentauthctl/keys/key_store.h"
#include "tools/cli/guess.h"

#define NAMES_TOLD 10
#define BEGINNING 6 /* bytes of a kid that are enough to know it by */

struct search {
	const struct ctl *ctl;
	const char *kid;
	int keys_dir; /* of issuers' sets; -1: none were fetched */
	struct guess guess;
	char kept[GUESS_KEPT_SIZE];
	struct key_holders *found;
};

static void found_at(struct search *s, const char *kind, const char *name)
{
	struct key_holders *f = s->found;

	if (f->n < NAMES_TOLD)
		buffer_printf(&f->names, "%s%s%s", f->n ? ", " : "", kind, name);
	else if (f->n == NAMES_TOLD)
		buffer_puts(&f->names, ", …");
	f->n++;
}

/* A person who types a kid from what a terminal cut off has its beginning. */
static bool is_it(struct search *s, const char *kid)
{
	size_t len = strlen(s->kid);

	if (strcmp(kid, s->kid) == 0)
		return true;
	if (len >= BEGINNING && strncmp(kid, s->kid, len) == 0 && !s->found->near)
		s->found->near = xstrdup(kid);
	guess_try_kept(&s->guess, kid, s->kept);
	return false;
}

static bool look_at_agent(void *data, const char *name, const char *record, size_t len)
{
	struct aa_agent *agent = published_agent_of(record, len);
	struct search *s = data;

	if (!agent)
		s->found->unread = true;
	for (size_t i = 0; agent && i < agent->keys.n; i++)
		if (is_it(s, agent->keys.v[i].kid))
			found_at(s, "", name);
	aa_agent_free(agent);
	return true;
}

static bool look_at_issuer(void *data, const char *name, const char *record, size_t len)
{
	json_t *json = json_loadb(record, len, 0, NULL), *set = NULL, *one;
	struct aa_issuer *issuer = json ? aa_issuer_from_json(json) : NULL;
	struct search *s = data;
	size_t i;

	if (issuer && (issuer->jwks_file || s->keys_dir >= 0))
		set = keys_present(issuer->jwks_file ? AT_FDCWD : s->keys_dir, issuer, s->ctl->paths.owner,
				   NULL);
	if (!set)
		s->found->unread = true;
	json_array_foreach(json_object_get(set, "keys"), i, one)
	{
		const char *kid = json_string_value(json_object_get(one, "kid"));

		if (kid && is_it(s, kid))
			found_at(s, "issuer ", name);
	}
	json_decref(set);
	aa_issuer_free(issuer);
	json_decref(json);
	return true;
}

void key_holders_find(const struct ctl *ctl, const char *kid, struct key_holders *ret)
{
	struct published *published = published_open(ctl->paths.statedir, ctl->paths.owner);
	struct search s = {.ctl = ctl, .kid = kid, .guess = {.word = kid}, .found = ret};

	*ret = (struct key_holders){.unread = published == NULL};
	if (!published)
		return;
	s.keys_dir = aa_folder_open(ctl->paths.statedir, "keys");
	if (!published_walk(published, "agent:", look_at_agent, &s) ||
	    !published_walk(published, "issuer:", look_at_issuer, &s))
		ret->unread = true;
	if (s.guess.best && !ret->near)
		ret->near = xstrdup(s.guess.best);
	if (s.keys_dir >= 0)
		close(s.keys_dir);
	published_close(published);
}

void key_holders_free(struct key_holders *holders)
{
	buffer_free(&holders->names);
	free(holders->near);
}
