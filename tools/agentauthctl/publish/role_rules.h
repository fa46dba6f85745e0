/* SPDX-License-Identifier: Apache-2.0 */
/* role_rules.h writes what a session may read of its own roles' sudo rules, for agentauth may: see sudo_rule.h. */
#ifndef AGENTAUTHCTL_ROLE_RULES_H
#define AGENTAUTHCTL_ROLE_RULES_H

#include "tools/agentauthctl/model/model.h"

/* role_rules_write() makes the file of each role that has sudo, in the generation open as `dirfd`. It returns 0 or a negative
 * errno. A file that cannot be given to the role's group (without root, in a rehearsal) stays its maker's alone. */
int role_rules_write(int dirfd, const struct model *model);

#endif
