/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_audit.c asks the audit log, and proves that it is whole. */
#include "config.h"

#include "tools/agentauthctl/commands/audit/audit.h"

const struct command cmd_audit = {
    .name = "audit",
    .also = "history log logs",
    .words = "COMMAND",
    .summary = "ask the audit log, and prove that nobody changed it",
    .sub = (const struct command *const[]){&audit_show, &audit_tail, &audit_report, &audit_verify,
					   &audit_seal, &audit_export, &audit_index, NULL},
};
