/* SPDX-License-Identifier: Apache-2.0 */
/* own_folder.h: opens the folders in which agentauth keeps tokens and answers: the user's own, of mode 0700. */
#ifndef AGENTAUTH_AGENT_OWN_FOLDER_H
#define AGENTAUTH_AGENT_OWN_FOLDER_H

#include <stddef.h>

/* Opens $XDG_RUNTIME_DIR/agentauth, else /run/user/UID/agentauth, else own_folder_cache(), for files that may be lost when
 * the user's last session ends. The folder is made if need be. Returns a descriptor, or -1 with the reason said. */
int own_folder_run(void);
/* Opens ~/.cache/agentauth, for files that must outlive the session, in the way of own_folder_run(). */
int own_folder_cache(void);
/* Says how to choose another folder than the one in which something could not be kept. */
void own_folder_say_other(void);

/* Reads a text of at most `max` bytes from a file in such a folder. The file must be the user's alone too. Returns a text for
 * own_wipe(), or NULL, without a word, where there is no such text. */
char *own_folder_read(int folder, const char *name, size_t max);

#endif
