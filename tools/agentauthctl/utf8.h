/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h: reading UTF-8 strictly, RFC 3629. */
#ifndef AGENTAUTHCTL_UTF8_H
#define AGENTAUTHCTL_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many bytes the character at `s` takes, of at most `len`; 0: it is not UTF-8. */
size_t utf8_next(const char *s, size_t len, uint32_t *ret_character);

/* What must not stand in a line that people and terminals read: controls (C0, DEL, C1), line separators, and
 * the marks that turn the direction of writing. */
bool utf8_is_control(uint32_t character);

#endif
