/* SPDX-License-Identifier: Apache-2.0 */
/* edit_nsswitch.c: our module in nsswitch.conf, see edit_nsswitch.h. */
#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/agentauthctl/enable/edit_nsswitch.h"
#include "tools/agentauthctl/enable/text_lines.h"
#include "tools/cli/alloc.h"

#define WORD "agentauth"

static const struct {
	const char *name, *missing; /* the line that is added where there is none; NULL: none is */
} databases[] = {{"passwd", ENABLE_MARK "passwd:\tfiles " WORD "\n"},
		 {"group", ENABLE_MARK "group:\tfiles " WORD "\n"},
		 {"initgroups", NULL}};

/* A source is a word of a line, with the actions in brackets that follow it. */
struct source {
	size_t at, len; /* in the line */
	bool bracket, ends;
};

static bool has_text(const char *text, size_t len, const char *wanted)
{
	size_t n = strlen(wanted);

	for (size_t i = 0; i + n <= len; i++)
		if (strncasecmp(text + i, wanted, n) == 0)
			return true;
	return false;
}

/* next_source() reads the word, or the text in brackets, at or behind `at`. It returns false at the end of the line. */
static bool next_source(const char *line, size_t at, struct source *ret)
{
	at += strspn(line + at, " \t\r");
	if (line[at] == '\0' || line[at] == '\n' || line[at] == '#')
		return false;
	*ret = (struct source){.at = at, .bracket = line[at] == '['};
	ret->len = ret->bracket ? strcspn(line + at, "]\n") : strcspn(line + at, " \t\r\n#[");
	ret->len += ret->bracket && line[at + ret->len] == ']';
	ret->ends = ret->bracket && has_text(line + at, ret->len, "return");
	return true;
}

/* sources_of() returns where the sources of the database's line begin, or 0 where the line is another. */
static size_t sources_of(const char *line, const char *database)
{
	size_t at = strspn(line, " \t"), len = strlen(database);

	if (strncmp(line + at, database, len) != 0)
		return 0;
	at += len;
	at += strspn(line + at, " \t");
	return line[at] == ':' ? at + 1 : 0;
}

static bool is_word(const char *line, const struct source *source, const char *word)
{
	return !source->bracket && source->len == strlen(word) &&
	       strncmp(line + source->at, word, source->len) == 0;
}

/* place_in() returns behind which byte of the line our word comes, 0 where the line has it, and -1 where it has no place. An
 * action that goes on with the files themselves stays with them. */
static long place_in(const char *line, size_t begin)
{
	long end = -1, files = -1;
	struct source source;
	bool ends = false, was_files = false;

	for (size_t at = begin; next_source(line, at, &source); at = source.at + source.len) {
		if (is_word(line, &source, WORD))
			return 0;
		end = (long)(source.at + source.len);
		if (is_word(line, &source, "files") || is_word(line, &source, "compat") ||
		    (was_files && source.bracket && !source.ends))
			files = end;
		was_files = files == end;
		ends = ends || source.ends;
	}
	return ends ? files : end;
}

static void add_line(struct buffer *b, const char *line, size_t len, long place)
{
	if (place > 0) {
		buffer_add(b, line, (size_t)place);
		buffer_puts(b, " " WORD);
		line += place;
		len -= (size_t)place;
	}
	buffer_add(b, line, len);
}

/* insert_one() returns the text with our word in the database's line, or NULL. Takes the text. */
static char *insert_one(char *text, size_t which)
{
	struct text_lines lines;
	struct buffer b = {0};
	bool is_there = false, has_place = true;
	char *with = NULL;

	text_lines_begin(&lines, text);
	buffer_puts(&b, "");
	for (size_t i = 0; i < lines.n; i++) {
		const char *line = lines.at[i];
		size_t begin = sources_of(line, databases[which].name);
		long place = begin ? place_in(line, begin) : 0;

		is_there = is_there || begin;
		has_place = has_place && place >= 0;
		add_line(&b, line, (size_t)(lines.at[i + 1] - line), place);
	}
	if (!is_there && databases[which].missing)
		with = text_insert(text, lines.n + 1, databases[which].missing);
	else if (has_place)
		with = buffer_take(&b);
	text_lines_free(&lines);
	buffer_free(&b);
	free(text);
	return with;
}

char *nsswitch_insert(const char *text)
{
	char *now = xstrdup(text);

	for (size_t i = 0; now && i < sizeof(databases) / sizeof(databases[0]); i++)
		now = insert_one(now, i);
	return now;
}

/* remove_from() adds the line without our word and the blank before it. */
static void remove_from(struct buffer *b, const char *line, size_t len, size_t begin)
{
	struct source source;

	for (size_t at = begin; begin && next_source(line, at, &source); at = source.at + source.len) {
		size_t blank = source.at > begin;

		if (!is_word(line, &source, WORD))
			continue;
		buffer_add(b, line, source.at - blank);
		line += source.at + source.len;
		len -= source.at + source.len;
		break;
	}
	buffer_add(b, line, len);
}

char *nsswitch_remove(const char *text)
{
	struct text_lines lines;
	struct buffer b = {0};

	text_lines_begin(&lines, text);
	buffer_puts(&b, "");
	for (size_t i = 0; i < lines.n; i++) {
		const char *line = lines.at[i];
		size_t begin = 0;

		for (size_t d = 0; !begin && d < sizeof(databases) / sizeof(databases[0]); d++)
			begin = sources_of(line, databases[d].name);
		if (!text_lines_begins(&lines, i + 1, ENABLE_MARK))
			remove_from(&b, line, (size_t)(lines.at[i + 1] - line), begin);
	}
	text_lines_free(&lines);
	return buffer_take(&b);
}
