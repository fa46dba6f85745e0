/* SPDX-License-Identifier: Apache-2.0 */
/* host_services.h: the PAM services that must ask our module, and in which phases. */
#ifndef AGENTAUTHCTL_HOST_SERVICES_H
#define AGENTAUTHCTL_HOST_SERVICES_H

#include <stdbool.h>

#include "tools/host/pam_stack.h"

#define PAM_PHASE(phase) (1u << (phase))

struct host_service {
	const char *name; /* NULL ends the table */
	unsigned
	    must_ask; /* in the phase that decides about an agent, and where sessions are opened in the one that records them */
	unsigned also;	  /* gives what a session has by setcred, or asks for a credential */
	bool asks_people; /* people present a password or the like to it */
};

extern const struct host_service host_services[];
/* These folders have stacks, in the order in which Linux-PAM looks; NULL ends them. */
extern const char *const host_stack_dirs[];

#endif
