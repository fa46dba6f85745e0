/* SPDX-License-Identifier: Apache-2.0 */
/* audit_rules.h: the rules by which the kernel's audit tells of agents' programs, put in and taken out again. */
#ifndef AGENTAUTHCTL_AUDIT_RULES_H
#define AGENTAUTHCTL_AUDIT_RULES_H

#include <stddef.h>

#include <linux/audit.h>

#include "tools/agentauthctl/record/exec_source.h"

/* Opens the socket that commands go to. A descriptor or -errno. */
int audit_rules_socket(void);

/* Gives what the kernel says of its audit. 0; -EPERM: not here (another pid namespace, or no right). */
int audit_rules_status(int fd, struct audit_status *ret);

/* Puts the rules in, and has the kernel audit at all; what it was before stands in the file `marker`. Where the host has no
 * rules of its own, people's processes are left out altogether. 0 or -errno. */
int audit_rules_put(int fd, const struct exec_range *range, const char *marker);
/* Takes the rules out, and puts back what the marker says. Rules that are not there are no failure. 0 or -errno. */
int audit_rules_take(int fd, const struct exec_range *range, const char *marker);

#endif
