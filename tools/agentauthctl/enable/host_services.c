/* SPDX-License-Identifier: Apache-2.0 */
/* host_services.c: the PAM services that must ask our module, see host_services.h. */
#include "config.h"

#include <stddef.h>

#include "tools/agentauthctl/enable/host_services.h"

#define AUTH PAM_PHASE(AA_PAM_AUTH)
#define SESSION PAM_PHASE(AA_PAM_SESSION)
#define LOGIN (PAM_PHASE(AA_PAM_ACCOUNT) | SESSION)

const struct host_service host_services[] = {
    {"sshd", LOGIN, AUTH},
    {"login", LOGIN, AUTH},
    {"su", LOGIN, AUTH},
    {"su-l", LOGIN, AUTH},
    {"sudo", LOGIN, AUTH},
    {"sudo-i", LOGIN, AUTH},
    {"cron", LOGIN, AUTH},
    {"crond", LOGIN, AUTH},
    {"atd", LOGIN, AUTH},
    {"systemd-user", LOGIN, AUTH},
    {"runuser", SESSION, AUTH},
    {"runuser-l", SESSION, AUTH},
    {"passwd", PAM_PHASE(AA_PAM_PASSWORD), 0},
    {NULL, 0, 0},
};

const char *const host_stack_dirs[] = {AA_SYSCONFDIR "/pam.d", "/usr/lib/pam.d", "/usr/etc/pam.d", NULL};
