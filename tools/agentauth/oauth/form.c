/* SPDX-License-Identifier: Apache-2.0 */
/* form.c: writes application/x-www-form-urlencoded text. */
#include "config.h"

#include "tools/agentauth/oauth/form.h"

#include <stdlib.h>
#include <string.h>

#include "tools/agentauth/local/own_files.h"
#include "tools/http/http.h"

void form_add(struct form *form, const char *name, const char *value)
{
	size_t name_len = strlen(name), more;
	char *escaped = value ? http_escape(value) : NULL, *text;

	if (!value)
		return;
	more = escaped ? name_len + strlen(escaped) + 2 : 0;
	text = escaped ? malloc(form->len + more + 1) : NULL;
	if (text) {
		char *p = text;

		if (form->len > 0) {
			p = mempcpy(p, form->text, form->len);
			*p++ = '&';
		}
		p = mempcpy(p, name, name_len);
		*p++ = '=';
		(void)strcpy(p, escaped);
		own_wipe(form->text);
		form->text = text;
		form->len = strlen(text);
	} else {
		form->failed = true;
	}
	own_wipe(escaped);
}

void form_free(struct form *form)
{
	own_wipe(form->text);
	*form = (struct form){0};
}
