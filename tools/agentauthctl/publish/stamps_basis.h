/* SPDX-License-Identifier: Apache-2.0 */
/* stamps_basis.h digests what the records of every agent depend on, beside the agent's file. */
#ifndef AGENTAUTHCTL_STAMPS_BASIS_H
#define AGENTAUTHCTL_STAMPS_BASIS_H

#include <stdbool.h>

#include "tools/agentauthctl/model/model.h"
#include "tools/agentauthctl/publish/digester.h"

/* stamps_basis() returns false where it cannot be told, so that nothing can be taken from a generation. */
bool stamps_basis(const struct model *model, unsigned char ret[DIGEST_SIZE]);

#endif
