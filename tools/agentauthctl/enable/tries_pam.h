/* SPDX-License-Identifier: Apache-2.0 */
/* tries_pam.h: asks PAM about people, by the stacks as they are and as they are going to be. */
#ifndef AGENTAUTHCTL_TRIES_PAM_H
#define AGENTAUTHCTL_TRIES_PAM_H

#include "tools/agentauthctl/enable/host_plan.h"

/* tries_pam() returns whether every service answers the same about root, the person who runs this, the first person of
 * /etc/passwd, and a nobody who is asked for a password and gives none. The stacks are staged (stage.h). False: reported. */
bool tries_pam(struct host_plan *plan);

#endif
