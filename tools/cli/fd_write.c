/* SPDX-License-Identifier: Apache-2.0 */
/* fd_write.c: writing a text whole. */
#include "config.h"

#include "tools/cli/fd_write.h"

#include <errno.h>
#include <unistd.h>

int fd_write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}
