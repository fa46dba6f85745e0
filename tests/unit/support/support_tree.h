/* SPDX-License-Identifier: Apache-2.0 */
/* support_tree.h: a folder with all that is in it, kept in memory: to compare it, and to put it back. */
#ifndef AGENTAUTH_TESTS_SUPPORT_TREE_H
#define AGENTAUTH_TESTS_SUPPORT_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct tree_entry {
	char *path;  /* below the folder */
	mode_t mode; /* with its type */
	char *bytes; /* of a file, or where a link leads; NULL: a folder */
	size_t len;
};

/* The entries stand in the order of their paths, so that a folder comes before what is in it. */
struct tree {
	struct tree_entry *v;
	size_t n, cap;
};

void tree_read(const char *root, struct tree *ret);
void tree_free(struct tree *tree);
/* Gives the first path in which they differ, and how; NULL: they are the same. A static buffer. */
const char *tree_differs(const struct tree *a, const struct tree *b);
/* Makes the folder as `wanted` has it; it is as `now` says. What does not differ is left alone. */
void tree_restore(const char *root, const struct tree *wanted, const struct tree *now);
const struct tree_entry *tree_find(const struct tree *tree, const char *path);
/* Adds a copy. The caller puts them in order by tree_sort(). */
void tree_add(struct tree *tree, const char *path, const struct tree_entry *like);
void tree_sort(struct tree *tree);

#endif
