/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_algorithms.c checks which signature algorithms this host's OpenSSL hands out, and whose keys are of another. */
#include "config.h"

#include <stdlib.h>

#include "common/jose/key.h"
#include "common/jose/key_jwk.h"
#include "common/jose/offered.h"
#include "tools/agentauthctl/commands/doctor/doctor.h"

#define NAMES_SHOWN 3

struct without {
	struct buffer names; /* of the first agents that have a key which cannot be used here */
	size_t n;
	int64_t now;
};

static bool has_key_that_is_off(const struct aa_agent *agent, int64_t now)
{
	for (size_t i = 0; i < agent->keys.n; i++) {
		struct aa_key *key = NULL;
		enum aa_jose_err err = aa_key_from_jwk(agent->keys.v[i].jwk.json, &key);

		aa_key_free(key);
		if (err == AA_JOSE_ALG_OFF && published_key_is_good(&agent->keys.v[i], now))
			return true;
	}
	return false;
}

static bool look_at_agent(void *data, const char *name, const char *record, size_t len)
{
	struct without *without = data;
	struct aa_agent *agent = published_agent_of(record, len);

	if (agent && has_key_that_is_off(agent, without->now) && without->n++ < NAMES_SHOWN)
		buffer_printf(&without->names, "%s%s", without->names.len ? ", " : "", name);
	aa_agent_free(agent);
	return true;
}

/* Gives the algorithms that are off, or all of them, and how many there are. */
static size_t list_off(struct buffer *ret)
{
	size_t n = 0;

	for (enum aa_alg alg = AA_ALG_INVALID + 1; alg < AA_ALG_COUNT; alg++)
		if (!aa_alg_is_offered(alg) && ++n)
			buffer_printf(ret, "%s%s", ret->len ? ", " : "", aa_alg_name(alg));
	return n;
}

static void report_off(struct doctor *d, const char *off)
{
	const char *why =
	    aa_fips_is_asked() ? "OpenSSL is told to take FIPS algorithms alone" : "OpenSSL has them not";
	struct without without = {.now = d->ctl->now};

	if (d->published)
		(void)published_walk(d->published, "agent:", look_at_agent, &without);
	if (without.n)
		doctor_problem(
		    d, NULL,
		    "%s: off are %s, and %zu agent%s (%s%s) %s keys of these: agentauth keygen --alg "
		    "ES256 there, then agentauthctl rotate NAME --key KEY",
		    why, off, without.n, without.n == 1 ? "" : "s", without.names.data,
		    without.n > NAMES_SHOWN ? ", ..." : "", without.n == 1 ? "has" : "have");
	else
		doctor_note(d, "%s: off are %s, and no agent here has a key of these", why, off);
	free(without.names.data);
}

void doctor_algorithms(struct doctor *d)
{
	struct buffer off = {0};
	size_t n = list_off(&off);

	if (n == AA_ALG_COUNT - 1)
		doctor_problem(
		    d, NULL,
		    "OpenSSL hands out no signature algorithm%s: openssl list -providers shows what "
		    "it has loaded",
		    aa_fips_is_asked() ? ", since it is told to take FIPS algorithms alone and has no "
					 "FIPS provider"
				       : "");
	else if (n)
		report_off(d, off.data);
	else
		doctor_fine(d, "OpenSSL offers each algorithm%s", aa_fips_is_asked() ? ", in FIPS mode" : "");
	free(off.data);
}
