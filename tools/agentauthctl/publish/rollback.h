/* SPDX-License-Identifier: Apache-2.0 */
/* rollback.h makes an earlier generation serve again. */
#ifndef AGENTAUTHCTL_ROLLBACK_H
#define AGENTAUTHCTL_ROLLBACK_H

#include <stdint.h>

#include "tools/agentauthctl/publish/workspace.h"

/* publish_rollback() makes generation `number` serve, and sudoers as it was with that. It returns 0, or -1 where the
 * failure was reported. */
int publish_rollback(struct workspace *ws, uint32_t number);

#endif
