/* SPDX-License-Identifier: Apache-2.0 */
/* sort.h: sorts and searches arrays that may be empty. To qsort(3) and bsearch(3) a null pointer is no array, not even one
 * without elements (C17 7.22.5), and what holds nothing is NULL in this tree. A test keeps both out of all other files. */
#ifndef AGENTAUTH_TEXT_SORT_H
#define AGENTAUTH_TEXT_SORT_H

#include <stddef.h>
#include <stdlib.h>

typedef int aa_compare_fn(const void *a, const void *b);

static inline void aa_sort(void *v, size_t n, size_t size, aa_compare_fn *compare)
{
	if (n > 1)
		qsort(v, n, size, compare);
}

/* Returns the element that the key equals; NULL: there is none. */
static inline void *aa_search(const void *key, const void *v, size_t n, size_t size, aa_compare_fn *compare)
{
	return n ? bsearch(key, v, n, size, compare) : NULL;
}

#endif
