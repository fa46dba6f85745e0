/* SPDX-License-Identifier: Apache-2.0 */
/* audit_report.h: what the host knows beside its log, for a report of it. */
#ifndef AGENTAUTHCTL_AUDIT_REPORT_H
#define AGENTAUTHCTL_AUDIT_REPORT_H

#include "tools/agentauthctl/commands/ctl.h"
#include "tools/agentauthctl/report/report.h"

/* Asks the registry, the live sessions, the head of the log's chain and the last seal. What cannot be read is left out, and
 * the report says so where it matters. */
void report_facts_ask(struct ctl *ctl, struct report_facts *ret);
void report_facts_free(struct report_facts *facts);

#endif
