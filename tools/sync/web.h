/* SPDX-License-Identifier: Apache-2.0 */
/* web.h: the second carrier: the same files over HTTPS, from whatever serves a folder. It is asked whether something has changed
 * (ETag, RFC 9110 section 13.1.2), and only what is not there yet is fetched. */
#ifndef AGENTAUTH_SYNC_WEB_H
#define AGENTAUTH_SYNC_WEB_H

#include "tools/sync/incoming.h"
#include "tools/sync/sync_conf.h"

/* Fetches what has changed: stops first, then files, then the manifest. `state` is the folder of state.h. 0, or -1: said. */
int web_fetch(const struct sync_web *web, const struct incoming_limits *limits, struct incoming *incoming,
	      int state);

#endif
