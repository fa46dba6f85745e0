/* SPDX-License-Identifier: Apache-2.0 */
/* print.h: what agentauth answers, on standard output. */
#ifndef AGENTAUTH_AGENT_PRINT_H
#define AGENTAUTH_AGENT_PRINT_H

#include <jansson.h>

/* One JSON object, indented, and a newline; the reference is stolen. The exit status: 0, or 1 where `json` is
 * NULL, since there was no memory to make it, which is said. */
int print_json(json_t *json);

/* A token, and nothing behind it: a newline would be a byte too many for what reads it. A person at a
 * terminal wants one. */
void print_token(const char *token);

#endif
