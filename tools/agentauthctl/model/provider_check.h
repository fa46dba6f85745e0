/* SPDX-License-Identifier: Apache-2.0 */
/* provider_check.h: what of a request does not fit its provider. */
#ifndef AGENTAUTHCTL_PROVIDER_CHECK_H
#define AGENTAUTHCTL_PROVIDER_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/agentauthctl/model/provider.h"
#include "tools/agentauthctl/model/providers.h"

/* `provider` NULL: there is none of the name that was asked for. False: `why` says, in a whole sentence without a full
 * stop, what is missing or does not fit. */
bool provider_check(const struct provider *provider, const struct provider_request *request, char *why,
		    size_t size);

#endif
