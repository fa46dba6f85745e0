/* SPDX-License-Identifier: Apache-2.0 */
/* issuer_block.h writes the block of agentauth.conf for an issuer, from what is known of its provider.
 *
 * A block says in comments what a person must know of the provider: which claim names the agent, how a token of its own
 * is told from a person's, what must be set up over there. tests/unit/agentauthctl/test_issuer_block.c holds every block
 * against tokens of the shape that the provider issues. */
#ifndef AGENTAUTHCTL_ISSUER_BLOCK_H
#define AGENTAUTHCTL_ISSUER_BLOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/agentauthctl/model/issuer_request.h"
#include "tools/agentauthctl/model/issuer_template.h"

/* issuer_block() returns the group "{ … }" as it stands in `issuers`, indented for it, with comments; the caller frees.
 * It returns NULL where something is missing or does not fit the provider: `why` says so, in a whole sentence without a
 * full stop. Values are quoted here and checked by the reader of the text. */
char *issuer_block(const struct open_template *of, const struct issuer_request *request, char *why,
		   size_t size);

/* issuer_client() says in words what CLIENT of --bind ISSUER:CLIENT is over there. */
const char *issuer_client(const struct open_template *of, const struct issuer_request *request);

#endif
