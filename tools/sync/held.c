/* SPDX-License-Identifier: Apache-2.0 */
/* held.c: remembers which entry of the directory is which file. */
#include "config.h"

#include "tools/sync/held.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cli/alloc.h"

static int by_uuid(const void *a, const void *b)
{
	return memcmp(((const struct held_one *)a)->uuid, ((const struct held_one *)b)->uuid,
		      CONTROL_UUID_LEN);
}

struct held_one *held_find(const struct held *held, const unsigned char *uuid)
{
	struct held_one like = {.seen = false};
	void *node;

	memcpy(like.uuid, uuid, CONTROL_UUID_LEN);
	node = tfind(&like, &held->tree, by_uuid);
	return node ? *(struct held_one **)node : NULL;
}

void held_add(struct held *held, const unsigned char *uuid, const struct carried *file, size_t len)
{
	struct held_one *one = xcalloc(1, sizeof(*one));

	memcpy(one->uuid, uuid, CONTROL_UUID_LEN);
	one->file = *file;
	one->len = (uint32_t)len;
	one->seen = true;
	if (!tsearch(one, &held->tree, by_uuid))
		abort(); /* memory is out, as in xmalloc() */
	held->n[file->kind]++;
	held->bytes += len;
}

void held_remove(struct held *held, struct held_one *one)
{
	tdelete(one, &held->tree, by_uuid);
	held->n[one->file.kind]--;
	held->bytes -= one->len;
	free(one);
}

struct walk {
	void (*each)(struct held_one *one, void *context);
	void *context;
};

static void step(const void *node, VISIT which, void *context)
{
	const struct walk *walk = context;

	if (which == postorder || which == leaf)
		walk->each(*(struct held_one *const *)node, walk->context);
}

void held_each(const struct held *held, void (*each)(struct held_one *one, void *context), void *context)
{
	struct walk walk = {each, context};

	twalk_r(held->tree, step, &walk);
}

struct search {
	const struct carried *file;
	bool found;
};

static void compare(struct held_one *one, void *context)
{
	struct search *search = context;

	if (one->file.kind == search->file->kind && strcmp(one->file.hex, search->file->hex) == 0)
		search->found = true;
}

bool held_has(const struct held *held, const struct carried *file)
{
	struct search search = {file, false};

	held_each(held, compare, &search);
	return search.found;
}

void held_free(struct held *held)
{
	tdestroy(held->tree, free);
	memset(held, 0, sizeof(*held));
}
