/* SPDX-License-Identifier: Apache-2.0 */
/* places_pam.h: which of this host's PAM stacks get our lines, and which have them. */
#ifndef AGENTAUTHCTL_PLACES_PAM_H
#define AGENTAUTHCTL_PLACES_PAM_H

#include "tools/agentauthctl/enable/host_plan.h"

/* places_pam_in() plans our lines for the common files, unless pam-auth-update's profile is active, and for each service whose
 * stack does not ask the module where it must. False: reported. */
bool places_pam_in(struct host_plan *plan);
/* places_pam_each() calls `each` with the path of every stack of /etc/pam.d that has lines of ours, but for our own. */
void places_pam_each(void (*each)(void *data, const char *path), void *data);

#endif
