/* SPDX-License-Identifier: Apache-2.0 */
/* record.h: the configuration's structs as the records of policy.cdb (verify/policy.h is the contract). */
#ifndef AGENTAUTHCTL_RECORD_H
#define AGENTAUTHCTL_RECORD_H

#include "tools/agentauthctl/model/model.h"
#include "tools/agentauthctl/publish/key_forms.h"
#include "tools/cli/alloc.h"

/* Each puts the record's JSON into the buffer, whose earlier content goes. */
void record_host(const struct model *model, uint32_t generation, struct buffer *ret);
/* What accounts.cdb is made with, beside the agents; no login reads it, it is there to be compared with. */
void record_accounts(const struct model *model, struct buffer *ret);
void record_issuer(const struct aa_issuer *issuer, struct buffer *ret);
void record_issuer_name(const struct aa_issuer *issuer, struct buffer *ret); /* of "iss:" */
void record_role(const struct aa_role *role, struct buffer *ret);

/* The agent's record, and in `ssh` the lines of its "s" record in accounts.cdb. The keys are converted and
 * checked here; -1: reported. */
int record_agent(const struct aa_agent *agent, const struct conf_file *file, struct key_memo *memo,
		 struct problems *problems, struct buffer *ret, struct buffer *ssh);

/* What passwd shows of a description: no colon, which separates its fields. */
void record_gecos(const char *description, struct buffer *ret);

#endif
