/* SPDX-License-Identifier: Apache-2.0 */
/* office.h: what people do without root. Sudo lets the members of an office's group run the office's program, which runs
 * `agentauthctl as OFFICE …`; agentauthctl does no more then than the one table in office.c admits. */
#ifndef AGENTAUTHCTL_OFFICE_H
#define AGENTAUTHCTL_OFFICE_H

#include "tools/agentauthctl/commands/ctl.h"

/* Takes "as OFFICE" from the front of a command line that goes on behind it, so that what stays has an argv[0] again. NULL:
 * there is none, or it is for `agentauthctl as` itself to answer. */
const struct office *office_take(int *argc, char ***argv);
const char *office_name(const struct office *office);

/* Reports, and returns CTL_FAILED, where the command ("role show") is not one of ctl->office, has an option that is not, or
 * names a file for root to read. */
enum ctl_status office_check(struct ctl *ctl, const char *command, const struct arguments *arguments);

/* Returns the name of the office that this process has the group of, and whose members may do this; NULL: there is none. */
const char *office_instead(const char *command, const struct arguments *arguments);

#endif
