/* SPDX-License-Identifier: Apache-2.0 */
/* guess.c: measures how near words are, see guess.h. */
#include "config.h"

#include "tools/cli/guess.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define GUESS_LEN_MAX (GUESS_KEPT_SIZE - 1)

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Counts the letters that must be added, left out, changed, or swapped with their neighbour, to make one word the other. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t d[GUESS_LEN_MAX + 1][GUESS_LEN_MAX + 1];

	for (size_t i = 0; i <= a_len; i++)
		d[i][0] = i;
	for (size_t k = 0; k <= b_len; k++)
		d[0][k] = k;
	for (size_t i = 1; i <= a_len; i++) {
		for (size_t k = 1; k <= b_len; k++) {
			bool same = a[i - 1] == b[k - 1];

			d[i][k] = least(d[i - 1][k] + 1, d[i][k - 1] + 1, d[i - 1][k - 1] + !same);
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1] &&
			    d[i - 2][k - 2] + 1 < d[i][k])
				d[i][k] = d[i - 2][k - 2] + 1;
		}
	}
	return d[a_len][b_len];
}

void guess_try(struct guess *guess, const char *name)
{
	size_t len = strlen(guess->word), name_len = strlen(name), n;

	if (len > GUESS_LEN_MAX || name_len > GUESS_LEN_MAX)
		return;
	n = distance(guess->word, len, name, name_len);
	/* At most a third of the word may differ, and never three letters: what is further away is another word. */
	if (n > 2 || n > (len + 1) / 3 || (guess->best && n >= guess->distance))
		return;
	guess->best = name;
	guess->distance = n;
}

void guess_try_kept(struct guess *guess, const char *name, char kept[GUESS_KEPT_SIZE])
{
	guess_try(guess, name);
	if (guess->best != name)
		return;
	(void)snprintf(kept, GUESS_KEPT_SIZE, "%s", name);
	guess->best = kept;
}

const char *guess_asked(const struct guess *guess, const char *before)
{
	static _Thread_local char text[GUESS_LEN_MAX + 64];

	text[0] = 0;
	if (guess->best)
		(void)snprintf(text, sizeof(text), " (did you mean %s%s?)", before, guess->best);
	return text;
}
