/* SPDX-License-Identifier: Apache-2.0 */
/* power.h: names that carry power on a host: the groups whose members are as good as root or see what root sees,
 * and what this product calls its own. One table, for agents' names (a package that is installed later, or a rule
 * of polkit or sudo, would take the agent's own group for the one that it knows) and for the groups of roles.
 */
#ifndef AGENTAUTHCTL_POWER_H
#define AGENTAUTHCTL_POWER_H

#include "tools/agentauthctl/model/host_facts.h"

/* What the group (or account) of this name can do on a host, as a sentence's rest ("its members …"), whether or not
 * this host has it; NULL: nothing that is known. */
const char *power_of_name(const char *name);

/* The same of a group of this host: by its name, by another name of the same gid, by what the sudoers give it.
 * NULL: nothing. */
const char *power_of_group(const struct host_facts *facts, const char *name);

#endif
