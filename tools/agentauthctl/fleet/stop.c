/* SPDX-License-Identifier: Apache-2.0 */
/* stop.c reads, writes and checks stops and lifts, see stop.h. */
#include "config.h"

#include "tools/agentauthctl/fleet/stop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/json.h"
#include "common/jose/jws_general.h"
#include "common/text/name.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/fleet/release.h"
#include "tools/agentauthctl/fleet/signed.h"
#include "tools/cli/find_control.h"

#define VALUE_MAX 512

static const char *const kinds[STOP_KINDS] = {"agent", "role", "owner", "jti", "kid", "all", "lift"};

const char *stop_kind_name(enum stop_kind kind)
{
	return kinds[kind];
}

bool stop_kind_of(const char *name, enum stop_kind *ret)
{
	for (int i = 0; i < STOP_KINDS; i++)
		if (strcmp(kinds[i], name) == 0) {
			*ret = (enum stop_kind)i;
			return true;
		}
	return false;
}

/* ---- reading ------------------------------------------------------------- */

static bool refuse(char *why, size_t size, const char *what)
{
	snprintf(why, size, "%s", what);
	return false;
}

/* value_is_good() says whether the value may be one of its kind; texts stand in decisions' files and in the log. */
static bool value_is_good(const struct stop *s)
{
	size_t len = strlen(s->value);

	switch (s->kind) {
	case STOP_AGENT:
		return aa_agent_name_is_valid(s->value);
	case STOP_ROLE:
		return aa_name_is_valid(s->value, AA_ROLE_NAME_MAX);
	case STOP_ALL:
		return len == 0;
	case STOP_LIFT:
		return release_is_digest(s->value);
	case STOP_OWNER:
	case STOP_JTI:
	case STOP_KID:
		break;
	}
	return len > 0 && len <= VALUE_MAX && !find_control(s->value);
}

/* text_of() returns a member that is a text or missing; `other` of a missing one, and NULL of anything else. */
static const char *text_of(const json_t *json, const char *name, const char *other)
{
	const json_t *value = json_object_get(json, name);

	return value ? json_string_value(value) : other;
}

static bool has_unknown(const json_t *json)
{
	static const char *const known[] = {"version", "kind", "value", "issuer", "made", "why"};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		n += json_object_get(json, known[i]) != NULL;
	return n != json_object_size(json);
}

static bool take_members(struct stop *s, char *why, size_t size)
{
	const char *kind = text_of(s->json, "kind", ""), *made = text_of(s->json, "made", "");

	if (json_integer_value(json_object_get(s->json, "version")) != 1 || has_unknown(s->json))
		return refuse(why, size, "is of another version");
	s->value = text_of(s->json, "value", "");
	s->why = text_of(s->json, "why", "");
	s->issuer = text_of(s->json, "issuer", NULL);
	if (!kind || !stop_kind_of(kind, &s->kind) || !s->value || !value_is_good(s))
		return refuse(why, size, "does not say what it stops");
	if (!made || !aa_utc_parse(made, &s->made))
		return refuse(why, size, "does not say when it was made");
	if (!s->why || strlen(s->why) > STOP_WHY_MAX || find_control(s->why))
		return refuse(why, size, "has a reason that is no line of text");
	if (json_object_get(s->json, "issuer") &&
	    (s->kind != STOP_JTI || !s->issuer || !aa_name_is_valid(s->issuer, 32)))
		return refuse(why, size, "has an issuer that is none");
	return true;
}

static bool read_payload(const struct aa_jws_general *jws, struct stop *ret, char *why, size_t size)
{
	uint8_t *payload = NULL;
	size_t len = 0;
	bool good = aa_jws_general_payload(jws, &payload, &len) == AA_JOSE_OK &&
		    aa_sha256_hex(ret->id, payload, len) == 0 &&
		    aa_json_object(payload, len, &ret->json) == AA_JOSE_OK;

	free(payload);
	return good ? take_members(ret, why, size) : refuse(why, size, "is no JSON object");
}

static bool begin(const char *text, size_t len, struct stop *ret, struct aa_jws_general **jws)
{
	*ret = (struct stop){.value = "", .why = ""};
	return len <= STOP_MAX && aa_sha256_hex(ret->name, text, len) == 0 &&
	       aa_jws_general_parse(text, len, jws) == AA_JOSE_OK;
}

bool stop_read(const char *text, size_t len, struct stop *ret, char *why, size_t size)
{
	struct aa_jws_general *jws = NULL;
	bool good = begin(text, len, ret, &jws) ? read_payload(jws, ret, why, size)
						: refuse(why, size, "is no JWS with several signatures");

	aa_jws_general_free(jws);
	return good;
}

void stop_free(struct stop *stop)
{
	json_decref(stop->json);
	stop->json = NULL;
}

char *stop_payload(const struct stop *s)
{
	char made[AA_UTC_SIZE], *text;
	json_t *json;

	aa_utc_print(s->made, made);
	json = json_pack("{s:i, s:s, s:s*, s:s*, s:s, s:s*}", "version", 1, "kind", kinds[s->kind], "value",
			 *s->value ? s->value : NULL, "issuer", s->issuer, "made", made, "why",
			 s->why && *s->why ? s->why : NULL);
	text = aa_json_text(json, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(json);
	return text;
}

/* ---- deciding ---------------------------------------------------------------- */

/* The typ is part of what was signed, so that no key's signature under one kind of statement counts for another. */
static bool is_signed(const struct fleet_conf *conf, const struct aa_jws_general *jws, struct stop *s,
		      struct fleet_refusal *refusal)
{
	bool lift = s->kind == STOP_LIFT;
	size_t n, needed = lift ? (size_t)conf->threshold : 1;

	n = lift ? fleet_signers(jws, LIFT_TYP, &conf->release_keys, conf->release, s->signer,
				 sizeof(s->signer))
		 : fleet_signers(jws, STOP_TYP, &conf->stop_keys, conf->stop, s->signer, sizeof(s->signer));
	if (n >= needed)
		return true;
	return fleet_refuse(
	    refusal, AA_BAD_SIGNATURE,
	    "the %s %.12s has %zu signature%s of %s keys of this host's fleet.conf, and needs %zu",
	    lift ? "lift" : "stop", s->id, n, n == 1 ? "" : "s", lift ? "release" : "stop", needed);
}

bool stop_check(const struct fleet_conf *conf, const char *text, size_t len, struct stop *ret,
		struct fleet_refusal *refusal)
{
	struct aa_jws_general *jws = NULL;
	char why[128] = "is no JWS with several signatures";
	bool good = begin(text, len, ret, &jws) && read_payload(jws, ret, why, sizeof(why));

	if (!good)
		fleet_refuse(refusal, AA_MALFORMED, "the stop %.12s %s", ret->name, why);
	good = good && is_signed(conf, jws, ret, refusal);
	aa_jws_general_free(jws);
	return good;
}

bool stop_fits(const struct stop *s, const struct aa_agent *agent)
{
	size_t len = strlen(s->value);

	switch (s->kind) {
	case STOP_AGENT:
		return strcmp(s->value, agent->name) == 0;
	case STOP_ROLE:
		return aa_list_has(&agent->roles, s->value);
	case STOP_OWNER:
		return agent->owner && strncmp(agent->owner, s->value, len) == 0 &&
		       (agent->owner[len] == '\0' || agent->owner[len] == '@');
	case STOP_ALL:
		return true;
	case STOP_JTI:
	case STOP_KID:
	case STOP_LIFT:
		break;
	}
	return false;
}
