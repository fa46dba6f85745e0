/* SPDX-License-Identifier: Apache-2.0 */
/* session_replay.h: shows again what the commands of a session showed. */
#ifndef AGENTAUTHCTL_SESSION_REPLAY_H
#define AGENTAUTHCTL_SESSION_REPLAY_H

#include "tools/agentauthctl/commands/ctl.h"

extern const struct command session_replay;

#endif
