/* SPDX-License-Identifier: Apache-2.0 */
/* claims.h: reads a payload whose signature holds. Nothing is converted: a claim of another type is malformed. */
#ifndef AGENTAUTH_VERIFY_CLAIMS_H
#define AGENTAUTH_VERIFY_CLAIMS_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "common/text/list.h"
#include "common/verify/policy.h"
#include "common/verify/reason.h"

#define AA_CLAIM_MAX 256 /* bytes of an identifier: iss excepted */
#define AA_ISS_MAX 1024

/* Finds a claim by its name, or by an RFC 6901 pointer where `claim` begins with a slash. Borrowed; NULL: it is not
 * there. */
json_t *aa_claim(const json_t *payload, const char *claim);

/* Reads a string of 1 to `max` bytes without control characters. AA_CLAIM_REQUIRED: it is not there. AA_MALFORMED: it
 * is no such string. */
enum aa_reason aa_claim_string(const json_t *payload, const char *claim, size_t max, const char **ret);

/* Applies the one rule of require, scopes and bindings: a string equals, an array contains, `scope` and `scp` split
 * at spaces. */
bool aa_claim_matches(const json_t *payload, const char *claim, const char *value);
/* Answers AA_OK where every rule holds, else AA_CLAIM_REQUIRED and the claim of the first rule that does not,
 * borrowed from the rules. */
enum aa_reason aa_claims_require(const json_t *payload, const struct aa_claim_rules *rules,
				 const char **ret_claim);

/* Checks aud, RFC 7519 section 4.1.3: a string, or an array of strings, of which one must be one of ours. */
enum aa_reason aa_claims_audience(const json_t *payload, const struct aa_list *audience);

/* The clock and the limits that times are held against. */
struct aa_time_rules {
	int64_t now, skew, max_ttl; /* seconds */
	bool iat_required;
};
/* Checks exp, iat and nbf, RFC 7519 sections 2 and 4.1.4 to 4.1.6: seconds, of which a fraction is dropped, not past
 * 2^53; exp and iat not before 2001. A credential is valid while iat - skew <= now, nbf - skew <= now and now < exp +
 * skew. *ret_iat is 0 where there is no iat. *ret_claim is, also of a refusal, the claim that was looked at last. */
enum aa_reason aa_claims_times(const json_t *payload, const struct aa_time_rules *rules, int64_t *ret_iat,
			       int64_t *ret_exp, const char **ret_claim);

/* Checks cnf, RFC 7800 and RFC 9449 section 6.1: jkt must be the thumbprint of the key in SSH_AUTH_INFO_0. */
enum aa_reason aa_claims_proof(const json_t *payload, const char *ssh_auth_info);

/* Says whether `word` is one of the words of `list`, which single spaces part. */
bool aa_claims_word_in(const char *list, const char *word);

#endif
