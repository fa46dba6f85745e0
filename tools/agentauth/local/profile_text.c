/* SPDX-License-Identifier: Apache-2.0 */
/* profile_text.c: what is refused before libconfig sees the text: libconfig 1.5 opens whatever @include names, and reads
 * numbers past 31 bits as other numbers. */
#include "config.h"

#include "tools/agentauth/local/profile_text.h"

#include <string.h>

#include "tools/cli/say.h"

#define DIGITS_MAX 9

const char *profile_text_skip(const char *p)
{
	const char *end;

	if (*p == '"') {
		for (p++; *p && *p != '"'; p++)
			if (*p == '\\' && p[1])
				p++;
		return *p ? p + 1 : p;
	}
	if (*p == '#' || (p[0] == '/' && p[1] == '/'))
		return p + strcspn(p, "\n");
	if (p[0] == '/' && p[1] == '*') {
		end = strstr(p + 2, "*/");
		return end ? end + 2 : p + strlen(p);
	}
	return p;
}

bool profile_text_is_safe(const char *text, const char *path)
{
	const char *p = text;

	while (*p) {
		const char *next = profile_text_skip(p);

		if (next != p) {
			p = next;
		} else if (*p == '@') {
			say("%s: @include is not allowed here", path);
			return false;
		} else if (strspn(p, "0123456789abcdefxABCDEFX") > DIGITS_MAX && *p >= '0' && *p <= '9') {
			say("%s: a number is too large", path);
			return false;
		} else {
			/* a word or number is stepped over whole */
			next =
			    p + strspn(p, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_");
			p = next == p ? p + 1 : next;
		}
	}
	return true;
}
