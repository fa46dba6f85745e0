/* SPDX-License-Identifier: Apache-2.0 */
/* edit_nsswitch.h: puts our module into nsswitch.conf and takes it out again. */
#ifndef AGENTAUTHCTL_EDIT_NSSWITCH_H
#define AGENTAUTHCTL_EDIT_NSSWITCH_H

/* nsswitch_insert() returns the text with `agentauth` for passwd and group, and for initgroups where it has a line; the caller
 * frees. It returns NULL where a line has no place for it. Other sources come first, so that their people are found first,
 * unless an action in brackets ends the search before: then it stands behind the host's own files. */
char *nsswitch_insert(const char *text);
/* nsswitch_remove() returns the text without it; the caller frees. */
char *nsswitch_remove(const char *text);

#endif
