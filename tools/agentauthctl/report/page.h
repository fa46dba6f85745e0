/* SPDX-License-Identifier: Apache-2.0 */
/* page.h: writes a report as one page of HTML that needs no script and asks nobody for anything. */
#ifndef AGENTAUTHCTL_PAGE_H
#define AGENTAUTHCTL_PAGE_H

#include "tools/agentauthctl/report/report.h"
#include "tools/cli/alloc.h"

#define PAGE_AGENTS 24	   /* that have a row in the timeline */
#define PAGE_ROWS 20	   /* of a table, before the others are counted */
#define PAGE_LONG_ROWS 500 /* of a table that is folded */

void page_write(const struct report *report, struct buffer *ret);

#endif
