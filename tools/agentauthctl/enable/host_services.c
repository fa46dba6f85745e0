/* SPDX-License-Identifier: Apache-2.0 */
/* host_services.c: the PAM services that must ask our module, see host_services.h. */
#include "config.h"

#include <stddef.h>

#include "tools/agentauthctl/enable/host_services.h"

#define AUTH PAM_PHASE(AA_PAM_AUTH)
#define SESSION PAM_PHASE(AA_PAM_SESSION)
#define LOGIN (PAM_PHASE(AA_PAM_ACCOUNT) | SESSION)

const struct host_service host_services[] = {
    {"sshd", LOGIN, AUTH, true},
    {"login", LOGIN, AUTH, true},
    {"su", LOGIN, AUTH, true},
    {"su-l", LOGIN, AUTH, true},
    {"sudo", LOGIN, AUTH, true},
    {"sudo-i", LOGIN, AUTH, true},
    {"cron", LOGIN, AUTH, false},
    {"crond", LOGIN, AUTH, false},
    {"atd", LOGIN, AUTH, false},
    {"systemd-user", LOGIN, AUTH, false},
    {"runuser", SESSION, AUTH, false},
    {"runuser-l", SESSION, AUTH, false},
    {"passwd", PAM_PHASE(AA_PAM_PASSWORD), 0, false},
    {NULL, 0, 0, false},
};

const char *const host_stack_dirs[] = {AA_SYSCONFDIR "/pam.d", "/usr/lib/pam.d", "/usr/etc/pam.d", NULL};
