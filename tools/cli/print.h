/* SPDX-License-Identifier: Apache-2.0 */
/* print.h: what is answered, on standard output. */
#ifndef AGENTAUTH_CLI_PRINT_H
#define AGENTAUTH_CLI_PRINT_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

/* One JSON object, indented, and a newline; the reference is stolen. The exit status: 0, or 1 where `json` is
 * NULL, since there was no memory to make it, which is said. */
int print_json(json_t *json);
/* Whether that was done since this was asked last. */
bool print_took_json(void);

/* A token, and nothing behind it: a newline would be a byte too many for what reads it. A person at a
 * terminal wants one. */
void print_token(const char *token);

/* How many characters `len` bytes of UTF-8 are, up to the first that is none. */
int print_width(const char *text, size_t len);

#endif
