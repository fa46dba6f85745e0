/* SPDX-License-Identifier: Apache-2.0 */
/* service.h: names of services. */
#ifndef AGENTAUTH_VERIFY_SERVICE_H
#define AGENTAUTH_VERIFY_SERVICE_H

/* "deploy" of "sudo-i" is sudo, of "su-l" su, of "runuser-l" runuser: the name by which roles list a service. */
const char *aa_service_canonical(const char *service);

#endif
