/* SPDX-License-Identifier: Apache-2.0 */
/* problems.c: gathers problems, see problems.h. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/text/shown.h"
#include "tools/cli/alloc.h"
#include "tools/cli/problems.h"

#define QUOTED_MAX 60 /* characters */

static void problem_clear(struct problem *one)
{
	free(one->file);
	free(one->setting);
	free(one->what);
}

void problems_free(struct problems *p)
{
	for (size_t i = 0; i < p->n; i++)
		problem_clear(&p->v[i]);
	free(p->v);
	*p = (struct problems){0};
}

void problems_add(struct problems *p, bool warning, const struct position *position, const char *format,
		  va_list args)
{
	struct problem *one;

	if (warning)
		p->warnings++;
	else
		p->errors++;
	if (p->n >= PROBLEMS_KEPT)
		return;
	grow(&p->v, &p->cap, p->n + 1, sizeof *p->v);
	one = &p->v[p->n++];
	*one = (struct problem){.warning = warning, .what = xvasprintf(format, args)};
	if (!position)
		return;
	one->file = position->file ? xstrdup(position->file) : NULL;
	one->setting = position->setting && *position->setting ? xstrdup(position->setting) : NULL;
	one->line = position->line;
	one->column = position->column;
	one->code = position->code;
}

void problem_error(struct problems *p, const struct position *position, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	problems_add(p, false, position, format, args);
	va_end(args);
}

void problem_warning(struct problems *p, const struct position *position, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	problems_add(p, true, position, format, args);
	va_end(args);
}

void problems_forget_warnings(struct problems *p, const char *file)
{
	size_t left = 0;

	for (size_t i = 0; i < p->n; i++) {
		struct problem *one = &p->v[i];

		if (one->warning && one->file && strcmp(one->file, file) == 0) {
			p->warnings--;
			problem_clear(one);
		} else {
			p->v[left++] = *one;
		}
	}
	p->n = left;
}

void problems_move(struct problems *to, struct problems *from)
{
	to->errors += from->errors;
	to->warnings += from->warnings;
	for (size_t i = 0; i < from->n; i++) {
		if (to->n < PROBLEMS_KEPT) {
			grow(&to->v, &to->cap, to->n + 1, sizeof *to->v);
			to->v[to->n++] = from->v[i];
		} else {
			problem_clear(&from->v[i]);
		}
	}
	from->n = 0;
	problems_free(from);
}

const char *problem_code(const struct problem *problem)
{
	return problem->code ? problem->code : problem->warning ? "unwise" : "invalid";
}

json_t *problems_json(const struct problems *p, bool warnings)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->n; i++) {
		const struct problem *one = &p->v[i];
		json_t *o;

		if (one->warning != warnings)
			continue;
		o = json_pack("{s:s*, s:s*, s:s}", "file", one->file, "setting", one->setting, "what",
			      one->what);
		if (o && one->line)
			json_object_set_new(o, "line", json_integer((json_int_t)one->line));
		if (o && one->line && one->column)
			json_object_set_new(o, "column", json_integer((json_int_t)one->column));
		json_array_append_new(list, o);
	}
	return list;
}

const char *quoted(const char *text)
{
	static _Thread_local char room[4][QUOTED_MAX * AA_SHOWN_MAX + 8];
	static _Thread_local unsigned turn;
	struct aa_shown shown = {.at = text};
	char *out = room[turn++ % 4];
	size_t len = 0;
	bool escaped;

	out[len++] = '"';
	for (unsigned n = 0; *shown.at && n < QUOTED_MAX; n++) {
		if (*shown.at == '"' || *shown.at == '\\')
			out[len++] = '\\';
		len += aa_shown_next(&shown, out + len, &escaped);
	}
	strcpy(out + len, *shown.at ? "…\"" : "\"");
	return out;
}
