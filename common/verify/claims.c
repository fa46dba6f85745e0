/* SPDX-License-Identifier: Apache-2.0 */
/* claims.c: the claims that every kind of credential must have. */
#include "config.h"

#include "common/verify/claims.h"

#include <stdlib.h>
#include <string.h>

#include "common/jose/key.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_ssh.h"
#include "common/text/list.h"
#include "common/text/number.h"

#define TIME_MIN INT64_C(1000000000)	   /* 2001: an older clock or claim is a fault */
#define TIME_MAX INT64_C(9007199254740992) /* 2^53: what JSON carries exactly */

/* ---- finding ---------------------------------------------------------------- */

/* Reads one reference token of a pointer, RFC 6901 section 4: ~1 is a slash, ~0 a tilde. */
static bool next_token(const char **pointer, char *ret, size_t cap)
{
	const char *s = *pointer + 1;
	size_t n = 0;

	for (; *s && *s != '/'; s++) {
		char c = *s;

		if (c == '~' && (s[1] == '0' || s[1] == '1'))
			c = *++s == '0' ? '~' : '/';
		if (n + 1 >= cap)
			return false;
		ret[n++] = c;
	}
	ret[n] = '\0';
	*pointer = s;
	return true;
}

static json_t *array_item(const json_t *array, const char *token)
{
	int64_t i;

	if ((token[0] == '0' && token[1]) || !aa_number_parse(token, 0, INT32_MAX, &i))
		return NULL;
	return json_array_get(array, (size_t)i);
}

json_t *aa_claim(const json_t *payload, const char *claim)
{
	const json_t *at = payload;
	char token[AA_CLAIM_MAX];

	if (claim[0] != '/')
		return json_object_get(payload, claim);
	while (*claim && at) {
		if (!next_token(&claim, token, sizeof(token)))
			return NULL;
		at = json_is_array(at) ? array_item(at, token) : json_object_get(at, token);
	}
	return (json_t *)(uintptr_t)at;
}

/* A kept text goes into logs, terminals and the environment, so no control character is allowed, of ASCII or of
 * U+0080 to U+009F. */
static bool is_plain(const char *text)
{
	for (const unsigned char *s = (const unsigned char *)text; *s; s++)
		if (*s < 0x20 || *s == 0x7f || (*s == 0xc2 && s[1] < 0xa0))
			return false;
	return true;
}

enum aa_reason aa_claim_string(const json_t *payload, const char *claim, size_t max, const char **ret)
{
	const json_t *value = aa_claim(payload, claim);
	size_t len;

	if (!value)
		return AA_CLAIM_REQUIRED;
	len = json_string_length(value);
	if (!json_is_string(value) || len == 0 || len > max || !is_plain(json_string_value(value)))
		return AA_MALFORMED;
	*ret = json_string_value(value);
	return AA_OK;
}

/* ---- the one rule -------------------------------------------------------------- */

bool aa_claims_word_in(const char *list, const char *word)
{
	size_t n = strlen(word);

	while (n && *list) {
		size_t len = strcspn(list, " ");

		if (len == n && memcmp(list, word, n) == 0)
			return true;
		list += len;
		list += *list == ' ';
	}
	return false;
}

bool aa_claim_matches(const json_t *payload, const char *claim, const char *value)
{
	const json_t *found = aa_claim(payload, claim), *item;
	size_t i;

	if (json_is_string(found) && (strcmp(claim, "scope") == 0 || strcmp(claim, "scp") == 0))
		return aa_claims_word_in(json_string_value(found), value);
	if (json_is_string(found))
		return strcmp(json_string_value(found), value) == 0;
	if (!json_is_array(found))
		return false;
	json_array_foreach(found, i, item)
	{
		if (json_is_string(item) && strcmp(json_string_value(item), value) == 0)
			return true;
	}
	return false;
}

enum aa_reason aa_claims_require(const json_t *payload, const struct aa_claim_rules *rules,
				 const char **ret_claim)
{
	for (size_t i = 0; i < rules->n; i++) {
		if (aa_claim_matches(payload, rules->v[i].claim, rules->v[i].value))
			continue;
		*ret_claim = rules->v[i].claim;
		return AA_CLAIM_REQUIRED;
	}
	return AA_OK;
}

/* ---- audience --------------------------------------------------------------------- */

enum aa_reason aa_claims_audience(const json_t *payload, const struct aa_list *audience)
{
	const json_t *aud = json_object_get(payload, "aud"), *item;
	enum aa_reason reason = AA_WRONG_AUDIENCE;
	size_t i;

	if (!aud)
		return AA_CLAIM_REQUIRED;
	if (json_is_string(aud))
		return aa_list_has(audience, json_string_value(aud)) ? AA_OK : AA_WRONG_AUDIENCE;
	if (!json_is_array(aud))
		return AA_MALFORMED;
	json_array_foreach(aud, i, item)
	{
		if (!json_is_string(item))
			return AA_MALFORMED;
		if (aa_list_has(audience, json_string_value(item)))
			reason = AA_OK;
	}
	return reason;
}

/* ---- times --------------------------------------------------------------------------- */

/* Reads a NumericDate (RFC 7519 section 2), which may have a fraction. The whole seconds count, so that a credential
 * ends, and begins, up to a second early. */
static bool seconds_of(const json_t *value, int64_t *ret)
{
	double n = json_real_value(value);

	if (json_is_integer(value)) {
		*ret = json_integer_value(value);
		return true;
	}
	if (!json_is_real(value) || !(n >= 0 && n <= (double)TIME_MAX))
		return false;
	*ret = (int64_t)n;
	return true;
}

/* Reads seconds from `min` on; AA_CLAIM_REQUIRED: the claim is not there. A string or an absurd number is malformed. */
static enum aa_reason time_claim(const json_t *payload, const char *claim, int64_t min, int64_t *ret)
{
	const json_t *value = json_object_get(payload, claim);
	int64_t n = 0;

	if (!value)
		return AA_CLAIM_REQUIRED;
	if (!seconds_of(value, &n) || n < min || n > TIME_MAX)
		return AA_MALFORMED;
	*ret = n;
	return AA_OK;
}

static enum aa_reason optional_time(const json_t *payload, const char *claim, int64_t min, int64_t *ret)
{
	enum aa_reason reason = time_claim(payload, claim, min, ret);

	return reason == AA_CLAIM_REQUIRED ? AA_OK : reason;
}

struct times {
	int64_t exp, iat, nbf;
};

static enum aa_reason read_times(const json_t *payload, bool iat_required, struct times *ret,
				 const char **ret_claim)
{
	enum aa_reason reason = time_claim(payload, *ret_claim = "exp", TIME_MIN, &ret->exp);

	if (reason != AA_OK)
		return reason;
	*ret_claim = "iat";
	reason = iat_required ? time_claim(payload, "iat", TIME_MIN, &ret->iat)
			      : optional_time(payload, "iat", TIME_MIN, &ret->iat);
	if (reason != AA_OK)
		return reason;
	*ret_claim = "nbf";
	return optional_time(payload, "nbf", 0, &ret->nbf); /* 0, as some providers write, is long ago */
}

enum aa_reason aa_claims_times(const json_t *payload, const struct aa_time_rules *rules, int64_t *ret_iat,
			       int64_t *ret_exp, const char **ret_claim)
{
	struct times times = {0};
	enum aa_reason reason = read_times(payload, rules->iat_required, &times, ret_claim);
	int64_t exp = times.exp, iat = times.iat, nbf = times.nbf;

	if (reason != AA_OK)
		return reason;
	*ret_claim = "exp";
	if (exp <= iat || exp < nbf)
		return AA_MALFORMED;
	if (rules->now < TIME_MIN || iat - rules->skew > rules->now || nbf - rules->skew > rules->now) {
		*ret_claim = nbf - rules->skew > rules->now ? "nbf" : "iat";
		return AA_NOT_YET_VALID;
	}
	if (rules->now >= exp + rules->skew)
		return AA_EXPIRED;
	if (exp - (iat ? iat : rules->now) > rules->max_ttl)
		return AA_LIFETIME_TOO_LONG;
	*ret_iat = iat;
	*ret_exp = exp;
	return AA_OK;
}

/* ---- proof of possession ----------------------------------------------------------------- */

static bool line_has_thumbprint(const char *line, size_t len, const char *jkt)
{
	static const char method[] = "publickey ";
	struct aa_key *key = NULL;
	char thumbprint[44];
	bool same;

	if (len < sizeof(method) || memcmp(line, method, sizeof(method) - 1) != 0)
		return false;
	same = aa_key_from_ssh(line + sizeof(method) - 1, len - (sizeof(method) - 1), &key) == AA_JOSE_OK &&
	       aa_key_thumbprint(key, thumbprint) == AA_JOSE_OK && strcmp(thumbprint, jkt) == 0;
	aa_key_free(key);
	return same;
}

enum aa_reason aa_claims_proof(const json_t *payload, const char *ssh_auth_info)
{
	const json_t *cnf = json_object_get(payload, "cnf");
	const char *jkt = json_string_value(json_object_get(cnf, "jkt")), *line = ssh_auth_info;

	if (!cnf)
		return AA_OK;
	if (!json_is_object(cnf) || json_object_size(cnf) != 1 || !jkt)
		return AA_PROOF_REQUIRED;
	while (line && *line) {
		size_t len = strcspn(line, "\n");

		if (line_has_thumbprint(line, len, jkt))
			return AA_OK;
		line += len;
		line += *line == '\n';
	}
	return AA_PROOF_REQUIRED;
}
