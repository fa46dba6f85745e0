/* SPDX-License-Identifier: Apache-2.0 */
/* profile_edit.h: a profile more in the profiles' text, whose comments and order stay as they are. */
#ifndef AGENTAUTH_AGENT_PROFILE_EDIT_H
#define AGENTAUTH_AGENT_PROFILE_EDIT_H

/* `text` with `block` ("  NAME = { … };\n") as the last of its profiles; a text without a group of profiles, the empty one
 * too, gets one at its end. From malloc(); NULL: memory is out. The text has been parsed before. */
char *profile_text_add(const char *text, const char *block);

/* Writes the text in the file's place, whole or not at all, with mode 0600. 0, or -1 with the reason said. */
int profile_text_write(const char *path, const char *text);

#endif
