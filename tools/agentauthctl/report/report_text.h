/* SPDX-License-Identifier: Apache-2.0 */
/* report_text.h: writes a report for a terminal of 80 columns, and for programs. */
#ifndef AGENTAUTHCTL_REPORT_TEXT_H
#define AGENTAUTHCTL_REPORT_TEXT_H

#include <jansson.h>

#include "tools/agentauthctl/report/report.h"

#define TEXT_ROWS 10 /* of a table, before the others are counted */

/* Prints the report on standard output. */
void report_text(const struct report *report);
/* Adds the numbers and the findings to an answer. */
void report_json(const struct report *report, json_t *answer);

#endif
