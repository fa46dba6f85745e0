/* SPDX-License-Identifier: Apache-2.0 */
/* service.c: names of services, see service.h. */
#include "config.h"

#include "common/text/service.h"

#include <stddef.h>
#include <string.h>

const char *aa_service_canonical(const char *service)
{
	static const char *const aliases[][2] = {
	    {"sudo-i", "sudo"}, {"su-l", "su"}, {"runuser-l", "runuser"}, {"agentauth-run", "sudo"}};

	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (strcmp(service, aliases[i][0]) == 0)
			return aliases[i][1];
	return service;
}
