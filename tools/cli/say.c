/* SPDX-License-Identifier: Apache-2.0 */
/* say.c: speaks to people, see say.h. */
#include "config.h"

#include "tools/cli/say.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/text/shown.h"
#include "tools/cli/problems.h"

static const char *name = "agentauth";
static struct problems *gathered;

void say_as(const char *program)
{
	name = program;
}

const char *say_name(void)
{
	return name;
}

void say_into(struct problems *problems)
{
	gathered = problems;
}

void say_text(const char *text)
{
	struct aa_shown shown = {.at = text};
	char one[AA_SHOWN_MAX];
	bool escaped;
	size_t n;

	while ((n = aa_shown_next(&shown, one, &escaped)) > 0) {
		if (shown.at[-1] == '\n')
			putc('\n', stderr);
		else
			(void)fwrite(one, 1, n, stderr);
	}
}

__attribute__((format(printf, 1, 0))) static void say_line(const char *format, va_list args)
{
	char text[2048];

	if (gathered) {
		problems_add(gathered, false, NULL, format, args);
		return;
	}
	(void)vsnprintf(text, sizeof(text), format, args);
	fprintf(stderr, "%s: ", name);
	say_text(text);
	putc('\n', stderr);
}

void say_plain(const char *format, ...)
{
	char text[8192];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	say_text(text);
}

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_line(format, args);
	va_end(args);
}

int say_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_line(format, args);
	va_end(args);
	return -1;
}

int say_failed(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_line(format, args);
	va_end(args);
	return 1;
}

int say_usage(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_line(format, args);
	va_end(args);
	if (!gathered)
		fprintf(stderr, "Try: %s --help\n", name);
	return 2;
}
