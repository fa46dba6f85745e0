/* SPDX-License-Identifier: Apache-2.0 */
/* log_line.c: takes a line of the audit log apart. */
#include "config.h"

#include "tools/agentauthctl/audit/log_line.h"

#include <string.h>

#include "common/text/utc.h"

int64_t log_record_time(const char *text)
{
	char whole[AA_UTC_SIZE];
	int64_t when;

	/* Whole seconds are enough. */
	if (strnlen(text, 20) < 20)
		return 0;
	memcpy(whole, text, 19);
	memcpy(whole + 19, "Z", 2);
	return aa_utc_parse(whole, &when) ? when : 0;
}

int64_t log_line_time(const struct log_line *line)
{
	static const char begin[] = "{\"time\":\"";

	if (line->len < sizeof(begin) + 27 || memcmp(line->text, begin, sizeof(begin) - 1) != 0)
		return 0;
	return log_record_time(line->text + sizeof(begin) - 1);
}

/* Returns the quotation mark that ends the text which begins at `at`; NULL: none does. */
static const char *end_of_text(const char *at, const char *end)
{
	while ((at = memchr(at, '"', (size_t)(end - at)))) {
		const char *back = at;

		while (back[-1] == '\\')
			back--;
		if ((at - back) % 2 == 0)
			return at;
		at++;
	}
	return NULL;
}

/* Returns what follows a value that is no text. */
static const char *end_of_value(const char *at, const char *end)
{
	size_t depth = 0;

	for (; at < end; at++) {
		if (*at == '"') {
			at = end_of_text(at + 1, end);
			if (!at)
				return NULL;
		} else if (*at == '{' || *at == '[') {
			depth++;
		} else if (depth == 0 && (*at == ',' || *at == '}')) {
			return at;
		} else if (*at == '}' || *at == ']') {
			depth--;
		}
	}
	return NULL;
}

bool log_line_members(const struct log_line *line, log_member_fn *take, void *data)
{
	const char *at = line->text, *end = line->text + line->len;

	if (line->len < 2 || *at++ != '{')
		return false;
	while (at < end && *at == '"') {
		const char *member = at + 1, *member_end = end_of_text(member, end), *value;
		bool text;

		if (!member_end || end - member_end < 3 || member_end[1] != ':')
			return false;
		value = member_end + 2;
		text = *value == '"';
		at = text ? end_of_text(++value, end) : end_of_value(value, end);
		if (!at)
			return false;
		take(data, member, (size_t)(member_end - member), value, (size_t)(at - value));
		at += text;
		if (at == end || (*at != ',' && *at != '}'))
			return false;
		if (*at++ == '}')
			return at == end;
	}
	return false;
}

bool log_member_is_indexed(const char *member, size_t len)
{
	static const char *const members[] = {"agent", "uid", "event",	"result",  "reason",	   "service",
					      "jti",   "kid", "issuer", "session", "on_behalf_of", "by"};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (strlen(members[i]) == len && memcmp(members[i], member, len) == 0)
			return true;
	return false;
}
