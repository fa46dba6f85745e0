/* SPDX-License-Identifier: Apache-2.0 */
/* test_screen.c: of what a program wrote to its terminal only that passes which draws. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support/test.h"
#include "tools/agentauthctl/commands/replay/screen.h"

/* Filters the text in pieces of `step` bytes. */
static const char *passed_in(const char *text, size_t step, bool plain, bool restore)
{
	static char kept[16384];
	struct screen screen = {.plain = plain};
	struct buffer out = {0};
	size_t len = strlen(text);

	for (size_t at = 0; at < len; at += step)
		screen_filter(&screen, text + at, len - at < step ? len - at : step, &out);
	if (restore)
		screen_restore(&screen, false, &out);
	assert_true(out.len < sizeof(kept));
	memcpy(kept, out.data ? out.data : "", out.len);
	kept[out.len] = '\0';
	buffer_free(&out);
	return kept;
}

static const char *passed(const char *text)
{
	return passed_in(text, 1000, false, false);
}

static const char *plain(const char *text)
{
	return passed_in(text, 1000, true, true);
}

TEST(what_draws_passes_as_it_is_in_any_pieces)
{
	static const char *const draws[] = {
	    "text, gr\xc3\xbc\xc3\x9f, \xf0\x9f\x98\x80\r\n\t\b\v\f",
	    "\033[1;31mred\033[0m \033[38;2;1;2;3m \033[4:3m \033[m",
	    "\033[H\033[2J\033[10;20H\033[K\033[1A\033[3C\033[5d\033[2@\033[2P\033[2L\033[2M\033[3X",
	    "\033[2;20r\033M\033D\033E\0337\0338\033[s\033[u\033[3S\033[3T\033[5b",
	    "\033[?1049h\033[?25l\033[?7l\033[?25h\033[?1049l\033[4h",
	    "\033(0lqk\033(B \016q\017",
	};

	for (size_t i = 0; i < COUNT(draws); i++)
		assert_string_equal(passed(draws[i]), draws[i]);
	for (size_t i = 1; i < COUNT(draws); i++)
		assert_string_equal(passed_in(draws[i], 1, false, false), draws[i]);
}

static const char *const harms[] = {
    "\033]0;title\007",
    "\033]2;title\033\\",
    "\033]52;c;cm0gLXJmIC8=\007",
    "\033]8;;http://x/\033\\",
    "\033]4;1;?\007",
    "\033]11;?\033\\",
    "\033]7;file://x/\007",
    "\033]1337;File=:AAAA\007",
    "\033P$qm\033\\",
    "\033P+q544e\033\\",
    "\033Pq#0;2;0;0;0~-\033\\",
    "\033_Gf=24;AAAA\033\\",
    "\033^private\033\\",
    "\033Xstart\033\\",
    "\033[c",
    "\033[>c",
    "\033[=c",
    "\033[0c",
    "\033Z",
    "\033[5n",
    "\033[6n",
    "\033[?6n",
    "\033[x",
    "\033[21t",
    "\033[8;50;200t",
    "\033[>4;2m",
    "\033[?4m",
    "\033[>1u",
    "\033[?u",
    "\033[=1;1u",
    "\033[?1000h",
    "\033[?1002;1006h",
    "\033[?1004h",
    "\033[?2004h",
    "\033[?3h",
    "\033[?9h",
    "\033[5i",
    "\033[?5i",
    "\033[4i",
    "\033[!p",
    "\033[1;2;3;4;5T",
    "\033[1 q",
    "\033[1$p",
    "\033[1;1*y",
    "\033[99999b",
    "\033[999999999999999999999b",
    "\033[1;99999999H",
    "\033#8",
    "\033=",
    "\033>",
    "\033n",
    "\033|",
    "\033%G",
    "\033(A",
    "\033[2h",
    "\033[20h",
    "\a",
    "\005",
    "\001",
    "\x7f",
    "\xc2\x9b"
    "c",
    "\xc2\x9d",
    "\xe2\x80\xae",
    "\xe2\x81\xa6",
};

TEST(what_does_more_than_draw_does_not_pass_and_what_stands_around_it_does)
{
	char text[256];

	for (size_t i = 0; i < COUNT(harms); i++) {
		snprintf(text, sizeof(text), "a%sb", harms[i]);
		/* Of what begins with a control character that goes, the rest is text. */
		if (strcmp(passed(text), strcmp(harms[i], "\xc2\x9b"
							  "c") == 0
					     ? "acb"
					     : "ab") != 0)
			fail_msg("%zu passes as %s", i, passed(text) + 1);
		if (strcmp(passed_in(text, 2, false, false), passed(text)) != 0 &&
		    (unsigned char)harms[i][0] < 0x80)
			fail_msg("%zu passes in pieces", i);
	}
}

TEST(a_string_that_never_ends_hides_no_more_than_a_bounded_part)
{
	char *text = malloc(20001);
	const char *out;

	memset(text, 'x', 20000);
	memcpy(text, "\033]0;", 4);
	strcpy(text + 9990, "seen");
	out = passed(text);
	assert_non_null(strstr(out, "seen"));
	assert_in_range(strlen(out), 5000, 6000);
	free(text);
	assert_string_equal(passed("\033]0;\033[1mbold"), "\033[1mbold");
	assert_string_equal(passed("\033]0;t\030text"), "text");
}

TEST(a_sequence_that_is_too_long_is_left_out_whole)
{
	char text[256] = "a\033[";

	memset(text + 3, '1', 100);
	strcpy(text + 103, "mb");
	assert_string_equal(passed(text), "ab");
}

TEST(of_a_list_of_modes_those_pass_that_may)
{
	assert_string_equal(passed("\033[?1000;25;2004l"), "\033[?25l");
	assert_string_equal(passed("\033[?25;7h"), "\033[?25h\033[?7h");
}

TEST(the_terminal_is_made_as_it_was_as_far_as_it_was_changed)
{
	assert_string_equal(passed_in("x", 9, false, true), "x\033[0m");
	assert_string_equal(passed_in("\033[?25l", 9, false, true), "\033[?25l\033[?25h\033[0m");
	assert_string_equal(passed_in("\033[?25l\033[?25h", 99, false, true), "\033[?25l\033[?25h\033[0m");
	assert_string_equal(passed_in("\033[?1049h", 9, false, true), "\033[?1049h\033[?1049l\033[0m");
	assert_string_equal(passed_in("\033(0q", 9, false, true), "\033(0q\017\033(B\033)B\033[0m");
	assert_string_equal(passed_in("\033[3;9r", 9, false, true), "\033[3;9r\0337\033[r\0338\033[0m");
	assert_string_equal(passed_in("\033[?7l", 9, false, true), "\033[?7l\033[?7h\033[0m");
}

TEST(a_reset_clears_the_screen_and_no_more)
{
	assert_string_equal(passed("\033c"), "\033[0m\033[H\033[2J");
}

TEST(plain_text_is_lines_without_anything_else)
{
	assert_string_equal(plain("a\r\nb\r\n"), "a\nb\n");
	assert_string_equal(plain("\033[1mbold\033[0m\tx"), "bold\tx\n");
	assert_string_equal(plain("10%\r50%\r100%\r\n"), "10%\n50%\n100%\n");
	assert_string_equal(plain("\033[2J\033[1;1Hone\033[2;1Htwo\033]0;t\007"), "one\ntwo\n");
	assert_string_equal(plain("\xe2\x80\xae"
				  "a\b\a"),
			    "a\n");
	assert_string_equal(plain(""), "");
}
