/* SPDX-License-Identifier: Apache-2.0 */
/* revoke_list.h lists what is revoked, each with the options by which it is taken back. */
#ifndef AGENTAUTHCTL_REVOKE_LIST_H
#define AGENTAUTHCTL_REVOKE_LIST_H

#include "tools/agentauthctl/commands/ctl.h"

/* One thing is revoked by one command, so that the audit record says what. */
struct revocation {
	const char *jti, *issuer, *kid, *agent, *before, *why;
	int64_t when;
	uint32_t uid; /* the agent's; 0: unknown */
	bool undo, anyway;
};

/* revocation_options() returns the options that --undo takes for what was revoked, and revocation_name() those of a
 * decision of aa_decision_revocations(), or the file of one that cannot be read. The caller frees. */
char *revocation_options(const struct revocation *r);
char *revocation_name(const struct ctl *ctl, const json_t *one);

/* revoke_list() prints all that is revoked. */
enum ctl_status revoke_list(struct ctl *ctl);

#endif
