/* SPDX-License-Identifier: Apache-2.0 */
/* daemon.h: agentauth-sync's own loop: one connection to a directory, now and then a child that asks the mirror, and nothing that
 * wakes it but these. */
#ifndef AGENTAUTH_SYNC_DAEMON_H
#define AGENTAUTH_SYNC_DAEMON_H

#include "tools/sync/incoming.h"
#include "tools/sync/sync_conf.h"

/* Runs until SIGTERM. Returns the exit status. `state` is the folder of state.h. */
int daemon_run(const struct sync_conf *conf, struct incoming *incoming, int state);

#endif
