/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h: reading UTF-8 strictly, RFC 3629, and what a character is to somebody who reads it. */
#ifndef AGENTAUTH_JOSE_UTF8_H
#define AGENTAUTH_JOSE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many bytes the character at `s` takes, of at most `len`; 0: it is not UTF-8. */
size_t aa_utf8_next(const char *s, size_t len, uint32_t *ret_character);

/* What must not stand in a line that people and terminals read: controls (C0, DEL, C1), line separators, and
 * the marks that turn the direction of writing. */
bool aa_utf8_is_control(uint32_t character);
/* What cannot be seen, or looks like a space and is none, or has no look that is agreed on: controls, formats,
 * separators, tags, variation selectors, private use, noncharacters. Every control is hidden. */
bool aa_utf8_is_hidden(uint32_t character);
/* What is drawn onto the character before it: the Unicode categories Mn and Me. */
bool aa_utf8_is_mark(uint32_t character);

#endif
