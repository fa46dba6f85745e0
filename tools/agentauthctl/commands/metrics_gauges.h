/* SPDX-License-Identifier: Apache-2.0 */
/* metrics_gauges.h: what `metrics` tells of the host as it is now. */
#ifndef AGENTAUTHCTL_METRICS_GAUGES_H
#define AGENTAUTHCTL_METRICS_GAUGES_H

#include "tools/agentauthctl/commands/ctl.h"
#include "tools/agentauthctl/metrics/metrics_state.h"

/* Sets the gauges in `series`. What cannot be read is reported, and has no series: false. */
bool metrics_gauges(struct ctl *ctl, const struct metrics_state *state, json_t *series);

#endif
