/* SPDX-License-Identifier: Apache-2.0 */
/* read_log.h: reads the audit log once, for the report and for its chain. */
#ifndef AGENTAUTHCTL_READ_LOG_H
#define AGENTAUTHCTL_READ_LOG_H

#include <stdbool.h>

#include "tools/agentauthctl/audit/log_files.h"
#include "tools/agentauthctl/report/gather.h"
#include "tools/cli/progress.h"

/* Gives all records of the files to a gathering that has begun, and notes in its report how the chain fits. Files that
 * were written before what is gathered are not read. False: not all could be read, which is reported. */
bool read_log(struct gather *gather, const struct log_files *files, struct problems *problems,
	      struct progress *progress);

#endif
