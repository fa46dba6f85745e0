/* SPDX-License-Identifier: Apache-2.0 */
/* page_parts.h: the parts of the page. */
#ifndef AGENTAUTHCTL_PAGE_PARTS_H
#define AGENTAUTHCTL_PAGE_PARTS_H

#include "tools/agentauthctl/report/html.h"
#include "tools/agentauthctl/report/report.h"
#include "tools/cli/alloc.h"

#define PAGE_AGENTS 24	   /* that have a row in the timeline */
#define PAGE_ROWS 20	   /* of a table, before the others are counted */
#define PAGE_LONG_ROWS 500 /* of a table that is folded */

/* Begins a table with its caption and its columns: a '#' leads those that are numbers, a '|' those that are bars; NULL ends
 * them. The texts are the program's. */
void page_table(struct buffer *page, const char *caption, const char *const *columns);
void page_table_end(struct buffer *page);
/* Says how many rows are left out; 0: none. */
void page_more(struct buffer *page, uint64_t more, const char *what);
/* Begins and ends what is folded. */
void page_fold(struct buffer *page, const char *summary);
void page_fold_end(struct buffer *page);
/* Begins and ends a section with its heading. */
void page_section(struct buffer *page, const char *id, const char *heading, const char *lead);
void page_section_end(struct buffer *page);

/* page_timeline.c */
void page_timeline(const struct report *report, struct buffer *page);

/* page_bars.c: where a time stands, the lines of its axis, and the axis below a chart. */
void page_x(const struct report *report, struct buffer *page, int64_t when);
void page_grid(const struct report *report, struct buffer *page);
void page_axis(const struct report *report, struct buffer *page);
void page_logins(const struct report *report, struct buffer *page);

/* page_tables.c */
void page_users(const struct report *report, struct buffer *page);
void page_roles(const struct report *report, struct buffer *page);
void page_reasons(const struct report *report, struct buffer *page);
void page_approvals(const struct report *report, struct buffer *page);
void page_unused(const struct report *report, struct buffer *page);
void page_live(const struct report *report, struct buffer *page);

/* page.css, of the build. */
extern const char page_css[];

#endif
