/* SPDX-License-Identifier: Apache-2.0 */
/* sources.h: which networks a login may come from. */
#ifndef AGENTAUTH_VERIFY_SOURCES_H
#define AGENTAUTH_VERIFY_SOURCES_H

#include <stdbool.h>

#include "common/text/list.h"

/* Says whether `address` (numeric, an IPv4-mapped one counts as IPv4) lies in one of the networks; no networks:
 * everywhere. */
bool aa_sources_admit(const struct aa_list *sources, const char *address);
/* Says whether an address can lie in a network of both lists; no networks: everywhere. */
bool aa_sources_meet(const struct aa_list *a, const struct aa_list *b);

#endif
