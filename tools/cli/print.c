/* SPDX-License-Identifier: Apache-2.0 */
/* print.c: prints results, as text and as JSON. */
#include "config.h"

#include "tools/cli/print.h"

#include <stdio.h>
#include <unistd.h>

#include "common/text/shown.h"
#include "common/text/utf8.h"
#include "tools/cli/alloc.h"
#include "tools/cli/say.h"

static bool has_json;
static bool is_begun; /* its brace is printed, and members */

bool print_took_json(void)
{
	bool took = has_json;

	has_json = false;
	return took;
}

void print_json_begin(const char *list)
{
	is_begun = true;
	printf("{\n  \"%s\": [", list);
}

int print_json(json_t *json)
{
	char *text;

	if (!json)
		return say_failed("memory is out");
	text = json_dumps(json, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	puts(text ? text + is_begun : "");
	free(text);
	has_json = true;
	json_decref(json);
	return 0;
}

void print_token(const char *token)
{
	printf(isatty(STDOUT_FILENO) ? "%s\n" : "%s", token);
}

char *print_shown(const char *text)
{
	size_t len = aa_shown_text(NULL, 0, text);
	char *shown = xmalloc(len + 1);

	(void)aa_shown_text(shown, len + 1, text);
	return shown;
}

int print_width(const char *text, size_t len)
{
	size_t n;
	uint32_t c;
	int count = 0;

	for (; len && (n = aa_utf8_next(text, len, &c)); text += n, len -= n)
		count++;
	return count;
}
