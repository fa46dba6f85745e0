/* SPDX-License-Identifier: Apache-2.0 */
/* test_sha256.c: SHA-256 as text is the standard's, and lists that differ hash apart. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/jose/sha256.h"
#include "common/text/digest.h"
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

/* FIPS 180-4's own examples, of one block, two and many. */
TEST(a_hash_is_that_of_the_standard_for_no_block_two_and_many)
{
	static const char two[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	char hex[65], *many = malloc(1000000);

	assert_int_equal(aa_sha256_hex(hex, "", 0), 0);
	assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_int_equal(aa_sha256_hex(hex, two, strlen(two)), 0);
	assert_string_equal(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	assert_non_null(many);
	memset(many, 'a', 1000000);
	assert_int_equal(aa_sha256_hex(hex, many, 1000000), 0);
	assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	free(many);
}

TEST(a_hash_of_each_length_and_in_any_two_parts_is_openssls)
{
	unsigned char text[300], ours[AA_DIGEST_SIZE], theirs[AA_DIGEST_SIZE];
	struct aa_digest digest;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (unsigned char)(i * 167 + i / 7);
	for (size_t n = 0; n <= sizeof(text); n++) {
		assert_int_equal(EVP_Digest(text, n, theirs, NULL, EVP_sha256(), NULL), 1);
		for (size_t first = 0; first <= n; first++) {
			aa_digest_begin(&digest);
			aa_digest_add(&digest, text, first);
			aa_digest_add(&digest, text + first, n - first);
			aa_digest_end(&digest, ours);
			assert_memory_equal(ours, theirs, sizeof(ours));
		}
	}
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
