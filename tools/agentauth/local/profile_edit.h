/* SPDX-License-Identifier: Apache-2.0 */
/* profile_edit.h: a profile more in the profiles' text, whose comments and order stay as they are. */
#ifndef AGENTAUTH_AGENT_PROFILE_EDIT_H
#define AGENTAUTH_AGENT_PROFILE_EDIT_H

/* `text` (NULL: there is no file yet) with `block` ("  NAME = { … };\n") as the last of its profiles. From malloc();
 * NULL where the text has no group of profiles, or memory is out. The text has been parsed before. */
char *profile_text_add(const char *text, const char *block);

/* Writes the text in the file's place, whole or not at all, with mode 0600. 0, or -1 with the reason said. */
int profile_text_write(const char *path, const char *text);

#endif
