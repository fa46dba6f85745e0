/* SPDX-License-Identifier: Apache-2.0 */
/* nscd.h tells nscd that what it remembers of names is old. */
#ifndef AGENTAUTHCTL_NSCD_H
#define AGENTAUTHCTL_NSCD_H

/* nscd keeps what it was told of names, unless it is told otherwise. */
void nscd_invalidate(void);

#endif
