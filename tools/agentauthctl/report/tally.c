/* SPDX-License-Identifier: Apache-2.0 */
/* tally.c: see tally.h. */
#include "config.h"

#include "tools/agentauthctl/report/tally.h"

#include <stdlib.h>
#include <string.h>

#include "common/text/utf8.h"
#include "tools/cli/alloc.h"

#define FIRST_SLOTS 64

/* FNV-1a. Whoever writes names that collide makes the report slow, within the limit of `max` rows, and nothing else. */
static uint64_t hash(const char *name)
{
	uint64_t h = 0xcbf29ce484222325;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 0x100000001b3;
	return h;
}

static size_t *slot_of(const struct tally *t, const char *name)
{
	size_t at = hash(name) & (t->n_slots - 1);

	while (t->slots[at] && strcmp(t->v[t->slots[at] - 1].name, name) != 0)
		at = (at + 1) & (t->n_slots - 1);
	return &t->slots[at];
}

static void widen(struct tally *t)
{
	if (t->n_slots > 2 * t->n)
		return;
	t->n_slots = t->n_slots ? 2 * t->n_slots : FIRST_SLOTS;
	free(t->slots);
	t->slots = xcalloc(t->n_slots, sizeof(*t->slots));
	for (size_t i = 0; i < t->n; i++)
		*slot_of(t, t->v[i].name) = i + 1;
}

/* Cuts a name where a character ends. */
static void cut(const char *name, char ret[TALLY_NAME_MAX + 4])
{
	size_t len = strnlen(name, TALLY_NAME_MAX + 1), at = 0, n;
	uint32_t c;

	if (len > TALLY_NAME_MAX) {
		for (; (n = aa_utf8_next(name + at, len - at, &c)) && at + n <= TALLY_NAME_MAX; at += n)
			;
		len = at ? at : TALLY_NAME_MAX;
		memcpy(ret + len, "\xe2\x80\xa6", 4);
	} else {
		ret[len] = '\0';
	}
	memcpy(ret, name, len);
}

struct tally_row *tally_row(struct tally *t, const char *text)
{
	char name[TALLY_NAME_MAX + 4];
	size_t *slot;

	cut(text, name);
	widen(t);
	slot = slot_of(t, name);
	if (*slot)
		return &t->v[*slot - 1];
	if (t->n == t->max) {
		t->beyond++;
		return &t->rest;
	}
	grow(&t->v, &t->cap, t->n + 1, sizeof(*t->v));
	t->v[t->n] = (struct tally_row){.name = xstrdup(name)};
	*slot = ++t->n;
	return &t->v[t->n - 1];
}

static int by_count(const void *one, const void *other, void *by)
{
	const struct tally_row *a = one, *b = other;
	size_t i = *(const size_t *)by;

	if (a->n[i] != b->n[i])
		return a->n[i] < b->n[i] ? 1 : -1;
	return strcmp(a->name, b->name);
}

void tally_sort(struct tally *t, size_t by)
{
	if (t->n)
		qsort_r(t->v, t->n, sizeof(*t->v), by_count, &by);
	free(t->slots);
	t->slots = NULL;
	t->n_slots = 0;
}

void tally_free(struct tally *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->v[i].name);
	free(t->v);
	free(t->slots);
}
