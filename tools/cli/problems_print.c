/* SPDX-License-Identifier: Apache-2.0 */
/* problems_print.c: prints problems for a person, see problems_print.h. */
#include "config.h"

#include "tools/cli/problems_print.h"

#include <stdio.h>

#include "tools/cli/alloc.h"
#include "tools/cli/say.h"

static void problem_print(const struct problem *one)
{
	struct buffer line = {0};

	if (one->file && one->line && !one->column)
		buffer_printf(&line, "%s:%u: ", one->file, one->line);
	else if (one->file && one->line)
		buffer_printf(&line, "%s:%u:%u: ", one->file, one->line, one->column);
	else
		buffer_printf(&line, "%s: ", one->file ? one->file : say_name());
	buffer_printf(&line, "%s%s%s%s\n", one->warning ? "warning: " : "", one->setting ? one->setting : "",
		      one->setting ? ": " : "", one->what);
	say_text(line.data);
	buffer_free(&line);
}

void problems_print(const struct problems *p)
{
	size_t more = p->errors + p->warnings - p->n;

	for (size_t i = 0; i < p->n; i++)
		problem_print(&p->v[i]);
	if (more)
		fprintf(stderr, "%s: and %zu more\n", say_name(), more);
}
