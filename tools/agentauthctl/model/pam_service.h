/* SPDX-License-Identifier: Apache-2.0 */
/* pam_service.h says whether this host has the PAM stack that a service is named after. */
#ifndef AGENTAUTHCTL_PAM_SERVICE_H
#define AGENTAUTHCTL_PAM_SERVICE_H

/* pam_service_missing() returns NULL where the host, whose /etc is `sysconfdir`, has the stack. Otherwise it returns a sentence
 * that says so, with the name that may be meant; the caller frees it. */
char *pam_service_missing(const char *sysconfdir, const char *service);

#endif
