/* SPDX-License-Identifier: Apache-2.0 */
/* conf_edit.h: changes one setting of a text and leaves every other byte as a person wrote it.
 *
 * Settings are named by a path: "owner", "roles.deploy.sudo", "keys[1].state". Values are given as they stand in the text:
 * conf_quote() makes one of a string. The text must be one that conf_tree_read() reads; the result is again one. */
#ifndef AGENTAUTHCTL_CONF_EDIT_H
#define AGENTAUTHCTL_CONF_EDIT_H

#include <stdbool.h>

#include "tools/cli/alloc.h"
#include "tools/conf/conf_text.h"

/* Returns "text" in double quotes, escaped. Line feeds stand as they are, so that a PEM can be read. The caller frees. */
char *conf_quote(const char *text);

/* Sets the value, and makes the groups of its path that are missing. -1: the text cannot be parsed, or a part of the path
 * is no group. */
int conf_edit_set(struct conf_text *text, const char *path, const char *value);
/* Takes the setting or the element away, and its line where nothing else stands on it. 1: there was none. */
int conf_edit_unset(struct conf_text *text, const char *path);
/* Adds an element to the array or list. Without one, makes [ value ], or ( value ) for `list`; of a string, an array of
 * the two. */
int conf_edit_add(struct conf_text *text, const char *path, const char *value, bool list);

/* Returns the number of the element of the array at `path` that is the string `value`, 0 where the setting is that string
 * itself; -1: it has none. Elements with escapes or of several pieces are not found. */
int conf_edit_index(const struct conf_text *text, const char *path, const char *value);
/* Counts the elements or members; -1: there is no such setting. */
int conf_edit_count(const struct conf_text *text, const char *path);

#endif
