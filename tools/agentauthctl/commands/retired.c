/* SPDX-License-Identifier: Apache-2.0 */
/* retired.c knows how long a retired agent can be restored, see retired.h. */
#include "config.h"

#include "tools/agentauthctl/commands/retired.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text/sort.h"
#include "common/text/utc.h"

#define RESTORED_WITHIN ((int64_t)30 * 86400)

int64_t retired_until(const struct given_id *e)
{
	return e->time + RESTORED_WITHIN;
}

const char *retired_cure(const struct given_id *e, int64_t now)
{
	static char text[160];
	char until[AA_UTC_SIZE];

	aa_utc_print(retired_until(e), until);
	if (now <= retired_until(e))
		(void)snprintf(text, sizeof(text), "agentauthctl restore %s brings it back until %s", e->name,
			       until);
	else
		(void)snprintf(text, sizeof(text),
			       "agentauthctl register NAME, another one; it could be restored until %s",
			       until);
	return text;
}

static bool can_return(const struct given_id *e, int64_t now)
{
	return e->kind == ID_AGENT && e->retired && !e->elsewhere && now <= retired_until(e);
}

static int last_first(const void *a, const void *b)
{
	const struct given_id *x = a, *y = b;

	return x->time != y->time ? (x->time < y->time ? 1 : -1) : strcmp(x->name, y->name);
}

struct given_id *retired_list(const struct ids *ids, int64_t now, size_t *ret_n)
{
	struct given_id *v = xcalloc(ids->n + 1, sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < ids->n; i++)
		if (can_return(&ids->v[i], now))
			v[n++] = ids->v[i];
	aa_sort(v, n, sizeof(*v), last_first);
	*ret_n = n;
	return v;
}

int retired_ids(const char *statedir, uid_t owner, struct ids *ret)
{
	int state = open(statedir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;
	struct problems ignored = {0};

	*ret = (struct ids){0};
	if (state < 0)
		return -1;
	r = ids_read(ret, state, statedir, owner, &ignored);
	problems_free(&ignored);
	close(state);
	return r;
}

bool retired_read(const struct ctl *ctl, const char *name, struct given_id *ret)
{
	const struct given_id *e = NULL;
	struct ids ids;

	if (retired_ids(ctl->paths.statedir, ctl->paths.owner, &ids) == 0)
		e = ids_by_name(&ids, ID_AGENT, name);
	if (e)
		*ret = *e;
	ids_free(&ids);
	return e && ret->retired;
}
