/* SPDX-License-Identifier: Apache-2.0 */
/* conf_find.c: finds settings in a text that was read, see conf_tree.h. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "tools/conf/conf_tree.h"

uint32_t conf_tree_member(const struct conf_tree *tree, const struct conf_text *text, uint32_t parent,
			  const char *name, size_t len)
{
	uint32_t n = tree->v[parent].first;

	while (n && (tree->v[n].name_len != len || memcmp(text->bytes + tree->v[n].name, name, len) != 0))
		n = tree->v[n].next;
	return n;
}

static uint32_t element(const struct conf_tree *tree, uint32_t parent, size_t number)
{
	uint32_t n = tree->v[parent].first;

	while (n && number--)
		n = tree->v[n].next;
	return n;
}

int64_t conf_tree_find(const struct conf_tree *tree, const struct conf_text *text, const char *path)
{
	uint32_t n = 0;

	while (*path) {
		size_t len = strcspn(path, ".[");

		if (*path == '[') {
			char *end;

			n = element(tree, n, strtoul(path + 1, &end, 10));
			path = *end == ']' ? end + 1 : end;
		} else {
			n = conf_tree_member(tree, text, n, path, len);
			path += len;
		}
		if (!n)
			return -1;
		if (*path == '.')
			path++;
	}
	return n;
}

struct conf_place conf_tree_place(const struct conf_tree *tree, const struct conf_text *text,
				  const char *path)
{
	int64_t node = conf_tree_find(tree, text, path);
	struct conf_place place = {0};

	if (node > 0)
		conf_text_position(text, tree->v[node].start, &place.line, &place.column);
	return place;
}
