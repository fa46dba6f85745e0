/* SPDX-License-Identifier: Apache-2.0 */
/* settings.h: has the tables of the settings that agentauth.conf and an agent's file may have, and the values that hold
 * where the text says nothing. Both are made of settings.def. */
#ifndef AGENTAUTHCTL_SETTINGS_H
#define AGENTAUTHCTL_SETTINGS_H

#include "common/verify/policy_record.h"
#include "tools/conf/conf_read.h"

#define AGENT_KEYS_MAX 64

extern const struct conf_setting host_settings[], accounts_policy_settings[], issuer_settings[],
    role_settings[];
extern const struct conf_setting agent_settings[];	/* into a struct aa_agent */
extern const struct conf_setting claim_rule_settings[]; /* into a struct aa_claim_rule */

extern const struct aa_host host_usually;
extern const struct aa_accounts_policy accounts_policy_usually;
extern const struct aa_issuer issuer_usually;
extern const struct aa_role role_usually;

#endif
