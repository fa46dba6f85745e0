/* SPDX-License-Identifier: Apache-2.0 */
/* record.h: the configuration's structs as the records of policy.cdb (verify/policy.h is the contract). */
#ifndef AGENTAUTHCTL_RECORD_H
#define AGENTAUTHCTL_RECORD_H

#include <jansson.h>

#include "alloc.h"
#include "model.h"

/* A key in the forms that the records hold. */
struct key_forms {
	char thumbprint[44];
	json_t *jwk;
	char *ssh; /* TYPE BASE64 */
};

/* Keys that were converted before: many agents may share one, and converting is what costs. One per thread.
 */
struct key_memo;
struct key_memo *key_memo_new(void);
void key_memo_free(struct key_memo *memo);
/* NULL: refused; `why` has the rest of a sentence. The forms stay the memo's, until the next call. */
const struct key_forms *key_memo_get(struct key_memo *memo, const char *pem, char *why, size_t size);

/* New references; NULL when memory is out. */
json_t *record_host(const struct model *model, uint32_t generation);
json_t *record_issuer(const struct model *model, const struct model_issuer *issuer);
json_t *record_role(const struct model_role *role);
json_t *record_binding(const struct agent_binding *binding);

/* The agent's record, and the lines of its "s" record in accounts.cdb appended to `ssh`. The keys are
 * converted and checked here; NULL: reported. */
json_t *record_agent(const struct agent *agent, const struct conf_file *file, struct key_memo *memo,
		     struct problems *problems, struct buffer *ssh);

/* What passwd shows of a description: no colon, which separates its fields. */
void record_gecos(const char *description, struct buffer *ret);

#endif
