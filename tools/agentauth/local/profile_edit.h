/* SPDX-License-Identifier: Apache-2.0 */
/* profile_edit.h: adds a profile to the profiles' text, whose comments and order stay as they are. */
#ifndef AGENTAUTH_AGENT_PROFILE_EDIT_H
#define AGENTAUTH_AGENT_PROFILE_EDIT_H

/* Returns `text`, which has been parsed before, with a profile behind its last one; `value` is the profile as it stands in
 * the text, "{ … }". From malloc(). */
char *profile_text_add(const char *text, const char *name, const char *value);

/* Writes the text to the file, whole or not at all, with mode 0600. Returns 0, or -1 with the reason said. */
int profile_text_write(const char *path, const char *text);

#endif
