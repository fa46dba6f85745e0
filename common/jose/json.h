/* json.h: jansson with the strictness that claims need (RFC 8259, RFC 7519 section 4, THREATS 6, 7). */
#ifndef AGENTAUTH_JOSE_JSON_H
#define AGENTAUTH_JOSE_JSON_H

#include <jansson.h>

#include "jose.h"

/* One JSON object, UTF-8, by length: no BOM, NUL, \u0000, trailing data, duplicate member at any depth, and
 * no nesting past AA_JSON_DEPTH_MAX (checked before the parser recurses). *ret is a new reference. */
enum aa_jose_err aa_json_object(const void *text, size_t len, json_t **ret);

#endif
