/* SPDX-License-Identifier: Apache-2.0 */
/* sudoers.h makes a sudoers file of the roles' sudo rules (THREATS 47). */
#ifndef AGENTAUTHCTL_SUDOERS_H
#define AGENTAUTHCTL_SUDOERS_H

#include <stdbool.h>

#include "tools/agentauthctl/model/model.h"
#include "tools/cli/alloc.h"

/* sudoers_make() renders the rules of all roles and has visudo check them. *ret is the file's text, or NULL where
 * there is nothing to grant or no sudo to grant it to (which is a warning where there are rules). It returns 0, or -1
 * where the failure was reported, at the rule's own place. */
int sudoers_make(const struct model *model, struct problems *problems, char **ret);

/* sudoers_are_for_rs() returns whether there are rules, and this host's sudo is sudo-rs. */
bool sudoers_are_for_rs(const struct model *model);
/* sudoers_asks_by_program() returns whether the rules that wait for a person are rendered for the program that asks, since this
 * host's sudo has no plugins. */
bool sudoers_asks_by_program(const struct model *model);

/* sudoers_stage() writes the text that `path` is to have (NULL: there is to be no file) beside it, under a name with
 * a dot, which sudo does not read, so that what can fail fails then. These functions return a negative errno on
 * failure; -ENOTDIR says that there is a text and no directory for it. */
int sudoers_stage(const char *path, const char *text);
/* sudoers_commit() puts what was staged in its place. A file that is to go and is not there is success. */
int sudoers_commit(const char *path, const char *text);
/* sudoers_forget() takes away what was staged. */
void sudoers_forget(const char *path);
/* sudoers_is_installed() returns true where the file is as it is to be. */
bool sudoers_is_installed(const char *path, const char *text, uid_t owner);
/* sudoers_install() stages and commits, unless the file is as it is to be already. */
int sudoers_install(const char *path, const char *text, uid_t owner);

#endif
