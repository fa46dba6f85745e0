/* SPDX-License-Identifier: Apache-2.0 */
/* test_cast_text.c: bytes of a terminal as the text of an asciicast. */
#include <config.h>

#include <string.h>

#include "common/text/cast_text.h"
#include "tests/unit/support/test.h"

static char out[512];

/* Feeds the bytes in pieces of `step`, and ends the stream. */
static const char *fed(const char *bytes, size_t len, size_t step, bool bare)
{
	struct aa_cast_text text = {.bare = bare};
	size_t n = 0;

	for (size_t at = 0; at < len; at += step)
		n += aa_cast_text(&text, bytes + at, len - at < step ? len - at : step, out + n);
	n += aa_cast_text_end(&text, out + n);
	assert_int_equal(n, strlen(out));
	return out;
}

static void same_in_any_pieces(const char *bytes, size_t len, const char *expected)
{
	for (size_t step = 1; step <= len; step++)
		assert_string_equal(fed(bytes, len, step, false), expected);
}
#define SAME(bytes, expected) same_in_any_pieces(bytes, sizeof(bytes) - 1, expected)

TEST(text_that_is_utf8_stays_as_it_is_however_it_is_cut)
{
	SAME("plain", "plain");
	SAME("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80.",
	     "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80.");
	SAME("\xf4\x8f\xbf\xbf\xee\x80\x80\xe0\xa0\x80\xed\x9f\xbf",
	     "\xf4\x8f\xbf\xbf\xee\x80\x80\xe0\xa0\x80\xed\x9f\xbf");
}

TEST(what_json_cannot_hold_is_escaped)
{
	SAME("\x1b[31m\"a\\b\"\a\b\x7f", "\\u001b[31m\\\"a\\\\b\\\"\\u0007\\u0008\\u007f");
	SAME("a\r\nb\tc", "a\\r\\nb\\tc");
	SAME("a\0b", "a\\u0000b");
}

TEST(what_is_no_utf8_becomes_the_sign_for_that_however_it_is_cut)
{
#define BAD "\xef\xbf\xbd"
	SAME("\xff", BAD);
	SAME("\x80y", BAD "y");
	SAME("\xc3(", BAD "(");
	SAME("\xe2\x82x", BAD BAD "x");
	SAME("\xe2\x82", BAD BAD);
	SAME("\xf0\x9f\x98", BAD BAD BAD);
	SAME("\xc0\xaf", BAD BAD);		   /* longer than need be */
	SAME("\xed\xa0\x80", BAD BAD BAD);	   /* half of a pair */
	SAME("\xf4\x90\x80\x80", BAD BAD BAD BAD); /* beyond the last */
	SAME("\xe2\xe2\x82\xac", BAD "\xe2\x82\xac");
}

TEST(lines_that_end_without_a_return_get_one_where_no_terminal_gives_it)
{
	assert_string_equal(fed("a\nb\r\nc\n", 7, 1, true), "a\\r\\nb\\r\\nc\\r\\n");
	assert_string_equal(fed("a\nb\r\nc\n", 7, 7, true), "a\\r\\nb\\r\\nc\\r\\n");
	assert_string_equal(fed("a\nb", 3, 3, false), "a\\nb");
}

TEST(the_text_is_never_longer_than_what_it_is_given_room_for)
{
	char bytes[64], room[AA_CAST_TEXT_SIZE(64)];
	struct aa_cast_text text = {.bare = true};

	for (int c = 0; c < 256; c++) {
		memset(bytes, c, sizeof(bytes));
		assert_in_range(aa_cast_text(&text, bytes, sizeof(bytes), room), 0, sizeof(room) - 1);
		assert_in_range(aa_cast_text_end(&text, room), 0, sizeof(room) - 1);
	}
}
