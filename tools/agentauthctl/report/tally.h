/* SPDX-License-Identifier: Apache-2.0 */
/* tally.h: counts by name. Only so many names are told apart, and those that come later are counted together, so that no
 * log, whoever wrote it, takes more memory than that. */
#ifndef AGENTAUTHCTL_TALLY_H
#define AGENTAUTHCTL_TALLY_H

#include <stddef.h>
#include <stdint.h>

#define TALLY_COUNTS 6
#define TALLY_NAME_MAX 200 /* bytes of a name; what is longer is cut, and ends in an ellipsis */

struct tally_row {
	char *name;
	uint64_t n[TALLY_COUNTS];
	int64_t first, last;
};

/* A tally begins with {.max = …}. */
struct tally {
	struct tally_row *v;
	size_t n, cap, max;
	size_t *slots, n_slots; /* by the name's hash: the row's number and 1, or 0 */
	uint64_t beyond;	/* times that a name found no room */
	struct tally_row rest;	/* of those names together */
};

/* Gives the row of a name, until the next call; &tally->rest where there is no room for another name. */
struct tally_row *tally_row(struct tally *tally, const char *name);
/* Puts the rows into the order of a count, the highest first, and then of their names; no more rows are added then. */
void tally_sort(struct tally *tally, size_t by);
void tally_free(struct tally *tally);

#endif
