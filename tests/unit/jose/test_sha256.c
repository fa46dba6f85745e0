/* SPDX-License-Identifier: Apache-2.0 */
/* test_sha256.c: SHA-256 as text is the standard's, and lists that differ hash apart. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/jose/sha256.h"
#include "tests/unit/support/test.h"

TEST(digests_are_those_of_the_standard)
{
	char hex[65], pair[65];

	assert_int_equal(aa_sha256_hex(hex, "abc", 3), 0);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(aa_sha256_hex(hex, "a\0b", 3), 0);
	assert_int_equal(aa_sha256_pair(pair, "a", "b"), 0);
	assert_string_equal(hex, pair);
	assert_int_equal(aa_sha256_pair(pair, "ab", ""), 0);
	assert_string_not_equal(hex, pair);
}

TEST(lists_that_differ_hash_apart)
{
	static const char *const one[] = {"a", "bc"}, *const other[] = {"ab", "c"},
				 *const three[] = {"a", "b", "c"};
	char x[AA_SHA256_HEX_SIZE], y[AA_SHA256_HEX_SIZE];

	assert_int_equal(aa_sha256_texts(x, one, 2), 0);
	assert_int_equal(aa_sha256_texts(y, other, 2), 0);
	assert_string_not_equal(x, y);
	assert_int_equal(aa_sha256_texts(y, three, 3), 0);
	assert_string_not_equal(x, y);
	assert_int_equal(aa_sha256_pair(y, "a", "bc"), 0);
	assert_string_equal(x, y);
}

/* RFC 7636 appendix B. */
TEST(base64url_is_that_of_pkce)
{
	char *challenge = aa_sha256_base64url("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");

	assert_non_null(challenge);
	assert_string_equal(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
	free(challenge);
}
