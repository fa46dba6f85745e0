/* SPDX-License-Identifier: Apache-2.0 */
/* test_number.c: decimal numbers, and times as people write them. */
#include <config.h>

#include "common/text/number.h"
#include "common/text/utc.h"
#include "tests/unit/support/test.h"

TEST(a_number_is_digits_alone)
{
	static const char *const none[] = {"", "-1", "+1", " 1", "1 ", "1\n", "0x10", "1e3", "one"};
	int64_t n = -7;

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_false(aa_number_parse(none[i], 0, INT64_MAX, &n));
	assert_int_equal(n, -7);
	assert_true(aa_number_parse("1", 0, INT64_MAX, &n));
	assert_int_equal(n, 1);
}

TEST(a_number_lies_within_its_bounds)
{
	int64_t n = -7;

	assert_false(aa_number_parse("4", 5, 7, &n));
	assert_true(aa_number_parse("5", 5, 7, &n));
	assert_true(aa_number_parse("7", 5, 7, &n));
	assert_false(aa_number_parse("8", 5, 7, &n));
	assert_true(aa_number_parse("9223372036854775807", 0, INT64_MAX, &n));
	assert_int_equal(n, INT64_MAX);
	assert_false(aa_number_parse("9223372036854775808", 0, INT64_MAX, &n));
	assert_false(aa_number_parse("18446744073709551617", 0, INT64_MAX, &n));
	assert_int_equal(n, INT64_MAX);
}

TEST(a_number_is_taken_from_what_follows)
{
	const char *text = "512M";
	int64_t n;

	assert_true(aa_number_take(&text, 1000, &n));
	assert_int_equal(n, 512);
	assert_string_equal(text, "M");
	assert_false(aa_number_take(&text, 1000, &n));
	assert_string_equal(text, "M");
	text = "1001M";
	assert_false(aa_number_take(&text, 1000, &n));
	assert_string_equal(text, "1001M");
}

TEST(an_id_is_never_the_one_that_means_no_change)
{
	uint32_t id = 7;

	assert_false(aa_number_id(NULL, &id));
	assert_false(aa_number_id("", &id));
	assert_false(aa_number_id("-1", &id));
	assert_false(aa_number_id("4294967295", &id));
	assert_false(aa_number_id("4294967296", &id));
	assert_int_equal(id, 7);
	assert_true(aa_number_id("4294967294", &id));
	assert_int_equal(id, 4294967294U);
	assert_true(aa_number_id("0", &id));
	assert_int_equal(id, 0);
}

TEST(times_are_rfc_3339_in_utc)
{
	int64_t t = -1;
	char text[AA_UTC_SIZE];

	assert_true(aa_utc_parse("2027-01-01T00:00:00Z", &t));
	assert_int_equal(t, 1798761600);
	aa_utc_print(t, text);
	assert_string_equal(text, "2027-01-01T00:00:00Z");
	assert_true(aa_utc_parse("2028-02-29T23:59:59Z", &t));
	assert_false(aa_utc_parse("2027-02-29T00:00:00Z", &t));
	assert_false(aa_utc_parse("2027-13-01T00:00:00Z", &t));
	assert_false(aa_utc_parse("2027-01-01T24:00:00Z", &t));
	assert_false(aa_utc_parse("2027-01-01T00:00:60Z", &t));
	assert_false(aa_utc_parse("2027-01-01T00:00:00", &t));
	assert_false(aa_utc_parse("2027-01-01T00:00:00+01:00", &t));
	assert_false(aa_utc_parse("2027-01-01 00:00:00Z", &t));
	assert_false(aa_utc_parse("2027-01-01", &t));
	assert_true(aa_utc_parse_loose("2027-01-01", 0, &t));
	assert_int_equal(t, 1798761600);
	assert_true(aa_utc_parse_loose("90d", 1000, &t));
	assert_int_equal(t, 1000 + 90 * 86400);
	assert_false(aa_utc_parse_loose("90", 1000, &t));
	assert_false(aa_utc_parse_loose("d", 1000, &t));
	assert_false(aa_utc_parse_loose("-5d", 1000, &t));
	assert_true(aa_utc_parse_ago("2027-01-01", 0, &t));
	assert_int_equal(t, 1798761600);
	assert_true(aa_utc_parse_ago("90d", 1798761600, &t));
	assert_int_equal(t, 1798761600 - 90 * 86400);
	assert_false(aa_utc_parse_ago("90", 1000, &t));
}
