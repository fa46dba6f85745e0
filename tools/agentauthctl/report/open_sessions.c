/* SPDX-License-Identifier: Apache-2.0 */
/* open_sessions.c: see open_sessions.h. */
#include "config.h"

#include "tools/agentauthctl/report/open_sessions.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cli/alloc.h"

static size_t *head_of(struct open_sessions *o, const char *id)
{
	uint64_t h = 0xcbf29ce484222325;

	for (size_t i = 0; id[i] && i < OPEN_SESSIONS_ID - 1; i++)
		h = (h ^ (unsigned char)id[i]) * 0x100000001b3;
	return &o->heads[h % (sizeof(o->heads) / sizeof(o->heads[0]))];
}

struct open_session *open_sessions_find(struct open_sessions *o, const char *id)
{
	size_t at = *head_of(o, id);

	while (at && strncmp(o->v[at - 1].id, id, OPEN_SESSIONS_ID - 1) != 0)
		at = o->v[at - 1].next;
	return at ? &o->v[at - 1] : NULL;
}

/* Returns the place that holds the number of this session. */
static size_t *place_of(struct open_sessions *o, const struct open_session *session)
{
	size_t *place = head_of(o, session->id);

	while (&o->v[*place - 1] != session)
		place = &o->v[*place - 1].next;
	return place;
}

void open_sessions_remove(struct open_sessions *o, struct open_session *session)
{
	struct open_session *last = &o->v[o->n - 1];

	*place_of(o, session) = session->next;
	if (session != last) {
		*place_of(o, last) = (size_t)(session - o->v) + 1;
		*session = *last;
	}
	o->n--;
}

static struct open_session *oldest(struct open_sessions *o)
{
	struct open_session *found = &o->v[0];

	for (size_t i = 1; i < o->n; i++)
		if (o->v[i].order < found->order)
			found = &o->v[i];
	return found;
}

bool open_sessions_add(struct open_sessions *o, const struct open_session *session,
		       struct open_session *ret_oldest)
{
	bool full = o->n == OPEN_SESSIONS_MAX;
	struct open_session *added;
	size_t *head;

	if (full) {
		added = oldest(o);
		*ret_oldest = *added;
		open_sessions_remove(o, added);
	}
	grow(&o->v, &o->cap, o->n + 1, sizeof(*o->v));
	added = &o->v[o->n++];
	*added = *session;
	added->order = ++o->opened;
	head = head_of(o, added->id);
	added->next = *head;
	*head = o->n;
	return full;
}

void open_sessions_free(struct open_sessions *o)
{
	free(o->v);
}
