/* SPDX-License-Identifier: Apache-2.0 */
/* slurp.c: reads a file whole, see slurp.h. */
#include "config.h"

#include "tools/agentauthctl/model/slurp.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "tools/cli/alloc.h"

#define SLURP_MAX (64 * 1024 * 1024)

int slurp(const char *file, char **ret)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), r = 0;
	struct buffer text = {0};
	char part[65536];
	ssize_t n;

	if (fd < 0)
		return -errno;
	while ((n = read(fd, part, sizeof(part))) > 0 && text.len < SLURP_MAX)
		buffer_add(&text, part, (size_t)n);
	if (n != 0)
		r = n < 0 ? -errno : -EFBIG;
	close(fd);
	if (r == 0)
		*ret = buffer_take(&text);
	buffer_free(&text);
	return r;
}
