/* SPDX-License-Identifier: Apache-2.0 */
/* reason.c: has the one table from reason to name, PAM code and sentence. */
#include "common/verify/reason.h"

#include <stddef.h>
#include <string.h>

#include <security/_pam_types.h>

struct row {
	const char *name;
	int pam;
	const char *sentence;
};

static const struct row rows[AA_REASON_COUNT] = {
    [AA_INTERNAL] = {"internal", PAM_AUTH_ERR,
		     "something failed on this host that is not the credential's doing"},
    [AA_OK] = {"ok", PAM_SUCCESS, "accepted"},
    [AA_MALFORMED] = {"malformed", PAM_AUTH_ERR, "what was presented is not a well-formed credential"},
    [AA_OVERSIZE] = {"oversize", PAM_AUTH_ERR, "what was presented is longer than 16 KiB"},
    [AA_TRUNCATED] = {"truncated", PAM_AUTH_ERR,
		      "the client cut the answer short; it must answer in parts of at most 511 bytes"},
    [AA_ALG_NOT_ALLOWED] = {"alg_not_allowed", PAM_AUTH_ERR,
			    "the signature algorithm is not one that this key or issuer may use"},
    [AA_UNKNOWN_ISSUER] = {"unknown_issuer", PAM_AUTH_ERR, "no issuer of this name is configured"},
    [AA_UNKNOWN_KEY] = {"unknown_key", PAM_AUTH_ERR, "it is signed by a key that is not registered here"},
    [AA_KEY_EXPIRED] = {"key_expired", PAM_AUTH_ERR, "the key's not_after has passed"},
    [AA_BAD_SIGNATURE] = {"bad_signature", PAM_AUTH_ERR, "the signature is not that of the key it names"},
    [AA_WRONG_TYPE] = {"wrong_type", PAM_AUTH_ERR, "it is a token of another type than the one expected"},
    [AA_WRONG_AUDIENCE] = {"wrong_audience", PAM_AUTH_ERR, "it was made for another host"},
    [AA_WRONG_SUBJECT] = {"wrong_subject", PAM_AUTH_ERR, "it is another principal's credential"},
    [AA_CLAIM_REQUIRED] = {"claim_required", PAM_AUTH_ERR,
			   "a claim that must be there is missing or has another value"},
    [AA_EXPIRED] = {"expired", PAM_AUTH_ERR, "the credential has expired"},
    [AA_NOT_YET_VALID] = {"not_yet_valid", PAM_AUTH_ERR,
			  "the credential is not valid yet; compare the clocks"},
    [AA_LIFETIME_TOO_LONG] = {"lifetime_too_long", PAM_AUTH_ERR,
			      "the credential lives longer than this host accepts"},
    [AA_REPLAYED] = {"replayed", PAM_AUTH_ERR, "this credential was used before"},
    [AA_NONCE_MISMATCH] = {"nonce_mismatch", PAM_AUTH_ERR,
			   "it carries another nonce than the one that was prompted"},
    [AA_NONCE_REQUIRED] = {"nonce_required", PAM_AUTH_ERR,
			   "this host demands the prompt's nonce in the assertion"},
    [AA_PROOF_REQUIRED] = {"proof_required", PAM_AUTH_ERR,
			   "it is bound to a key, and this connection was not authenticated with that key"},
    [AA_AGENT_UNKNOWN] = {"agent_unknown", PAM_USER_UNKNOWN, "no agent of this name is registered"},
    [AA_AGENT_SUSPENDED] = {"agent_suspended", PAM_PERM_DENIED, "the agent is suspended"},
    [AA_AGENT_RETIRED] = {"agent_retired", PAM_ACCT_EXPIRED, "the agent is retired"},
    [AA_AGENT_EXPIRED] = {"agent_expired", PAM_ACCT_EXPIRED, "the agent's registration has expired"},
    [AA_REVOKED] = {"revoked", PAM_PERM_DENIED, "the credential was revoked on this host"},
    [AA_ROLE_DENIED] = {"role_denied", PAM_PERM_DENIED, "no role that the agent has or may use grants this"},
    [AA_SERVICE_DENIED] = {"service_denied", PAM_PERM_DENIED, "none of the agent's roles lists this service"},
    [AA_SOURCE_DENIED] = {"source_denied", PAM_PERM_DENIED, "none of the agent's roles admits this address"},
    [AA_SESSION_LIMIT] = {"session_limit", PAM_PERM_DENIED, "the agent has as many sessions as it may have"},
    [AA_SESSION_EXPIRED] = {"session_expired", PAM_PERM_DENIED, "the session is past its deadline"},
    [AA_NO_SESSION] = {"no_session", PAM_PERM_DENIED, "the caller is not inside a live session of the agent"},
    [AA_DELEGATION_DENIED] = {"delegation_denied", PAM_PERM_DENIED, "the agent may not act for this user"},
    [AA_APPROVAL_DENIED] = {"approval_denied", PAM_PERM_DENIED, "a person said no"},
    [AA_APPROVAL_TIMEOUT] = {"approval_timeout", PAM_PERM_DENIED, "nobody answered the request for approval"},
    [AA_REGISTRY_UNAVAILABLE] = {"registry_unavailable", PAM_AUTHINFO_UNAVAIL,
				 "the registry cannot be read; run agentauthctl check"},
    [AA_KEYS_STALE] = {"keys_stale", PAM_AUTH_ERR,
		       "the issuer's keys are missing or too old; run agentauthctl issuer refresh"},
    [AA_REPLAY_UNAVAILABLE] = {"replay_unavailable", PAM_AUTH_ERR,
			       "it cannot be told whether this credential was used before"},
    [AA_AUDIT_UNAVAILABLE] = {"audit_unavailable", PAM_PERM_DENIED, "the audit log cannot be written"},
    [AA_NO_CREDENTIAL] = {"no_credential", PAM_PERM_DENIED, "no credential was presented for this login"},
    [AA_RATE_LIMITED] = {"rate_limited", PAM_AUTH_ERR,
			 "too many credentials for this agent failed from there within a minute"},
    [AA_GROUP_DENIED] =
	{"group_denied", PAM_PERM_DENIED,
	 "the caller is no agent and has a group that is agents' alone, as a setgid file gives it"},
    [AA_APPROVAL_UNAVAILABLE] = {"approval_unavailable", PAM_PERM_DENIED,
				 "sudo does not load the plugin that asks a person"},
    [AA_SUDO_DENIED] = {"sudo_denied", PAM_PERM_DENIED,
			"sudo refused the command, by its own rules or another plugin's"},
    [AA_SUDO_FAILED] = {"sudo_failed", PAM_PERM_DENIED, "sudo could not run the command"},
    [AA_SESSION_NARROWED] =
	{"session_narrowed", PAM_PERM_DENIED,
	 "the session has fewer roles than the agent, and sudo would go by all of them on this host"},
    [AA_ALG_OFF] = {"alg_off", PAM_AUTH_ERR,
		    "this host's OpenSSL does not offer the signature algorithm, as in FIPS mode"},
    [AA_REPLAY_FULL] = {"replay_full", PAM_AUTH_ERR,
			"no room is left in /run to remember that this credential was used"},
};

static const struct row *row(enum aa_reason reason)
{
	return (unsigned)reason < AA_REASON_COUNT ? &rows[reason] : &rows[AA_INTERNAL];
}

const char *aa_reason_name(enum aa_reason reason)
{
	return row(reason)->name;
}

enum aa_reason aa_reason_named(const char *name)
{
	int i = 0;

	while (i < AA_REASON_COUNT && strcmp(rows[i].name, name) != 0)
		i++;
	return (enum aa_reason)i;
}

const char *aa_reason_sentence(enum aa_reason reason)
{
	return row(reason)->sentence;
}

int aa_reason_pam(enum aa_reason reason)
{
	return row(reason)->pam;
}

const char *aa_reason_claim(enum aa_reason reason)
{
	switch ((int)reason) {
	case AA_ALG_NOT_ALLOWED:
	case AA_ALG_OFF:
		return "alg";
	case AA_UNKNOWN_ISSUER:
		return "iss";
	case AA_UNKNOWN_KEY:
	case AA_KEY_EXPIRED:
		return "kid";
	case AA_WRONG_TYPE:
		return "typ";
	case AA_WRONG_AUDIENCE:
		return "aud";
	case AA_EXPIRED:
	case AA_LIFETIME_TOO_LONG:
		return "exp";
	case AA_REPLAYED:
		return "jti";
	case AA_NONCE_MISMATCH:
	case AA_NONCE_REQUIRED:
		return "nonce";
	case AA_PROOF_REQUIRED:
		return "cnf";
	default:
		return NULL;
	}
}
