/* SPDX-License-Identifier: Apache-2.0 */
/* ssh_login.h: asks ssh how it would log in. */
#ifndef AGENTAUTH_AGENT_SSH_LOGIN_H
#define AGENTAUTH_AGENT_SSH_LOGIN_H

#include <stdbool.h>

/* A login follows from ssh_config(5) and the arguments together. `host` is empty where they make no login, as with -V. */
struct ssh_login {
	char user[256], host[256], alias[256];
};

/* Asks `ssh -G` about the n arguments for ssh. False comes with the reason said. */
bool ssh_login_ask(char **args, int n, struct ssh_login *ret);
/* Returns the name that ssh puts in parentheses before a host's prompt. */
const char *ssh_login_host(const struct ssh_login *login);
/* Returns the port of HOST:PORT, which is no host's name for ssh, or NULL. An IPv6 address has more colons. */
const char *ssh_login_port(const char *host);

#endif
