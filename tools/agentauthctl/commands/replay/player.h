/* SPDX-License-Identifier: Apache-2.0 */
/* player.h: plays a recording of a terminal at its own pace. */
#ifndef AGENTAUTHCTL_PLAYER_H
#define AGENTAUTHCTL_PLAYER_H

#include <stdbool.h>

#include "tools/agentauthctl/commands/replay/cast_read.h"

struct player {
	double speed;	   /* 2 is twice as fast */
	double idle_limit; /* seconds that nothing happens for, at most; 0: as long as it was */
	bool terminal;	   /* standard output is one; else there is text without pace */
	bool raw;	   /* everything passes, whatever it does to the terminal */
};

/* Plays on standard output. False: a signal ended it, or standard output failed. In any case the terminal is as it was. */
bool player_play(const struct player *player, struct cast *cast);

#endif
