/* SPDX-License-Identifier: Apache-2.0 */
/* json_scan.h: stepping over JSON text without building anything, for what is decided before a parser is let
 * at it. */
#ifndef AGENTAUTH_JOSE_JSON_SCAN_H
#define AGENTAUTH_JOSE_JSON_SCAN_H

/* The first byte in [p, end) that is not JSON white space, or end. */
const char *aa_json_skip_space(const char *p, const char *end);

/* `p` is at an opening quote: the byte behind the closing one, or NULL where there is none. */
const char *aa_json_skip_string(const char *p, const char *end);

#endif
