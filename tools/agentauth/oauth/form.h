/* SPDX-License-Identifier: Apache-2.0 */
/* form.h: application/x-www-form-urlencoded text that may hold secrets. */
#ifndef AGENTAUTH_AGENT_FORM_H
#define AGENTAUTH_AGENT_FORM_H

#include <stdbool.h>
#include <stddef.h>

/* Begins as {0}. */
struct form {
	char *text; /* or NULL: nothing was added */
	size_t len;
	bool failed; /* memory is out */
};

/* Adds name=value, escaped; nothing where value is NULL. */
void form_add(struct form *form, const char *name, const char *value);
/* Wipes. */
void form_free(struct form *form);

#endif
