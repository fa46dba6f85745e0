/* SPDX-License-Identifier: Apache-2.0 */
/* account.h: whose a sudo is that asks PAM about somebody who is no agent. */
#ifndef AGENTAUTH_PAM_ACCOUNT_H
#define AGENTAUTH_PAM_ACCOUNT_H

#include "pam/call.h"

/* Decides where PAM_USER is no agent. By the real uid the sudo may be an agent's all the same, to which the call is then
 * turned; or it is a person's, with the decision on the person's groups in *ret_person, which is logged where it is no. */
enum aa_user_kind aa_account_look_at_caller(struct aa_call *call, enum aa_reason *ret_person);

#endif
