/* SPDX-License-Identifier: Apache-2.0 */
/* ctl_units.h: what would bring an agent's processes back: units of the host's systemd with User= the agent, what triggers
 * them, its own user manager and its linger; and what else starts things for it, which is named. Where there is no systemd,
 * only the latter.
 */
#ifndef AGENTAUTHCTL_CTL_UNITS_H
#define AGENTAUTHCTL_CTL_UNITS_H

#include "tools/agentauthctl/commands/ctl.h"

/* Has systemd stop them, without waiting until they are: their processes may be killed meanwhile. Says which. */
void ctl_units_stop(struct ctl *ctl, const char *name, uint32_t uid);
/* Waits until they have stopped; what goes on is an error. */
enum ctl_status ctl_units_wait(struct ctl *ctl, const char *name, uint32_t uid);
/* Names what else the host has that starts things for the agent: tables of cron, jobs of at. */
void ctl_units_tell_others(struct ctl *ctl, const char *name, uint32_t uid);

#endif
