/* SPDX-License-Identifier: Apache-2.0 */
/* manual_page.h: parts of a man page that are made of a table of the code. GOLDEN=renew writes them. */
#ifndef MANUAL_PAGE_H
#define MANUAL_PAGE_H

#include "tools/cli/alloc.h"

/* Returns a file of the tree ("man/agentauth.conf.5"), which the caller frees. */
char *read_source(const char *name);
/* Fails where the page is not `should`, or with GOLDEN=renew writes it. */
void is_page(const char *name, const char *page, const struct buffer *should);

#endif
