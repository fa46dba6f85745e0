/* SPDX-License-Identifier: Apache-2.0 */
/* record.h writes the configuration's structs as the records of policy.cdb (verify/policy.h is the contract). */
#ifndef AGENTAUTHCTL_RECORD_H
#define AGENTAUTHCTL_RECORD_H

#include "tools/agentauthctl/model/model.h"
#include "tools/agentauthctl/publish/key_forms.h"
#include "tools/cli/alloc.h"

/* Each function puts the record's JSON into the buffer, whose earlier content goes. */
void record_host(const struct model *model, uint32_t generation, struct buffer *ret);
/* record_accounts() puts what accounts.cdb is made with, beside the agents. No login reads that record; later texts
 * are compared with it. */
void record_accounts(const struct model *model, struct buffer *ret);
void record_issuer(const struct aa_issuer *issuer, struct buffer *ret);
void record_issuer_name(const struct aa_issuer *issuer, struct buffer *ret); /* of "iss:" */
void record_role(const struct aa_role *role, struct buffer *ret);

/* record_agent() puts the agent's record, and into `ssh` the lines of its "s" record in accounts.cdb. The keys are
 * converted and checked here. It returns 0, or -1 where the failure was reported. */
int record_agent(const struct aa_agent *agent, const struct conf_file *file, struct key_memo *memo,
		 struct problems *problems, struct buffer *ret, struct buffer *ssh);

/* record_gecos() puts a description as passwd shows it, without the colon, which separates passwd's fields. */
void record_gecos(const char *description, struct buffer *ret);

#endif
