/* SPDX-License-Identifier: Apache-2.0 */
/* print.h: prints answers on standard output. */
#ifndef AGENTAUTH_CLI_PRINT_H
#define AGENTAUTH_CLI_PRINT_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

/* Begins the answer's object with a list, whose elements and end "]," the caller prints: what may be longer than the memory
 * is not gathered. print_json() goes on with the object. */
void print_json_begin(const char *list);
/* Prints one JSON object, indented, and a newline; the reference is stolen. Returns the exit status: 0, or 1 where `json`
 * is NULL, since memory was out, which is reported. */
int print_json(json_t *json);
/* Tells whether an object was printed since this function was last called. */
bool print_took_json(void);

/* Prints a token and nothing behind it, since the program that reads it would take a newline for a part of it. A person at
 * a terminal gets one. */
void print_token(const char *token);

/* Returns a text as it may be shown (text/shown.h). The caller frees. */
char *print_shown(const char *text);

/* Counts the characters of `len` bytes of UTF-8, up to the first that is none. */
int print_width(const char *text, size_t len);

#endif
