/* SPDX-License-Identifier: Apache-2.0 */
/* power.h: lists the names that carry power on a host: the groups whose members are as good as root or see what root sees,
 * and the names of this product. The one table is for agents' names and for the groups of roles. A package that is
 * installed later, or a rule of polkit or sudo, would take the agent's own group for the group that it knows. */
#ifndef AGENTAUTHCTL_POWER_H
#define AGENTAUTHCTL_POWER_H

#include "tools/agentauthctl/model/host_facts.h"

/* Returns what the group (or account) of this name can do on a host, as a sentence's rest ("its members …"), whether or not
 * this host has it; NULL: nothing is known. */
const char *power_of_name(const char *name);

/* Returns what a group of this host can do, by its name, by another name of the same gid, or by what the sudoers give it.
 * NULL: nothing. */
const char *power_of_group(const struct host_facts *facts, const char *name);

#endif
