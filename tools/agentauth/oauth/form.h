/* SPDX-License-Identifier: Apache-2.0 */
/* form.h: writes application/x-www-form-urlencoded text, which may hold secrets. */
#ifndef AGENTAUTH_AGENT_FORM_H
#define AGENTAUTH_AGENT_FORM_H

#include <stdbool.h>
#include <stddef.h>

/* A form begins as {0}. */
struct form {
	char *text; /* NULL while nothing was added */
	size_t len;
	bool failed; /* a value could not be escaped */
};

/* Adds name=value, escaped, unless `value` is NULL. */
void form_add(struct form *form, const char *name, const char *value);
/* Wipes the text and frees it. */
void form_free(struct form *form);

#endif
