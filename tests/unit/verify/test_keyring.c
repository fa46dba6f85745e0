/* SPDX-License-Identifier: Apache-2.0 */
/* test_keyring.c: the keys of an agent's own record. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/jose/key.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_pem.h"
#include "common/jose/key_private.h"
#include "common/jose/key_ssh.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"
#include "tests/unit/verify/keyring_steps.h"

/* ---- the agent's own keys -------------------------------------------------------- */

static json_t *entry_key(const char *kid, unsigned n, int64_t not_after, const char *key_state)
{
	const struct aa_key *key = aa_private_key_public(support_key(AA_ALG_ES256, n));
	json_t *record;
	char *ssh = NULL;

	assert_int_equal(aa_key_to_ssh(key, &ssh), AA_JOSE_OK);
	record = json_pack("{s:s, s:o, s:s, s:I, s:s}", "kid", kid, "jwk", aa_key_to_jwk(key), "ssh", ssh,
			   "not_after", (json_int_t)not_after, "state", key_state);
	free(ssh);
	return record;
}

static void set_keys(struct support_site *site, json_t *keys)
{
	json_object_set_new(support_record(site, "agent:builder-7"), "keys", keys);
	support_site_publish(site);
}

TEST(a_kid_names_one_active_key, site)
{
	struct support_site *site = *state;

	set_keys(site, json_pack("[o,o,o]", entry_key("a", 0, 0, "active"), entry_key("b", 1, 0, "active"),
				 entry_key("c", 2, 0, "disabled")));
	assert_int_equal(signed_by(site, NOW, 0, "a"), AA_OK);
	assert_int_equal(signed_by(site, NOW, 1, "b"), AA_OK);
	assert_int_equal(signed_by(site, NOW, 1, "a"), AA_BAD_SIGNATURE);
	assert_int_equal(signed_by(site, NOW, 2, "c"), AA_UNKNOWN_KEY);
	assert_int_equal(signed_by(site, NOW, 0, "A"), AA_UNKNOWN_KEY);
	assert_int_equal(signed_by(site, NOW, 0, "d"), AA_UNKNOWN_KEY);
}

TEST(without_a_kid_nothing_is_guessed, site)
{
	struct support_site *site = *state;

	set_keys(site, json_pack("[o]", entry_key("a", 0, 0, "active")));
	assert_int_equal(signed_by(site, NOW, 0, NULL), AA_OK);
	set_keys(site, json_pack("[o,o]", entry_key("a", 0, 0, "active"), entry_key("b", 1, 0, "active")));
	assert_int_equal(signed_by(site, NOW, 0, NULL), AA_UNKNOWN_KEY);
	assert_int_equal(signed_by(site, NOW, 1, NULL), AA_UNKNOWN_KEY);
	set_keys(site, json_pack("[o,o]", entry_key("a", 0, 0, "active"), entry_key("b", 1, 0, "disabled")));
	assert_int_equal(signed_by(site, NOW, 0, NULL), AA_OK);
	set_keys(site, json_array());
	assert_int_equal(signed_by(site, NOW, 0, NULL), AA_UNKNOWN_KEY);
	assert_int_equal(signed_by(site, NOW, 0, "a"), AA_UNKNOWN_KEY);
}

TEST(two_keys_of_one_kid_are_no_key, site)
{
	struct support_site *site = *state;

	set_keys(site, json_pack("[o,o]", entry_key("a", 0, 0, "active"), entry_key("a", 1, 0, "disabled")));
	assert_int_equal(signed_by(site, NOW, 0, "a"), AA_OK);
	set_keys(site, json_pack("[o,o]", entry_key("a", 0, 0, "active"), entry_key("a", 1, 0, "active")));
	assert_int_equal(signed_by(site, NOW, 0, "a"), AA_UNKNOWN_KEY);
	assert_int_equal(signed_by(site, NOW, 1, "a"), AA_UNKNOWN_KEY);
}

/* Rotation with a grace period: both work, then the new one alone, with and without a kid. */
TEST(a_rotated_key_ends_with_its_grace, site)
{
	struct support_site *site = *state;

	set_keys(site, json_pack("[o,o]", entry_key("old", 0, NOW + 10, "active"),
				 entry_key("new", 1, 0, "active")));
	assert_int_equal(signed_by(site, NOW + 9, 0, "old"), AA_OK);
	assert_int_equal(signed_by(site, NOW + 9, 1, "new"), AA_OK);
	assert_int_equal(signed_by(site, NOW + 9, 1, NULL), AA_UNKNOWN_KEY);
	assert_int_equal(signed_by(site, NOW + 10, 0, "old"), AA_KEY_EXPIRED);
	assert_int_equal(signed_by(site, NOW + 10, 1, "new"), AA_OK);
	assert_int_equal(signed_by(site, NOW + 10, 1, NULL), AA_OK);
	assert_int_equal(signed_by(site, NOW + 10, 0, NULL), AA_BAD_SIGNATURE);
	set_keys(site, json_pack("[o]", entry_key("new", 1, 0, "active")));
	assert_int_equal(signed_by(site, NOW, 0, "old"), AA_UNKNOWN_KEY);
}

TEST(an_entry_whose_key_cannot_be_built_is_damage, site)
{
	struct support_site *site = *state;
	json_t *key = entry_key("k1", 0, 0, "active");

	set_keys(site, json_pack("[O]", key));
	assert_int_equal(signed_by(site, NOW, 0, "k1"), AA_OK);
	json_object_set_new(json_object_get(key, "jwk"), "x", json_string("AAAA"));
	set_keys(site, json_pack("[o]", key));
	assert_int_equal(signed_by(site, NOW, 0, "k1"), AA_REGISTRY_UNAVAILABLE);
}

/* ---- PEM ---------------------------------------------------------------------------------- */

/* Standard input is closed: whatever would prompt would fail the test by hanging or by opening /dev/tty. */
TEST(an_encrypted_pem_fails_at_once, site)
{
	static const char *const pems[] = {
	    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: "
	    "AES-256-CBC,0011223344556677\n\nAAAA\n"
	    "-----END RSA PRIVATE KEY-----\n",
	    "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"};
	struct aa_key *key = NULL;
	struct aa_private_key *private = NULL;
	char *pem = NULL;

	assert_int_equal(aa_key_to_pem(aa_private_key_public(support_key(AA_ALG_ES256, 0)), &pem),
			 AA_JOSE_OK);
	assert_int_equal(aa_key_from_pem(pem, strlen(pem), &key), AA_JOSE_OK);
	aa_key_free(key);
	key = NULL;
	for (size_t i = 0; i < sizeof(pems) / sizeof(pems[0]); i++) {
		assert_int_equal(aa_key_from_pem(pems[i], strlen(pems[i]), &key), AA_JOSE_KEY_ENCRYPTED);
		assert_int_equal(aa_private_key_from_pem(pems[i], strlen(pems[i]), NULL, &private),
				 AA_JOSE_KEY_ENCRYPTED);
	}
	assert_null(key);
	assert_null(private);
	free(pem);
}
