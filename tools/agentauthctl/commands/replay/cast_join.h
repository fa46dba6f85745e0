/* SPDX-License-Identifier: Apache-2.0 */
/* cast_join.h: writes recordings into one asciicast. */
#ifndef AGENTAUTHCTL_CAST_JOIN_H
#define AGENTAUTHCTL_CAST_JOIN_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/agentauthctl/commands/replay/cast_read.h"

/* Writes the recordings, one after another as they were, into a file that is not there yet ("-": standard output). A marker
 * names each command. Without `raw` what does more than draw is left out, as when it is played. NULL, or why it failed. */
const char *cast_join(struct cast *casts, size_t n, bool raw, const char *file);

#endif
