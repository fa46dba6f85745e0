/* SPDX-License-Identifier: Apache-2.0 */
/* issuer_check.h finds the parts of a request that do not fit its provider. */
#ifndef AGENTAUTHCTL_ISSUER_CHECK_H
#define AGENTAUTHCTL_ISSUER_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/agentauthctl/model/issuer_request.h"
#include "tools/agentauthctl/model/issuer_template.h"

/* issuer_check() returns true for a request that fits. Otherwise `why` says, in a whole sentence without a full stop, what
 * is missing or does not fit. */
bool issuer_check(const struct open_template *of, const struct issuer_request *request, char *why,
		  size_t size);

#endif
