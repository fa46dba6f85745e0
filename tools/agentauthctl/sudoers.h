/* SPDX-License-Identifier: Apache-2.0 */
/* sudoers.h: the roles' sudo rules as a sudoers file (THREATS 47). */
#ifndef AGENTAUTHCTL_SUDOERS_H
#define AGENTAUTHCTL_SUDOERS_H

#include <stdbool.h>

#include "alloc.h"
#include "model.h"

/* Renders and has visudo check the rules of all roles: *ret is the file's text, NULL where there is nothing
 * to grant or no sudo to grant it to (which is a warning where there are rules). -1: reported, at the rule's
 * own place. */
int sudoers_make(const struct model *model, struct problems *problems, char **ret);

/* Puts the text (NULL: nothing) into the place of the file `path`; untouched where it is so already. Written
 * beside it under a name with a dot, which sudo does not read, and renamed. 1: it was changed, 0: it was so
 * already, or a negative errno. An absent directory is -ENOTDIR. */
int sudoers_install(const char *path, const char *text, uid_t owner);
/* Whether it would be left as it is. */
bool sudoers_is_installed(const char *path, const char *text, uid_t owner);

#endif
