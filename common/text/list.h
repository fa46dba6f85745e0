/* SPDX-License-Identifier: Apache-2.0 */
/* list.h: a list of strings, which belong to its owner. */
#ifndef AGENTAUTH_TEXT_LIST_H
#define AGENTAUTH_TEXT_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct aa_list {
	size_t n;
	const char **v; /* NULL may stand for an empty list */
};

bool aa_list_has(const struct aa_list *list, const char *text);

#endif
