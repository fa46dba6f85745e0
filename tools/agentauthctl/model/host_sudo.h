/* SPDX-License-Identifier: Apache-2.0 */
/* host_sudo.h: finds which sudo this host uses, and its version. Whatever depends on it asks here. */
#ifndef AGENTAUTHCTL_HOST_SUDO_H
#define AGENTAUTHCTL_HOST_SUDO_H

#include <stdbool.h>

enum host_sudo_kind {
	HOST_SUDO_UNKNOWN, /* not looked at yet */
	HOST_SUDO_NONE,
	HOST_SUDO_PLUGINS, /* sudo of sudo.ws, which loads plugins; also where it does not start */
	HOST_SUDO_RS,	   /* sudo-rs, which has none */
};

struct host_sudo {
	enum host_sudo_kind kind;
	char version[32]; /* "1.9.13p3", "0.2.5"; "" where it does not say */
};

/* Asks the sudo that is found first, with -V. */
void host_sudo_look(struct host_sudo *sudo);
/* Tells whether it is sudo-rs, older than this version ("0.2.9"). */
bool host_sudo_is_rs_before(const struct host_sudo *sudo, const char *version);
/* Returns the path of its visudo; NULL: there is none. The caller frees. */
char *host_sudo_visudo(const struct host_sudo *sudo);

#endif
