/* SPDX-License-Identifier: Apache-2.0 */
/* seals.c: makes and reads seals of the audit log. */
#include "config.h"

#include "tools/agentauthctl/audit/seals.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/jose/jws.h"
#include "common/jose/jws_sign.h"
#include "common/jose/jws_verify.h"
#include "common/text/utc.h"
#include "tools/cli/alloc.h"

#define SEAL_TYPE "agentauth-seal+jwt" /* so that no other token of the key's is one */
#define SEAL_MAX 4096

char *seal_make(const struct aa_private_key *key, const char *host, const struct aa_audit_link *at,
		int64_t now)
{
	enum aa_alg alg = aa_key_default_alg(aa_private_key_public(key));
	char when[AA_UTC_SIZE], *text, *ret = NULL;
	json_t *header = json_pack("{s:s}", "typ", SEAL_TYPE), *payload;

	aa_utc_print(now, when);
	payload = json_pack("{s:s, s:s, s:I, s:s}", "host", host ? host : "", "time", when, "seq",
			    (json_int_t)at->seq, "hash", at->hash);
	text = payload ? json_dumps(payload, JSON_COMPACT) : NULL;
	if (text && aa_jws_sign(header, text, strlen(text), alg, key, &ret) != AA_JOSE_OK)
		ret = NULL;
	free(text);
	json_decref(payload);
	json_decref(header);
	return ret;
}

static bool take_payload(const struct aa_jws *jws, struct seal *ret)
{
	json_t *payload =
	    json_loadb((const char *)jws->payload, jws->payload_len, JSON_REJECT_DUPLICATES, NULL);
	const char *hash = json_string_value(json_object_get(payload, "hash")),
		   *time = json_string_value(json_object_get(payload, "time"));
	int64_t seq = json_integer_value(json_object_get(payload, "seq"));
	bool ok = hash && strlen(hash) == sizeof(ret->at.hash) - 1 && time &&
		  strlen(time) < sizeof(ret->time) && seq > 0;

	if (ok) {
		ret->at.seq = (uint64_t)seq;
		memcpy(ret->at.hash, hash, sizeof(ret->at.hash));
		memcpy(ret->time, time, strlen(time) + 1);
	}
	json_decref(payload);
	return ok;
}

/* Returns why the text is no seal of the key; NULL: it is one. */
static const char *take_seal(const char *text, size_t len, const struct aa_key *key, struct seal *ret)
{
	struct aa_jws *jws = NULL;
	enum aa_jose_err err = aa_jws_parse(text, len, SEAL_MAX, &jws);
	const char *why = NULL;

	if (err == AA_JOSE_OK)
		err = aa_jws_verify(jws, key);
	if (err != AA_JOSE_OK)
		why = aa_jose_strerror(err);
	else if (!jws->typ || strcmp(jws->typ, SEAL_TYPE) != 0 || !take_payload(jws, ret))
		why = "it is signed by this key, and no seal";
	aa_jws_free(jws);
	return why;
}

bool seals_read(const char *text, const char *file, const struct aa_key *key, struct problems *problems,
		struct seals *ret)
{
	struct position at = {.file = file};
	bool all = true;

	for (size_t len; *text; text += len + (text[len] == '\n')) {
		struct seal seal;
		const char *why;

		at.line++;
		len = strcspn(text, "\n");
		if (len == 0)
			continue;
		why = take_seal(text, len, key, &seal);
		if (why) {
			problem_error(problems, &at, "this seal cannot be believed: %s", why);
			all = false;
			continue;
		}
		grow(&ret->v, &ret->cap, ret->n + 1, sizeof(*ret->v));
		ret->v[ret->n++] = seal;
	}
	return all;
}

static int by_seq(const void *a, const void *b)
{
	const struct seal *x = a, *y = b;

	return (x->at.seq > y->at.seq) - (x->at.seq < y->at.seq);
}

void seals_sort(struct seals *seals)
{
	qsort(seals->v, seals->n, sizeof(*seals->v), by_seq);
}

void seals_free(struct seals *seals)
{
	free(seals->v);
}
