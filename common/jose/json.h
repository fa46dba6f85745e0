/* SPDX-License-Identifier: Apache-2.0 */
/* json.h: jansson with the strictness that claims need (RFC 8259, RFC 7519 section 4, THREATS 6, 7). */
#ifndef AGENTAUTH_JOSE_JSON_H
#define AGENTAUTH_JOSE_JSON_H

#include <jansson.h>

#include "common/jose/jose.h"
#include "common/text/list.h"

/* Reads one JSON object in UTF-8. Refused: BOM, NUL, \u0000, trailing data, a duplicate member at any depth, and nesting
 * past AA_JSON_DEPTH_MAX (before the parser recurses). *ret is a new reference. */
enum aa_jose_err aa_json_object(const void *text, size_t len, json_t **ret);

/* Writes the JSON as text, with jansson's flags, from malloc(); NULL: memory is out. json_dumps() will not do: where
 * memory is out for a member's name it goes on without that name. */
char *aa_json_text(const json_t *json, size_t flags);

/* Lists an array of strings, which stay the array's; the caller frees ret->v, also after a failure. false: the JSON is no
 * such array, or memory is out. */
bool aa_json_list(const json_t *json, struct aa_list *ret);

/* Finds the first byte in [p, end) that is not JSON white space, or end, for a decision before a parser runs. */
const char *aa_json_skip_space(const char *p, const char *end);
/* Steps over a string: `p` is at the opening quote. The byte behind the closing quote, or NULL where there is none. */
const char *aa_json_skip_string(const char *p, const char *end);

#endif
