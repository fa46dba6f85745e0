/* SPDX-License-Identifier: Apache-2.0 */
/* test_reason.c: every reason has a name, a sentence and a PAM code that no application takes for success. */
#include <config.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <security/_pam_types.h>

#include "common/verify/reason.h"
#include "tests/unit/support/test.h"

/* The words of the audit record, which scripts rely on, in the order of the enum. */
static const char *const names[] = {
    "internal",
    "ok",
    "malformed",
    "oversize",
    "truncated",
    "alg_not_allowed",
    "unknown_issuer",
    "unknown_key",
    "key_expired",
    "bad_signature",
    "wrong_type",
    "wrong_audience",
    "wrong_subject",
    "claim_required",
    "expired",
    "not_yet_valid",
    "lifetime_too_long",
    "replayed",
    "nonce_mismatch",
    "nonce_required",
    "proof_required",
    "agent_unknown",
    "agent_suspended",
    "agent_retired",
    "agent_expired",
    "revoked",
    "role_denied",
    "service_denied",
    "source_denied",
    "session_limit",
    "session_expired",
    "no_session",
    "delegation_denied",
    "approval_denied",
    "approval_timeout",
    "registry_unavailable",
    "keys_stale",
    "replay_unavailable",
    "audit_unavailable",
    "no_credential",
    "rate_limited",
    "group_denied",
    "approval_unavailable",
    "sudo_denied",
    "sudo_failed",
    "session_narrowed",
    "alg_off",
    "replay_full",
};

TEST(names_are_those_of_the_contract)
{
	assert_int_equal(sizeof(names) / sizeof(names[0]), AA_REASON_COUNT);
	for (int i = 0; i < AA_REASON_COUNT; i++)
		assert_string_equal(aa_reason_name((enum aa_reason)i), names[i]);
}

TEST(sentences_are_for_people)
{
	for (int i = 0; i < AA_REASON_COUNT; i++) {
		const char *s = aa_reason_sentence((enum aa_reason)i);

		assert_true(strlen(s) > 5 && islower((unsigned char)s[0]));
		assert_true(s[strlen(s) - 1] != '.');
	}
}

TEST(only_ok_is_success_to_pam)
{
	static const int never[] = {
	    PAM_SUCCESS,     PAM_IGNORE,	  PAM_SESSION_ERR,	   PAM_NEW_AUTHTOK_REQD,
	    PAM_AUTHTOK_ERR, PAM_AUTHTOK_EXPIRED, PAM_AUTHTOK_RECOVERY_ERR};

	for (int i = 0; i < AA_REASON_COUNT; i++) {
		int pam = aa_reason_pam((enum aa_reason)i);

		if (i == AA_OK) {
			assert_int_equal(pam, PAM_SUCCESS);
			continue;
		}
		for (size_t k = 0; k < sizeof(never) / sizeof(never[0]); k++)
			assert_int_not_equal(pam, never[k]);
	}
}

TEST(what_is_no_reason_is_a_refusal)
{
	static const int bad[] = {-1, AA_REASON_COUNT, AA_REASON_COUNT + 1, INT32_MAX, INT32_MIN};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_string_equal(aa_reason_name((enum aa_reason)bad[i]), "internal");
		assert_int_equal(aa_reason_pam((enum aa_reason)bad[i]), PAM_AUTH_ERR);
		assert_non_null(aa_reason_sentence((enum aa_reason)bad[i]));
	}
}

TEST(a_verdict_that_nobody_set_is_a_refusal)
{
	assert_int_equal(AA_INTERNAL, 0);
	assert_int_not_equal(AA_OK, 0);
}
