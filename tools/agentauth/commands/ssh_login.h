/* SPDX-License-Identifier: Apache-2.0 */
/* ssh_login.h: how ssh would log in. */
#ifndef AGENTAUTH_AGENT_SSH_LOGIN_H
#define AGENTAUTH_AGENT_SSH_LOGIN_H

#include <stdbool.h>

/* ssh_config(5) and the arguments together. `host` is empty where they make no login, as with -V. */
struct ssh_login {
	char user[256], host[256], alias[256];
};

/* Asks `ssh -G` about `args` (ssh's, n of them). False with the reason said. */
bool ssh_login_ask(char **args, int n, struct ssh_login *ret);
/* The name in the parentheses that ssh puts before a host's prompt. */
const char *ssh_login_host(const struct ssh_login *login);
/* The port of HOST:PORT, which is no host's name for ssh; an IPv6 address has more colons. NULL: there is none. */
const char *ssh_login_port(const char *host);

#endif
