/* SPDX-License-Identifier: Apache-2.0 */
/* build_main.h puts agentauth.conf into a generation: host, accounts, issuers and roles. */
#ifndef AGENTAUTHCTL_BUILD_MAIN_H
#define AGENTAUTHCTL_BUILD_MAIN_H

#include <stdint.h>

#include "tools/agentauthctl/publish/build_work.h"

/* The host's name comes from the host, not from the text, so that the digest has both. */
void build_main_digest(struct build_work *w);

/* A text that does not say how agents name this host leaves that to what is published, and the first time to the
 * resolver, which must know the name then. A text that is checked on another host than its own decides neither. */
void build_main_check_audience(const struct build_work *w);

/* build_main_claim() claims the ids of the groups. */
void build_main_claim(struct build_work *w);

/* build_main_put() puts the records of a text that is in order. */
void build_main_put(struct build_work *w, uint32_t number);

#endif
