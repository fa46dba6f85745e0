/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_issuer.h is shared by the commands about issuers. */
#ifndef AGENTAUTHCTL_CMD_ISSUER_H
#define AGENTAUTHCTL_CMD_ISSUER_H

#include "tools/agentauthctl/commands/ctl.h"
#include "tools/agentauthctl/keys/key_fetch.h"

extern const struct command issuer_refresh, issuer_set, issuer_remove;

struct key_store ctl_key_store(const struct ctl *ctl);

/* ctl_issuers() returns the issuers that are published, by name, or CTL_FAILED where the failure was reported. */
enum ctl_status ctl_issuers(struct ctl *ctl, struct aa_issuer ***ret, size_t *ret_n);
void ctl_issuers_free(struct aa_issuer **issuers, size_t n);

/* ctl_skipped_text() returns the line about a key of an issuer's set that cannot be used; the caller frees. */
char *ctl_skipped_text(const json_t *one);

#endif
