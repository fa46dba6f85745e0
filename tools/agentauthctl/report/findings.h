/* SPDX-License-Identifier: Apache-2.0 */
/* findings.h: what of a report a person should look at, with the command that shows more of it. */
#ifndef AGENTAUTHCTL_FINDINGS_H
#define AGENTAUTHCTL_FINDINGS_H

#include "tools/agentauthctl/report/report.h"

#define FINDING_BURST 10       /* refusals within ten minutes */
#define FINDING_UNUSED_DAYS 30 /* of an agent or a key */
#define FINDING_SOBER_DAYS 90  /* without sudo */
#define FINDING_HISTORY_DAYS 7 /* of log, before it says that a role is not used */

/* Looks at a report that was gathered. Findings come in the order of their weight. */
void findings_look(struct report *report);

/* Returns the word for people of a finding's weight. */
const char *finding_weight(const struct report_finding *finding);

#endif
