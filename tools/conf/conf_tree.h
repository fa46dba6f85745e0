/* SPDX-License-Identifier: Apache-2.0 */
/* conf_tree.h: finds where the settings of a configuration text stand.
 *
 * libconfig reads the values. This reads the same text before it, for three things that libconfig 1.5 does not give. It
 * follows @include and reads a number past 32 bits silently wrong, so both are refused here. A message about a setting
 * needs line and column. A command that changes one setting changes that setting's bytes and no others. What libconfig
 * reads differently from one version to the next (leading zeros, unknown escapes) is refused too. */
#ifndef AGENTAUTHCTL_CONF_TREE_H
#define AGENTAUTHCTL_CONF_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/cli/problems.h"
#include "tools/conf/conf_text.h"

#define CONF_DEPTH_MAX 8

enum conf_kind {
	CONF_GROUP,
	CONF_ARRAY,
	CONF_LIST,
	CONF_STRING,
	CONF_INTEGER,
	CONF_INTEGER64,
	CONF_FLOAT,
	CONF_BOOLEAN
};

/* A node's number is its index, and its members are offsets in the text. Node 0 is the text as a whole, a group. */
struct conf_node {
	enum conf_kind kind;
	uint32_t parent, next, first, last; /* 0: none */
	uint32_t count;			    /* of children */
	uint32_t name, name_len;	    /* 0 and 0 for an element of an array or list */
	uint32_t start;			    /* of the name, or of an element's value */
	uint32_t value, value_end;
	uint32_t end; /* behind the ; or , that ends it, where there is one, else value_end */
};

struct conf_tree {
	struct conf_node *v;
	size_t n, cap;
};

void conf_tree_free(struct conf_tree *tree);

/* Reads the text. *tree may hold an earlier tree, whose memory is used again. -1: reported, and the tree is cut short. 1:
 * reported, but only values are wrong (a number's range, an escape), and the rest can be looked at. */
int conf_tree_read(struct conf_tree *tree, const struct conf_text *text, struct problems *problems);

/* Finds the child of a group by its name, or the element of an array or list by its number. 0: there is none. */
uint32_t conf_tree_member(const struct conf_tree *tree, const struct conf_text *text, uint32_t parent,
			  const char *name, size_t len);
/* Finds "roles.deploy.sudo[1]"; "" is the whole. -1: there is no such thing. */
int64_t conf_tree_find(const struct conf_tree *tree, const struct conf_text *text, const char *path);

/* Gives the line and the column (in bytes) of an offset, both from 1. */
void conf_text_position(const struct conf_text *text, size_t offset, unsigned *ret_line,
			unsigned *ret_column);
/* A place is a line and a column; 0 and 0 is the text as a whole. */
struct conf_place {
	unsigned line, column;
};
/* Returns where the setting "keys" stands, for a text whose tree is thrown away before it is needed. */
struct conf_place conf_tree_place(const struct conf_tree *tree, const struct conf_text *text,
				  const char *path);

#endif
