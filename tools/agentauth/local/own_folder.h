/* SPDX-License-Identifier: Apache-2.0 */
/* own_folder.h: the folders in which the agent keeps what it was given: the user's own, of mode 0700. */
#ifndef AGENTAUTH_AGENT_OWN_FOLDER_H
#define AGENTAUTH_AGENT_OWN_FOLDER_H

/* $XDG_RUNTIME_DIR/agentauth, else /run/user/UID/agentauth, else own_folder_cache(): for what may be lost
 * when the user's last session ends. Made if need be. A descriptor, or -1 with the reason said. */
int own_folder_run(void);
/* ~/.cache/agentauth: for what must outlive it. The same. */
int own_folder_cache(void);
/* Says how another folder is chosen than the one in which something could not be kept. */
void own_folder_say_other(void);

#endif
