/* SPDX-License-Identifier: Apache-2.0 */
/* json_text.h: writes JSON (RFC 8259) straight into a buffer. jansson builds a tree for it first, which for the records of
 * a million agents is most of the work.
 *
 * Every value is followed by a comma, which the end of its object or array takes back. Strings are UTF-8: the reader of the
 * configuration has seen to it. */
#ifndef AGENTAUTHCTL_JSON_TEXT_H
#define AGENTAUTHCTL_JSON_TEXT_H

#include <stdint.h>

#include "tools/cli/alloc.h"

void json_text_open(struct buffer *b, const char *name,
		    char bracket); /* name NULL: in an array, or the whole */
void json_text_close(struct buffer *b, char bracket);
void json_text_string(struct buffer *b, const char *name, const char *value);
void json_text_number(struct buffer *b, const char *name, int64_t value);
void json_text_raw(struct buffer *b, const char *name, const char *json);
/* Takes back the last comma, once the whole text is complete. */
void json_text_end(struct buffer *b);

#endif
