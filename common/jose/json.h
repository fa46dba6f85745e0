/* SPDX-License-Identifier: Apache-2.0 */
/* json.h: jansson with the strictness that claims need (RFC 8259, RFC 7519 section 4, THREATS 6, 7). */
#ifndef AGENTAUTH_JOSE_JSON_H
#define AGENTAUTH_JOSE_JSON_H

#include <jansson.h>

#include "common/jose/jose.h"

/* One JSON object, UTF-8, by length: no BOM, NUL, \u0000, trailing data, duplicate member at any depth, and
 * no nesting past AA_JSON_DEPTH_MAX (checked before the parser recurses). *ret is a new reference. */
enum aa_jose_err aa_json_object(const void *text, size_t len, json_t **ret);

/* The whole of it as text, with jansson's flags, to be freed; NULL: out of memory. json_dumps() is not used, since it goes
 * on without a member's name where memory is out for it. */
char *aa_json_text(const json_t *json, size_t flags);

#endif
