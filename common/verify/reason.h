/* SPDX-License-Identifier: Apache-2.0 */
/* reason.h: why a credential, a login or a command was refused: the one table from reason to PAM code to words. */
#ifndef AGENTAUTH_VERIFY_REASON_H
#define AGENTAUTH_VERIFY_REASON_H

enum aa_reason {
	AA_INTERNAL = 0, /* a verdict that nobody set is a refusal */
	AA_OK,
	AA_MALFORMED,
	AA_OVERSIZE,
	AA_TRUNCATED,
	AA_ALG_NOT_ALLOWED,
	AA_UNKNOWN_ISSUER,
	AA_UNKNOWN_KEY,
	AA_KEY_EXPIRED,
	AA_BAD_SIGNATURE,
	AA_WRONG_TYPE,
	AA_WRONG_AUDIENCE,
	AA_WRONG_SUBJECT,
	AA_CLAIM_REQUIRED,
	AA_EXPIRED,
	AA_NOT_YET_VALID,
	AA_LIFETIME_TOO_LONG,
	AA_REPLAYED,
	AA_NONCE_MISMATCH,
	AA_NONCE_REQUIRED,
	AA_PROOF_REQUIRED,
	AA_AGENT_UNKNOWN,
	AA_AGENT_SUSPENDED,
	AA_AGENT_RETIRED,
	AA_AGENT_EXPIRED,
	AA_REVOKED,
	AA_ROLE_DENIED,
	AA_SERVICE_DENIED,
	AA_SOURCE_DENIED,
	AA_SESSION_LIMIT,
	AA_SESSION_EXPIRED,
	AA_NO_SESSION,
	AA_DELEGATION_DENIED,
	AA_APPROVAL_DENIED,
	AA_APPROVAL_TIMEOUT,
	AA_REGISTRY_UNAVAILABLE,
	AA_KEYS_STALE,
	AA_REPLAY_UNAVAILABLE,
	AA_AUDIT_UNAVAILABLE,
	AA_NO_CREDENTIAL,
	AA_RATE_LIMITED,
	AA_GROUP_DENIED,
	AA_APPROVAL_UNAVAILABLE,
	AA_SUDO_DENIED,
	AA_SUDO_FAILED,
	AA_SESSION_NARROWED,
	AA_ALG_OFF,
	AA_REPLAY_FULL,
	AA_REASON_COUNT
};

/* Gives the word of the audit record, "bad_signature". Never NULL. */
const char *aa_reason_name(enum aa_reason reason);
/* Gives the reason of such a word; AA_REASON_COUNT: this version does not know it. */
enum aa_reason aa_reason_named(const char *name);
/* Gives a sentence for the host's administrator, without a full stop. It is never shown to a client. */
const char *aa_reason_sentence(enum aa_reason reason);
/* Names the claim or header member that this reason is always about: "aud" of AA_WRONG_AUDIENCE. NULL: none, or it
 * depends. */
const char *aa_reason_claim(enum aa_reason reason);
/* Gives PAM_SUCCESS for AA_OK, else PAM_AUTH_ERR, PAM_PERM_DENIED, PAM_ACCT_EXPIRED, PAM_USER_UNKNOWN or
 * PAM_AUTHINFO_UNAVAIL. PAM_AUTHTOK_*, PAM_NEW_AUTHTOK_REQD and PAM_SESSION_ERR never: sudo takes them for success. */
int aa_reason_pam(enum aa_reason reason);

#endif
