/* SPDX-License-Identifier: Apache-2.0 */
/* cred.h: the groups that a process of an agent gets. */
#ifndef AGENTAUTH_PAM_CRED_H
#define AGENTAUTH_PAM_CRED_H

#include "common/verify/policy.h"
#include "pam/call.h"

/* Adds to this process the groups of what root starts without a credential: those of the agent's roles that admit the
 * service. open_session does so too, since a stack that lets root in before it asks the module (pam_rootok) never calls
 * the module's setcred. PAM_SUCCESS or PAM_CRED_ERR. */
int aa_cred_groups_of_record(struct aa_call *call, const struct aa_agent *agent);

#endif
