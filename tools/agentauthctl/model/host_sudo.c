/* SPDX-License-Identifier: Apache-2.0 */
/* host_sudo.c: see host_sudo.h. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/agentauthctl/model/host_sudo.h"
#include "tools/cli/spawn.h"

/* Finds the sudo that people and agents come to, in the order that their PATH has. */
static char *find_sudo(void)
{
	static const char *const local[] = {"/usr/local/sbin/sudo", "/usr/local/bin/sudo"};

	for (size_t i = 0; i < sizeof(local) / sizeof(*local); i++)
		if (access(local[i], X_OK) == 0)
			return xstrdup(local[i]);
	return program_find("sudo");
}

void host_sudo_look(struct host_sudo *sudo)
{
	char *path = find_sudo(), *argv[] = {path, (char[]){"-V"}, NULL};
	struct buffer output = {0};

	*sudo = (struct host_sudo){.kind = path ? HOST_SUDO_PLUGINS : HOST_SUDO_NONE};
	if (path && program_run(argv, "", 0, &output) == 0 && output.len) {
		if (sscanf(output.data, "sudo-rs %31s", sudo->version) == 1)
			sudo->kind = HOST_SUDO_RS;
		else
			(void)sscanf(output.data, "Sudo version %31s", sudo->version);
	}
	buffer_free(&output);
	free(path);
}

bool host_sudo_is_rs_before(const struct host_sudo *sudo, const char *version)
{
	return sudo->kind == HOST_SUDO_RS && strverscmp(sudo->version, version) < 0;
}

/* Where both sudos are installed, that of sudo-rs has a name of its own. */
char *host_sudo_visudo(const struct host_sudo *sudo)
{
	char *path = sudo->kind == HOST_SUDO_RS ? program_find("visudo-rs") : NULL;

	return path ? path : program_find("visudo");
}
