/* SPDX-License-Identifier: Apache-2.0 */
/* seals.c: makes and reads seals of the audit log. */
#include "config.h"

#include "tools/agentauthctl/audit/seals.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/jose/key_any.h"
#include "common/jose/jws.h"
#include "common/jose/jws_sign.h"
#include "common/jose/jws_verify.h"
#include "common/text/sort.h"
#include "common/text/utc.h"
#include "tools/cli/alloc.h"

#define SEAL_TYPE "agentauth-seal+jwt" /* so that no other token of the key's is one */
#define SEAL_MAX 4096

/* ---- keys ---------------------------------------------------------------- */

static enum aa_jose_err add_key(struct seal_keys *keys, const char *text, size_t len)
{
	struct seal_key key = {NULL, ""};
	enum aa_jose_err err = aa_key_from_any(text, len, &key.key);

	if (err == AA_JOSE_OK)
		err = aa_key_thumbprint(key.key, key.kid);
	if (err != AA_JOSE_OK) {
		aa_key_free(key.key);
		return err;
	}
	grow(&keys->v, &keys->cap, keys->n + 1, sizeof(*keys->v));
	keys->v[keys->n++] = key;
	return AA_JOSE_OK;
}

enum aa_jose_err seal_keys_add(struct seal_keys *keys, const char *text)
{
	static const char begin[] = "-----BEGIN ";
	enum aa_jose_err err = AA_JOSE_OK;

	do {
		const char *next = strstr(text + 1, begin);
		size_t len = next ? (size_t)(next - text) : strlen(text);

		err = add_key(keys, text, len);
		text += len;
	} while (err == AA_JOSE_OK && *text);
	return err;
}

void seal_keys_free(struct seal_keys *keys)
{
	for (size_t i = 0; i < keys->n; i++)
		aa_key_free(keys->v[i].key);
	free(keys->v);
}

/* ---- making -------------------------------------------------------------- */

static json_t *make_header(const struct aa_private_key *key)
{
	char kid[AA_THUMBPRINT_SIZE];

	if (aa_key_thumbprint(aa_private_key_public(key), kid) != AA_JOSE_OK)
		return NULL;
	return json_pack("{s:s, s:s}", "typ", SEAL_TYPE, "kid", kid);
}

char *seal_make(const struct aa_private_key *key, const char *host, const struct aa_audit_link *at,
		int64_t now, const char *next)
{
	enum aa_alg alg = aa_key_default_alg(aa_private_key_public(key));
	char when[AA_UTC_SIZE], *text, *ret = NULL;
	json_t *header = make_header(key), *payload;

	aa_utc_print(now, when);
	payload = json_pack("{s:s, s:s, s:I, s:s, s:s*}", "host", host ? host : "", "time", when, "seq",
			    (json_int_t)at->seq, "hash", at->hash, "next", next);
	text = payload ? json_dumps(payload, JSON_COMPACT) : NULL;
	if (header && text && aa_jws_sign(header, text, strlen(text), alg, key, &ret) != AA_JOSE_OK)
		ret = NULL;
	free(text);
	json_decref(payload);
	json_decref(header);
	return ret;
}

/* ---- reading ------------------------------------------------------------- */

static bool take_payload(const struct aa_jws *jws, struct seal_keys *keys, struct seal *ret)
{
	json_t *payload =
	    json_loadb((const char *)jws->payload, jws->payload_len, JSON_REJECT_DUPLICATES, NULL);
	const char *hash = json_string_value(json_object_get(payload, "hash")),
		   *time = json_string_value(json_object_get(payload, "time")),
		   *next = json_string_value(json_object_get(payload, "next"));
	int64_t seq = json_integer_value(json_object_get(payload, "seq"));
	bool ok = hash && strlen(hash) == sizeof(ret->at.hash) - 1 && time &&
		  strlen(time) < sizeof(ret->time) && seq > 0;

	if (ok) {
		*ret = (struct seal){.at.seq = (uint64_t)seq};
		memcpy(ret->at.hash, hash, sizeof(ret->at.hash));
		memcpy(ret->time, time, strlen(time) + 1);
	}
	if (ok && next)
		ok = seal_keys_add(keys, next) == AA_JOSE_OK;
	json_decref(payload);
	return ok;
}

/* A seal that an older version made names no key. */
static enum aa_jose_err verify_by_any(const struct aa_jws *jws, const struct seal_keys *keys)
{
	enum aa_jose_err err = AA_JOSE_NO_KEY;

	for (size_t i = 0; i < keys->n && err != AA_JOSE_OK; i++)
		if (!jws->kid || strcmp(jws->kid, keys->v[i].kid) == 0)
			err = aa_jws_verify(jws, keys->v[i].key);
	return err;
}

/* Returns why the text is no seal of one of the keys, from malloc(); NULL: it is one. */
static char *take_seal(const char *text, size_t len, struct seal_keys *keys, struct seal *ret)
{
	struct aa_jws *jws = NULL;
	enum aa_jose_err err = aa_jws_parse(text, len, SEAL_MAX, &jws);
	char *why = NULL;

	if (err == AA_JOSE_OK)
		err = verify_by_any(jws, keys);
	if (err == AA_JOSE_NO_KEY && jws)
		why = xasprintf("its key %s is not among those that were given",
				jws->kid ? quoted(jws->kid) : "");
	else if (err != AA_JOSE_OK)
		why = xstrdup(aa_jose_strerror(err));
	else if (!jws->typ || strcmp(jws->typ, SEAL_TYPE) != 0 || !take_payload(jws, keys, ret))
		why = xstrdup("it is signed by this key, and no seal");
	aa_jws_free(jws);
	return why;
}

void seals_read(const char *text, const char *file, struct seal_keys *keys, struct problems *problems,
		struct seals *ret)
{
	struct position at = {.file = file}, first = {.file = file};
	char *first_why = NULL;
	size_t more = 0;

	for (size_t len; *text; text += len + (text[len] == '\n')) {
		struct seal seal;
		char *why;

		at.line++;
		len = strcspn(text, "\n");
		why = len ? take_seal(text, len, keys, &seal) : NULL;
		if (len && !why) {
			grow(&ret->v, &ret->cap, ret->n + 1, sizeof(*ret->v));
			ret->v[ret->n++] = seal;
		}
		more += why && first_why;
		if (why && !first_why) {
			first = at;
			first_why = why;
		} else {
			free(why);
		}
	}
	if (first_why && more)
		problem_error(problems, &first, "this seal cannot be believed, nor can %zu behind it: %s",
			      more, first_why);
	else if (first_why)
		problem_error(problems, &first, "this seal cannot be believed: %s", first_why);
	free(first_why);
}

static int by_seq(const void *a, const void *b)
{
	const struct seal *x = a, *y = b;

	return (x->at.seq > y->at.seq) - (x->at.seq < y->at.seq);
}

void seals_sort(struct seals *seals)
{
	aa_sort(seals->v, seals->n, sizeof(*seals->v), by_seq);
}

void seals_free(struct seals *seals)
{
	free(seals->v);
}

/* ---- holding them against the log ---------------------------------------- */

static size_t first_not_below(const struct seals *seals, uint64_t seq)
{
	size_t low = 0, high = seals->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (seals->v[middle].at.seq < seq)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void seals_meet(struct seals *seals, const struct aa_audit_line *line)
{
	if (line->seq < seals->met) /* the numbers began anew, or a line was put in */
		seals->next = first_not_below(seals, line->seq);
	seals->met = line->seq;
	while (seals->next < seals->n && seals->v[seals->next].at.seq < line->seq)
		seals->next++;
	for (size_t i = seals->next; i < seals->n && seals->v[i].at.seq == line->seq; i++) {
		struct seal *seal = &seals->v[i];

		seal->line = line->line;
		seal->fits = seal->fits || strcmp(seal->at.hash, line->hash) == 0;
	}
}

struct seals_result seals_end(const struct seals *seals, uint64_t first_seq, uint64_t last_seq)
{
	struct seals_result r = {0};

	for (size_t i = 0; i < seals->n; i++) {
		const struct seal *seal = &seals->v[i];

		r.fitting += seal->fits;
		if (seal->fits && !r.broken)
			r.good = seal;
		else if (!seal->fits && seal->line && !r.broken)
			r.broken = seal;
		else if (!seal->fits && seal->line)
			r.more_broken++;
		if (!seal->line && seal->at.seq > last_seq)
			r.behind = seal;
		if (!seal->line && seal->at.seq < first_seq) {
			r.newest_older = seal;
			r.older++;
		}
	}
	return r;
}
