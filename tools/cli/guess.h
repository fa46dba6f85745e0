/* SPDX-License-Identifier: Apache-2.0 */
/* guess.h: guesses the name that a mistyped word was meant to be. */
#ifndef AGENTAUTH_CLI_GUESS_H
#define AGENTAUTH_CLI_GUESS_H

#include <stddef.h>

/* A guess begins with {word, NULL, 0}. `best` is NULL while no name is near enough. */
struct guess {
	const char *word, *best;
	size_t distance;
};

/* Compares one name, which must outlive the guess. Of several names that are equally near the first is kept. */
void guess_try(struct guess *guess, const char *name);
/* guess_try_kept() compares a name that need not outlive the guess: the nearest is copied to `kept`, which must. */
#define GUESS_KEPT_SIZE 64 /* more than a thumbprint, the longest name that people copy by hand */
void guess_try_kept(struct guess *guess, const char *name, char kept[GUESS_KEPT_SIZE]);
/* Returns " (did you mean NAME?)", with `before` in front of the name, or an empty text, until the next call. */
const char *guess_asked(const struct guess *guess, const char *before);

#endif
