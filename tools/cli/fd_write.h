/* SPDX-License-Identifier: Apache-2.0 */
/* fd_write.h: writing all of a text, however often write() is interrupted or takes a part. */
#ifndef AGENTAUTHCTL_FD_WRITE_H
#define AGENTAUTHCTL_FD_WRITE_H

#include <stddef.h>

/* 0, or a negative errno; how much was written then is not known. */
int fd_write_all(int fd, const char *bytes, size_t len);

#endif
