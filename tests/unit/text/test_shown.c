/* SPDX-License-Identifier: Apache-2.0 */
/* test_shown.c: the one rule of how foreign text is shown, and that a command line names one argv. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text/shown.h"
#include "common/text/utf8.h"
#include "tests/unit/support/test.h"

static const char *text(const char *from)
{
	static char to[1024];

	assert_true(aa_shown_text(to, sizeof(to), from) < sizeof(to));
	return to;
}

static const char *word(const char *from)
{
	static char to[1024];

	assert_true(aa_shown_word(to, sizeof(to), from) < sizeof(to));
	return to;
}

TEST(what_can_be_read_stays_as_it_is)
{
	static const char *const fine[] = {
	    "",
	    "plain text, with signs: \"'\\$`!",
	    "Gr\xc3\xbc\xc3\x9f\x65 caf\xc3\xa9",
	    "cafe\xcc\x81",						/* e and a mark */
	    "\xe4\xbd\xa0\xe5\xa5\xbd \xf0\x9f\xa4\x96",		/* two letters of China's, a robot */
	    "\xd7\xa9\xd6\xb8\xd7\x81\xd7\x9c\xd7\x95\xd6\xb9\xd7\x9d", /* Hebrew, with its points */
	};

	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		assert_string_equal(text(fine[i]), fine[i]);
}

TEST(what_cannot_be_seen_is_escaped)
{
	static const struct {
		const char *from, *to;
	} all[] = {
	    {"a\nb\r\t\x1b[2J\x7f", "a\\x0ab\\x0d\\x09\\x1b[2J\\x7f"},
	    {"\xc2\x9b"
	     "31m",
	     "\\xc2\\x9b31m"}, /* C1 */
	    {"a\xe2\x80\xae"
	     "b",
	     "a\\xe2\\x80\\xaeb"}, /* right to left */
	    {"a\xe2\x81\xa6"
	     "b",
	     "a\\xe2\\x81\\xa6b"},	  /* isolate */
	    {"a\xd8\x9c", "a\\xd8\\x9c"}, /* Arabic letter mark */
	    {"a\xe2\x80\x8b"
	     "b",
	     "a\\xe2\\x80\\x8bb"}, /* zero width space */
	    {"a\xe2\x80\x8d"
	     "b",
	     "a\\xe2\\x80\\x8db"},		   /* joiner */
	    {"a\xef\xbb\xbf", "a\\xef\\xbb\\xbf"}, /* byte order mark */
	    {"a\xc2\xad", "a\\xc2\\xad"},	   /* soft hyphen */
	    {"a\xc2\xa0"
	     "b",
	     "a\\xc2\\xa0b"}, /* a space that is none */
	    {"a\xe2\x80\xa8"
	     "b",
	     "a\\xe2\\x80\\xa8b"},			    /* line separator */
	    {"\xe3\x85\xa4", "\\xe3\\x85\\xa4"},	    /* a letter without a look */
	    {"\xe2\xa0\x80", "\\xe2\\xa0\\x80"},	    /* braille without a dot */
	    {"a\xf3\xa0\x81\x81", "a\\xf3\\xa0\\x81\\x81"}, /* tag A */
	    {"a\xef\xb8\x8f", "a\\xef\\xb8\\x8f"},	    /* variation selector 16 */
	    {"a\xf3\xa0\x84\x80", "a\\xf3\\xa0\\x84\\x80"}, /* variation selector 17 */
	    {"\xee\x80\x80", "\\xee\\x80\\x80"},	    /* private use */
	    {"\xcc\x81"
	     "a",
	     "\\xcc\\x81"
	     "a"},			  /* a mark on nothing */
	    {"/\xcc\xb8", "/\\xcc\\xb8"}, /* or on a sign, which it would change */
	    {"a\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81", "a\xcc\x81\xcc\x81\xcc\x81\xcc\x81\\xcc\\x81"},
	    {"\xff\xc0\xaf", "\\xff\\xc0\\xaf"}, /* no UTF-8 */
	    {"\xed\xa0\x80", "\\xed\\xa0\\x80"},
	    {"a\xe2\x82", "a\\xe2\\x82"},
	    {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		assert_string_equal(text(all[i].from), all[i].to);
		/* and once more */
		assert_string_equal(text(all[i].to), all[i].to);
	}
}

TEST(every_control_is_hidden)
{
	for (uint32_t c = 0; c <= 0x10ffff; c++)
		assert_true(!aa_utf8_is_control(c) || aa_utf8_is_hidden(c));
	assert_false(aa_utf8_is_hidden(' '));
	assert_false(aa_utf8_is_hidden('~'));
	assert_false(aa_utf8_is_hidden(0xe9));
	assert_false(aa_utf8_is_mark(0xe9));
}

TEST(a_text_is_cut_before_a_character_and_its_length_told)
{
	char to[8];

	assert_int_equal(aa_shown_text(to, sizeof(to), "abcde\n"), 9);
	assert_string_equal(to, "abcde");
	assert_int_equal(aa_shown_text(to, sizeof(to), "abcde\nf"), 10);
	assert_string_equal(to, "abcde");
	assert_int_equal(aa_shown_text(to, sizeof(to), "abcdefg"), 7);
	assert_string_equal(to, "abcdefg");
	assert_int_equal(aa_shown_text(NULL, 0, "abc"), 3);
}

TEST(a_word_is_quoted_where_a_shell_would_read_another)
{
	assert_string_equal(word("stop-app"), "stop-app");
	assert_string_equal(word("--x=/usr/bin/a,b:c@d_%+."), "--x=/usr/bin/a,b:c@d_%+.");
	assert_string_equal(word("caf\xc3\xa9"), "caf\xc3\xa9");
	assert_string_equal(word(""), "''");
	assert_string_equal(word("two words"), "'two words'");
	assert_string_equal(word("it's"), "'it'\\''s'");
	assert_string_equal(word("$(id)"), "'$(id)'");
	assert_string_equal(word("~"), "'~'");
	assert_string_equal(word("a\\x0a"), "'a\\x0a'");
	assert_string_equal(word("a\n"), "$'a\\x0a'");
	assert_string_equal(word("it's\\\n"), "$'it\\'s\\\\\\x0a'");
	assert_string_equal(word("\xcc\x81"), "$'\\xcc\\x81'");
}

/* What bash makes of the line is what it was made of. */
TEST(a_line_names_one_argv)
{
	char *words[] = {(char[]){"a b"},
			 (char[]){""},
			 (char[]){"it's $HOME `id` \\ \" !x"},
			 (char[]){"\n\t\x1b\x7f"},
			 (char[]){"\xff\xe2\x80\xae\xf3\xa0\x81\x81"
				  "1"},
			 (char[]){"caf\xc3\xa9"},
			 (char[]){"cafe\xcc\x81 \xcc\x81"},
			 (char[]){"-n"},
			 (char[]){"*?[a]{b,c}~#;&|<>()"},
			 (char[]){"'"},
			 (char[]){"\\'"},
			 NULL};
	char line[1024], command[1200], back[1024];
	size_t len, at = 0;
	FILE *shell;

	assert_true(aa_shown_line(line, sizeof(line), "/bin/first", words) < sizeof(line));
	assert_true(strncmp(line, "/bin/first ", 11) == 0);
	if (system("bash -c : 2>/dev/null") != 0)
		skip();
	setenv("LINE", line + 11, 1);
	snprintf(command, sizeof(command), "bash -c 'eval \"printf %%s\\\\\\\\0 $LINE\"'");
	shell = popen(command, "r");
	assert_non_null(shell);
	len = fread(back, 1, sizeof(back), shell);
	assert_int_equal(pclose(shell), 0);
	for (size_t i = 0; words[i]; i++) {
		assert_true(at < len);
		assert_string_equal(back + at, words[i]);
		at += strlen(words[i]) + 1;
	}
	assert_int_equal(at, len);
}
