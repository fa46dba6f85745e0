/* SPDX-License-Identifier: Apache-2.0 */
/* service.h: names of services. */
#ifndef AGENTAUTH_TEXT_SERVICE_H
#define AGENTAUTH_TEXT_SERVICE_H

/* Gives the name by which roles list a service: "sudo" for "sudo-i", "su" for "su-l", "runuser" for "runuser-l". */
const char *aa_service_canonical(const char *service);

#endif
