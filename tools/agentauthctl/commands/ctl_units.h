/* SPDX-License-Identifier: Apache-2.0 */
/* ctl_units.h stops what would bring an agent's processes back: units of the host's systemd with User= the agent,
 * what triggers them, its own user manager and its linger. What else starts things for the agent is named; where
 * there is no systemd, only that. */
#ifndef AGENTAUTHCTL_CTL_UNITS_H
#define AGENTAUTHCTL_CTL_UNITS_H

#include "tools/agentauthctl/commands/chosen.h"

/* ctl_units_stop() has systemd stop the units, without waiting until they are, so that their processes may be killed
 * meanwhile. It says which. */
void ctl_units_stop(struct ctl *ctl, const char *name, uint32_t uid);
/* ctl_units_wait() waits until the units have stopped, and reports what goes on. */
enum ctl_status ctl_units_wait(struct ctl *ctl, const char *name, uint32_t uid);
/* ctl_units_whose() marks the agents that systemd has something for: a unit, a user manager, or a linger. */
void ctl_units_whose(const struct chosen_agent *agents, size_t n, bool *ret);
/* ctl_units_tell_others() names what else the host has that starts things for the agents: tables of cron, jobs of at. */
void ctl_units_tell_others(struct ctl *ctl, const struct chosen_agent *agents, size_t n);

#endif
