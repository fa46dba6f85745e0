/* SPDX-License-Identifier: Apache-2.0 */
/* tries.h: has the host's own programs read files as they are going to be, before they are put in place. */
#ifndef AGENTAUTHCTL_TRIES_H
#define AGENTAUTHCTL_TRIES_H

#include "tools/agentauthctl/enable/host_plan.h"

/* tries_before() tries every change of the plan: PAM, for people, by the stacks as they are and as they are going to be; sshd;
 * visudo; and sudo and the resolver in a mount namespace of their own in which the new file stands in the place of the old one.
 * False: something would differ for people, or be refused, which is reported. */
bool tries_before(struct host_plan *plan);

/* tries_sudo_starts() asks sudo to start as things are. */
bool tries_sudo_starts(struct host_plan *plan);

#endif
