/* SPDX-License-Identifier: Apache-2.0 */
/* build_main.h: agentauth.conf in a generation: host, accounts, issuers and roles. */
#ifndef AGENTAUTHCTL_BUILD_MAIN_H
#define AGENTAUTHCTL_BUILD_MAIN_H

#include <stdint.h>

#include "tools/agentauthctl/publish/build_work.h"

/* The host's name is read from the host, not from the text. */
void build_main_digest(struct build_work *w);

/* A text that does not say how agents name this host leaves it to what is published, and the first time to the
 * resolver, which must know then. A text that is checked elsewhere than on its host says nothing about either. */
void build_main_check_audience(const struct build_work *w);

/* Claims the ids of the groups. */
void build_main_claim(struct build_work *w);

/* Puts the records, of a text that is in order. */
void build_main_put(struct build_work *w, uint32_t number);

#endif
