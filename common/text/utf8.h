/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h: reads UTF-8 strictly, RFC 3629, and says how a character looks. */
#ifndef AGENTAUTH_TEXT_UTF8_H
#define AGENTAUTH_TEXT_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Gives the number of bytes that the character at `s` takes, of at most `len`; 0: it is not UTF-8. */
size_t aa_utf8_next(const char *s, size_t len, uint32_t *ret_character);

/* Says whether the character must not stand in a line that people and terminals read: controls (C0, DEL, C1), line
 * separators, and the marks that turn the direction of writing. */
bool aa_utf8_is_control(uint32_t character);
/* Says whether the character cannot be seen, or looks like a space and is none, or has no look that is agreed on:
 * controls, formats, separators, tags, variation selectors, private use, noncharacters. Every control is hidden. */
bool aa_utf8_is_hidden(uint32_t character);
/* Says whether the character is drawn onto the one before it: the Unicode categories Mn and Me. */
bool aa_utf8_is_mark(uint32_t character);

#endif
