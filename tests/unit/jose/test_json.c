/* SPDX-License-Identifier: Apache-2.0 */
/* test_json.c: JSON as claims need it: THREATS 6 and 7. */
#include <stdlib.h>
#include <string.h>

#include "common/jose/json.h"
#include "tests/unit/support/test.h"

static enum aa_jose_err parse_len(const char *text, size_t len)
{
	json_t *json = NULL;
	enum aa_jose_err err = aa_json_object(text, len, &json);

	if (err == AA_JOSE_OK)
		assert_true(json_is_object(json));
	else
		assert_null(json);
	json_decref(json);
	return err;
}

/* A copy of exactly that length, so that a sanitizer sees any byte read behind it. */
static enum aa_jose_err parse(const char *text)
{
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1);
	enum aa_jose_err err;

	memcpy(copy, text, len);
	err = parse_len(copy, len);
	free(copy);
	return err;
}

TEST(an_object_with_white_space_is_accepted)
{
	assert_int_equal(parse("{}"), AA_JOSE_OK);
	assert_int_equal(parse(" \t\r\n{ \"a\" : [ 1 , \"x\" , null , true , 1.5e3 ] } \n"), AA_JOSE_OK);
}

TEST(anything_but_an_object_is_refused)
{
	static const char *const texts[] = {"",
					    " ",
					    "[]",
					    "[{}]",
					    "null",
					    "1",
					    "\"{}\"",
					    "{",
					    "}",
					    "{\"a\"",
					    "{\"a\":}",
					    "{'a':1}",
					    "{a:1}",
					    "{\"a\":1,}",
					    "{\"a\":01}",
					    "{\"a\":NaN}",
					    "{\"a\":+1}",
					    "{\"a\":\"\n\"}",
					    "{\"a\":\"\\x41\"}",
					    "{\"a\":tru}",
					    "{\"a\" 1}"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(parse(texts[i]), AA_JOSE_MALFORMED);
}

TEST(what_follows_the_object_is_refused)
{
	assert_int_equal(parse("{\"a\":1}"), AA_JOSE_OK);
	assert_int_equal(parse("{\"a\":1}{}"), AA_JOSE_MALFORMED);
	assert_int_equal(parse("{\"a\":1}x"), AA_JOSE_MALFORMED);
	assert_int_equal(parse("{\"a\":1},"), AA_JOSE_MALFORMED);
	assert_int_equal(parse("{\"a\":1}//"), AA_JOSE_MALFORMED);
}

TEST(a_byte_order_mark_is_refused)
{
	assert_int_equal(parse("\xef\xbb\xbf{\"a\":1}"), AA_JOSE_MALFORMED);
	assert_int_equal(parse_len("\xff\xfe{\0}\0", 6), AA_JOSE_MALFORMED);
}

TEST(a_zero_byte_is_refused_in_every_spelling)
{
	assert_int_equal(parse_len("{\"a\":\"b0c\"}", 11), AA_JOSE_OK);
	assert_int_equal(parse_len("{\"a\":\"b\0c\"}", 11), AA_JOSE_MALFORMED);
	assert_int_equal(parse_len("{\"a\":1}\0", 8), AA_JOSE_MALFORMED);
	/* behind a number or a word, where jansson itself overlooks it */
	assert_int_equal(parse_len("{\"a\":1 }", 8), AA_JOSE_OK);
	assert_int_equal(parse_len("{\"a\":1\0}", 8), AA_JOSE_MALFORMED);
	assert_int_equal(parse_len("{\"a\":true\0}", 11), AA_JOSE_MALFORMED);
	assert_int_equal(parse("{\"a\":\"b\\u0030c\"}"), AA_JOSE_OK);
	assert_int_equal(parse("{\"a\":\"b\\u0000c\"}"), AA_JOSE_MALFORMED);
	assert_int_equal(parse("{\"a\\u0000\":1}"), AA_JOSE_MALFORMED);
}

TEST(text_that_is_no_utf8_is_refused)
{
	assert_int_equal(parse("{\"a\":\"\xc3\xa9\"}"), AA_JOSE_OK);
	assert_int_equal(parse("{\"a\":\"\xe9\"}"), AA_JOSE_MALFORMED);
	assert_int_equal(parse("{\"a\":\"\xc0\xaf\"}"), AA_JOSE_MALFORMED);	/* overlong */
	assert_int_equal(parse("{\"a\":\"\xed\xa0\x80\"}"), AA_JOSE_MALFORMED); /* a surrogate */
	assert_int_equal(parse("{\"a\":\"\xf4\x90\x80\x80\"}"), AA_JOSE_MALFORMED);
	assert_int_equal(parse("{\"a\":\"\\ud834\\udd1e\"}"), AA_JOSE_OK);
	assert_int_equal(parse("{\"a\":\"\\ud834\"}"), AA_JOSE_MALFORMED);
	assert_int_equal(parse("{\"a\":\"\\udd1e\"}"), AA_JOSE_MALFORMED);
}

TEST(a_duplicate_member_is_refused_at_any_depth_and_in_any_spelling)
{
	assert_int_equal(parse("{\"a\":1,\"b\":2}"), AA_JOSE_OK);
	assert_int_equal(parse("{\"a\":1,\"a\":1}"), AA_JOSE_MALFORMED);
	assert_int_equal(parse("{\"a\":1,\"\\u0061\":1}"), AA_JOSE_MALFORMED);
	assert_int_equal(parse("{\"x\":[{\"y\":{\"a\":1,\"b\":2}}]}"), AA_JOSE_OK);
	assert_int_equal(parse("{\"x\":[{\"y\":{\"a\":1,\"a\":2}}]}"), AA_JOSE_MALFORMED);
}

static char *nested(size_t depth, const char *open, const char *close)
{
	size_t n = strlen(open), m = strlen(close);
	char *text = malloc(5 + depth * (n + m) + 3), *p = text;

	p = stpcpy(p, "{\"a\":");
	for (size_t i = 1; i < depth; i++)
		p = stpcpy(p, open);
	p = stpcpy(p, "1");
	for (size_t i = 1; i < depth; i++)
		p = stpcpy(p, close);
	stpcpy(p, "}");
	return text;
}

static enum aa_jose_err parse_nested(size_t depth, const char *open, const char *close)
{
	char *text = nested(depth, open, close);
	enum aa_jose_err err = parse(text);

	free(text);
	return err;
}

TEST(nesting_is_refused_past_the_cap)
{
	assert_int_equal(parse_nested(AA_JSON_DEPTH_MAX, "[", "]"), AA_JOSE_OK);
	assert_int_equal(parse_nested(AA_JSON_DEPTH_MAX + 1, "[", "]"), AA_JOSE_MALFORMED);
	assert_int_equal(parse_nested(AA_JSON_DEPTH_MAX, "{\"b\":", "}"), AA_JOSE_OK);
	assert_int_equal(parse_nested(AA_JSON_DEPTH_MAX + 1, "{\"b\":", "}"), AA_JOSE_MALFORMED);
	assert_int_equal(parse_nested(1000000, "[", "]"), AA_JOSE_MALFORMED);
}

TEST(brackets_and_quotes_inside_strings_do_not_count_as_nesting)
{
	assert_int_equal(parse("{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"}"), AA_JOSE_OK);
	assert_int_equal(parse("{\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\":1}"), AA_JOSE_OK);
	assert_int_equal(parse("{\"a\":\"\\\"]]]]\\\\\",\"b\":[]}"), AA_JOSE_OK);
	/* the quote is escaped, so what follows it is still inside */
	assert_int_equal(parse("{\"a\":\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[\"}"), AA_JOSE_OK);
	/* the backslash is escaped, so the string ends there */
	assert_int_equal(
	    parse("{\"a\":\"\\\\\",\"b\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]}"),
	    AA_JOSE_MALFORMED);
	assert_int_equal(parse("{\"a\":\"\\"), AA_JOSE_MALFORMED);
	assert_int_equal(parse("{\"a\":\""), AA_JOSE_MALFORMED);
}

TEST(numbers_that_do_not_fit_are_refused)
{
	assert_int_equal(parse("{\"a\":9223372036854775807}"), AA_JOSE_OK);
	assert_int_equal(parse("{\"a\":9223372036854775808}"), AA_JOSE_MALFORMED);
	assert_int_equal(parse("{\"a\":-9223372036854775808}"), AA_JOSE_OK);
	assert_int_equal(parse("{\"a\":1e308}"), AA_JOSE_OK);
	assert_int_equal(parse("{\"a\":1e309}"), AA_JOSE_MALFORMED);
}

TEST(every_cut_of_a_good_text_is_refused)
{
	static const char text[] = "{\"a\":[1,{\"b\":\"\\u00e9\"}],\"c\":\"d\"}";

	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		char *cut = malloc(len + 1);

		memcpy(cut, text, len);
		assert_int_equal(parse_len(cut, len), AA_JOSE_MALFORMED);
		free(cut);
	}
	assert_int_equal(parse(text), AA_JOSE_OK);
}
