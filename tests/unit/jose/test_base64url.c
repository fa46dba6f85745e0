/* SPDX-License-Identifier: Apache-2.0 */
/* test_base64url.c: base64url and base64: one spelling for one sequence of bytes. */
#include <stdlib.h>
#include <string.h>

#include "common/jose/base64url.h"
#include "tests/unit/support/test.h"

typedef enum aa_jose_err decode_fn(const char *in, size_t len, uint8_t **ret, size_t *ret_len);

static enum aa_jose_err decode(decode_fn *fn, const char *text, size_t len)
{
	uint8_t *out = NULL;
	size_t out_len = 4711;
	enum aa_jose_err err = fn(text, len, &out, &out_len);

	if (err != AA_JOSE_OK) {
		assert_null(out);
		assert_int_equal(out_len, 4711);
	}
	free(out);
	return err;
}

static enum aa_jose_err url(const char *text)
{
	return decode(aa_base64url_decode, text, strlen(text));
}

static enum aa_jose_err std(const char *text)
{
	return decode(aa_base64_decode, text, strlen(text));
}

TEST(what_is_encoded_decodes_to_itself)
{
	uint8_t in[300];

	for (size_t len = 0; len < sizeof(in); len++) {
		uint8_t *out = NULL;
		size_t out_len;
		char *text;

		for (size_t i = 0; i < len; i++)
			in[i] = (uint8_t)(i * 151 + len);
		text = aa_base64url_encode(in, len);
		assert_int_equal(aa_base64url_decode(text, strlen(text), &out, &out_len), AA_JOSE_OK);
		assert_int_equal(out_len, len);
		assert_memory_equal(out, in, len);
		assert_int_equal(out[len], 0);
		free(out);
		free(text);
		text = aa_base64_encode(in, len);
		assert_int_equal(aa_base64_decode(text, strlen(text), &out, &out_len), AA_JOSE_OK);
		assert_int_equal(out_len, len);
		assert_memory_equal(out, in, len);
		free(out);
		free(text);
	}
}

/* RFC 4648 section 10 */
TEST(the_vectors_of_rfc4648_hold)
{
	static const char *const plain[] = {"", "f", "fo", "foo", "foob", "fooba", "foobar"};
	static const char *const coded[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};

	for (size_t i = 0; i < 7; i++) {
		char *a = aa_base64_encode(plain[i], strlen(plain[i])),
		     *b = aa_base64url_encode(plain[i], strlen(plain[i]));

		assert_string_equal(a, coded[i]);
		assert_memory_equal(b, coded[i], strlen(b));
		assert_int_equal(strlen(b), strcspn(coded[i], "="));
		free(a);
		free(b);
	}
}

TEST(base64url_refuses_what_no_encoder_writes)
{
	assert_int_equal(url("Zm8"), AA_JOSE_OK);
	assert_int_equal(url("Zm8="), AA_JOSE_MALFORMED); /* padding */
	assert_int_equal(url("Zm9"), AA_JOSE_MALFORMED);  /* an unused bit set */
	assert_int_equal(url("Zg"), AA_JOSE_OK);
	assert_int_equal(url("Zh"), AA_JOSE_MALFORMED);
	assert_int_equal(url("Zo"), AA_JOSE_MALFORMED);
	assert_int_equal(url("Z"), AA_JOSE_MALFORMED); /* length % 4 == 1 */
	assert_int_equal(url("Zm9vY"), AA_JOSE_MALFORMED);
	assert_int_equal(url("-_-_"), AA_JOSE_OK);
	assert_int_equal(url("+/+/"), AA_JOSE_MALFORMED); /* the other alphabet */
	assert_int_equal(url("Zm9v\n"), AA_JOSE_MALFORMED);
	assert_int_equal(url("Zm 9v"), AA_JOSE_MALFORMED);
	assert_int_equal(url("Zm?9"), AA_JOSE_MALFORMED);
	assert_int_equal(url("Zm\xc3\xa9"), AA_JOSE_MALFORMED);
	assert_int_equal(decode(aa_base64url_decode, "Zm9v\0m9v", 8), AA_JOSE_MALFORMED);
}

TEST(base64_is_as_strict_about_its_padding)
{
	assert_int_equal(std("Zm8="), AA_JOSE_OK);
	assert_int_equal(std("Zm8"), AA_JOSE_MALFORMED);
	assert_int_equal(std("Zm9="), AA_JOSE_MALFORMED);
	assert_int_equal(std("Zg=="), AA_JOSE_OK);
	assert_int_equal(std("Z==="), AA_JOSE_MALFORMED);
	assert_int_equal(std("===="), AA_JOSE_MALFORMED);
	assert_int_equal(std("Zg==Zg=="), AA_JOSE_MALFORMED);
	assert_int_equal(std("+/+/"), AA_JOSE_OK);
	assert_int_equal(std("-_-_"), AA_JOSE_MALFORMED);
}

TEST(every_byte_is_a_digit_or_refused)
{
	int digits = 0;

	for (int c = 0; c < 256; c++) {
		char text[4] = {'A', 'A', 'A', (char)c};

		digits += decode(aa_base64url_decode, text, 4) == AA_JOSE_OK;
	}
	assert_int_equal(digits, 64);
}
