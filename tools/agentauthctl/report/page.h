/* SPDX-License-Identifier: Apache-2.0 */
/* page.h: writes a report as one page of HTML that needs no script and asks nobody for anything. */
#ifndef AGENTAUTHCTL_PAGE_H
#define AGENTAUTHCTL_PAGE_H

#include "tools/agentauthctl/report/report.h"
#include "tools/cli/alloc.h"

void page_write(const struct report *report, struct buffer *ret);

#endif
