/* SPDX-License-Identifier: Apache-2.0 */
/* sudoers.h: the roles' sudo rules as a sudoers file (THREATS 47). */
#ifndef AGENTAUTHCTL_SUDOERS_H
#define AGENTAUTHCTL_SUDOERS_H

#include <stdbool.h>

#include "tools/agentauthctl/model/model.h"
#include "tools/cli/alloc.h"

/* Renders and has visudo check the rules of all roles: *ret is the file's text, NULL where there is nothing
 * to grant or no sudo to grant it to (which is a warning where there are rules). -1: reported, at the rule's
 * own place. */
int sudoers_make(const struct model *model, struct problems *problems, char **ret);

/* The file `path` is to be the text (NULL: there is to be none). It is written beside it first, under a name with
 * a dot, which sudo does not read: what can fail fails then. Each gives a negative errno; an absent directory,
 * where there is a text, is -ENOTDIR. */
int sudoers_stage(const char *path, const char *text);
/* Puts what was staged in its place. 1: done; 0: there was none and is to be none. */
int sudoers_commit(const char *path, const char *text);
/* Takes away what was staged. */
void sudoers_forget(const char *path);
/* Whether all is so already. */
bool sudoers_is_installed(const char *path, const char *text, uid_t owner);
/* All of it; untouched where it is so already. 1: it was changed, 0: it was so already. */
int sudoers_install(const char *path, const char *text, uid_t owner);

#endif
