/* SPDX-License-Identifier: Apache-2.0 */
/* nscd.c tells nscd that what it remembers of names is old. */
#include "config.h"

#include "tools/agentauthctl/publish/nscd.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tools/cli/alloc.h"
#include "tools/cli/spawn.h"

void nscd_invalidate(void)
{
	static const char *const tables[] = {"passwd", "group"};
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/var/run/nscd/socket"};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool running = fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
	char *program = running ? program_find("nscd") : NULL;

	if (fd >= 0)
		close(fd);
	for (size_t i = 0; program && i < sizeof(tables) / sizeof(*tables); i++) {
		char *table = xstrdup(tables[i]), *argv[] = {program, (char[]){"-i"}, table, NULL};

		program_run(argv, "", 0, NULL);
		free(table);
	}
	free(program);
}
