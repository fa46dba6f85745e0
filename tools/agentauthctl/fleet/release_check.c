/* SPDX-License-Identifier: Apache-2.0 */
/* release_check.c decides on a manifest, see release_check.h. */
#include "config.h"

#include "tools/agentauthctl/fleet/release_check.h"

#include <stdlib.h>
#include <string.h>

#include "common/text/utc.h"
#include "tools/agentauthctl/fleet/signed.h"

#define AHEAD_MAX 3600 /* seconds that the clock of whoever signs may be ahead of this host's */

static bool check_age(const struct taken *own, int64_t now, const struct release *r,
		      struct fleet_refusal *refusal)
{
	char when[AA_UTC_SIZE];

	if (own->number && r->number < own->number)
		return fleet_refuse(
		    refusal, AA_REPLAYED,
		    "fleet release %u is older than fleet release %u, which this host has had", r->number,
		    own->number);
	if (own->number && r->number == own->number && strcmp(r->digest, own->digest) != 0)
		return fleet_refuse(
		    refusal, AA_REPLAYED,
		    "there are two releases of number %u, and this host has had the other one", r->number);
	aa_utc_print(r->expires, when);
	if (r->expires <= now)
		return fleet_refuse(refusal, AA_EXPIRED, "fleet release %u expired at %s", r->number, when);
	aa_utc_print(r->made, when);
	if (r->made > now + AHEAD_MAX)
		return fleet_refuse(
		    refusal, AA_NOT_YET_VALID,
		    "fleet release %u was made at %s, which is yet to come by this host's clock", r->number,
		    when);
	return true;
}

static bool check_signatures(const struct fleet_conf *conf, const struct aa_jws_general *jws, char *signers,
			     size_t size, struct fleet_refusal *refusal)
{
	size_t n = fleet_signers(jws, RELEASE_TYP, &conf->release_keys, conf->release, signers, size);

	if (n >= (size_t)conf->threshold)
		return true;
	return fleet_refuse(
	    refusal, AA_BAD_SIGNATURE,
	    "the manifest has %zu signature%s of release keys of this host's fleet.conf%s%s%s, and "
	    "needs %lld",
	    n, n == 1 ? "" : "s", n ? " (" : "", signers, n ? ")" : "", (long long)conf->threshold);
}

static bool read_payload(const struct aa_jws_general *jws, struct release *ret, struct fleet_refusal *refusal)
{
	uint8_t *payload = NULL;
	size_t len = 0;
	char why[256] = "is no text";
	bool good = aa_jws_general_payload(jws, &payload, &len) == AA_JOSE_OK &&
		    release_parse(payload, len, ret, why, sizeof(why));

	free(payload);
	return good || fleet_refuse(refusal, AA_MALFORMED, "the manifest %s", why);
}

bool release_check(const struct fleet_conf *conf, const struct taken *own, const char *text, size_t len,
		   int64_t now, struct release *ret, char *signers, size_t size,
		   struct fleet_refusal *refusal)
{
	struct aa_jws_general *jws = NULL;
	enum aa_jose_err err = aa_jws_general_parse(text, len, &jws);
	bool good;

	*ret = (struct release){0};
	if (err != AA_JOSE_OK)
		return fleet_refuse(refusal, AA_MALFORMED, "the manifest is no JWS with several signatures");
	good = check_signatures(conf, jws, signers, size, refusal) && read_payload(jws, ret, refusal);
	aa_jws_general_free(jws);
	if (!good || !check_age(own, now, ret, refusal))
		return false;
	return release_is_for(ret, &conf->labels) ||
	       fleet_refuse(
		   refusal, AA_WRONG_AUDIENCE,
		   "fleet release %u is for hosts with labels that fleet.conf does not give this one",
		   ret->number);
}
