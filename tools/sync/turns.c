/* SPDX-License-Identifier: Apache-2.0 */
/* turns.c: which server is asked next, and when. */
#include "config.h"

#include "tools/sync/turns.h"

#define DOUBLINGS_MOST 8

/* Half of the time is fixed, so that a server that refuses is left alone; half is anything, so that hosts do not come together. */
static int64_t some_of(int64_t most, uint32_t random)
{
	return most / 2 + (int64_t)random % (most / 2 + 1);
}

int64_t turns_failed(struct turns *turns, int64_t lasted, uint32_t random)
{
	int64_t most = TURNS_FIRST;

	if (lasted >= TURNS_GOOD) {
		*turns = (struct turns){.n = turns->n};
		return some_of(TURNS_FIRST, random);
	}
	turns->next++;
	if (turns->next < turns->n)
		return 0;
	turns->next = 0;
	for (unsigned i = 0; i < turns->rounds && i < DOUBLINGS_MOST; i++)
		most *= 2;
	turns->rounds++;
	return some_of(most < TURNS_MOST ? most : TURNS_MOST, random);
}
