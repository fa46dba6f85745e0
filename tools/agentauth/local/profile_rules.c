/* SPDX-License-Identifier: Apache-2.0 */
/* profile_rules.c: the rules of which settings go together, see profile_rules.h. */
#include "config.h"

#include "tools/agentauth/local/profile_rules.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tools/agentauth/local/profile_hosts.h"
#include "tools/agentauth/local/profile_setting.h"

struct rules {
	const struct conf_file *file;
	struct profile *profile;
	struct problems *problems;
};

/* Reports a problem at the setting, or at the profile where `setting` is NULL. */
static void wrong(const struct rules *r, const char *setting, const char *what)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "profiles.%s%s%s", r->profile->name, setting ? "." : "",
		       setting ? setting : "");
	conf_error(r->file, r->problems, path, "%s", what);
}

static bool names_token(const struct profile_token *token)
{
	return secret_is_named(&token->source) || token->profile;
}

/* ---- secrets and tokens ------------------------------------------------------------- */

static void check_places(const struct rules *r)
{
	const struct profile *p = r->profile;
	const struct {
		const char *setting;
		const struct secret_source *source;
		bool other; /* whether the token is another profile's */
	} all[] = {
	    {"client_secret", &p->client_secret, false},
	    {"token", &p->token, false},
	    {"subject_token", &p->subject_token.source, p->subject_token.profile},
	    {"actor_token", &p->actor_token.source, p->actor_token.profile},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].source->given && secret_places(all[i].source) + all[i].other != 1)
			wrong(r, all[i].setting, "must name one place: file, credential, env or command");
	if (secret_places(&p->key.passphrase) > 1)
		wrong(r, "passphrase", "there are several places of the passphrase: one of them is enough");
	else if (p->key.passphrase.given && !secret_is_named(&p->key.passphrase))
		wrong(r, "passphrase", "must name one place: file, credential, env or command");
	if (secret_is_named(&p->key.passphrase) && p->key.name && key_is_in_agent(p->key.name))
		wrong(r, NULL, "has a passphrase, which an ssh-agent does not ask for: take it out");
}

/* ---- with an identity provider ------------------------------------------------------ */

static void check_client(const struct rules *r)
{
	const struct profile *p = r->profile;
	bool secret = p->client_auth == AUTH_SECRET_BASIC || p->client_auth == AUTH_SECRET_POST;

	if (!p->client_id)
		wrong(r, NULL, "needs client_id, the name by which the identity provider knows the agent");
	if (secret && !secret_is_named(&p->client_secret))
		wrong(r, "client_auth", "needs client_secret = { file = \"…\"; }, or is to be another");
	if (!secret && secret_is_named(&p->client_secret))
		wrong(r, "client_secret", "is not used by the profile's client_auth");
	if (p->grant == GRANT_CLIENT_CREDENTIALS && p->client_auth == AUTH_NONE)
		wrong(r, NULL, "needs client_secret or key: client credentials are asked for with one");
}

/* An assertion is signed for the identity provider to prove which client asks, or as the grant itself. */
static void check_assertion(const struct rules *r)
{
	static const char *const settings[] = {"assertion_audience", "assertion_typ", "certificate"};
	const struct profile *p = r->profile;
	const char *const values[] = {p->assertion_audience, p->assertion_typ, p->certificate};

	if (p->client_auth != AUTH_PRIVATE_KEY_JWT && p->grant != GRANT_JWT_BEARER)
		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
			if (values[i])
				wrong(
				    r, settings[i],
				    "goes with client_auth = \"private_key_jwt\" or grant = \"jwt_bearer\"");
	if (p->assertion_audience && strcmp(p->assertion_audience, PROFILE_AUDIENCE_ISSUER) == 0 &&
	    !p->issuer)
		wrong(r, "assertion_audience", "is the issuer, but the profile has none");
}

static void check_grant(const struct rules *r)
{
	const struct profile *p = r->profile;

	if (p->grant == GRANT_TOKEN_EXCHANGE && !names_token(&p->subject_token))
		wrong(r, NULL, "needs subject_token, the token to be exchanged");
	if (p->grant != GRANT_TOKEN_EXCHANGE && names_token(&p->subject_token))
		wrong(r, "subject_token", "goes with grant = \"token_exchange\"");
	if (p->grant != GRANT_TOKEN_EXCHANGE && names_token(&p->actor_token))
		wrong(r, "actor_token", "goes with grant = \"token_exchange\"");
	if (p->grant != GRANT_JWT_BEARER && p->subject)
		wrong(r, "subject", "goes with grant = \"jwt_bearer\"");
	if (p->grant != GRANT_JWT_BEARER && p->target_audience)
		wrong(r, "target_audience", "goes with grant = \"jwt_bearer\"");
}

static enum profile_auth default_auth(const struct profile *p)
{
	if (secret_is_named(&p->client_secret))
		return AUTH_SECRET_BASIC;
	return p->key.name && p->grant != GRANT_JWT_BEARER ? AUTH_PRIVATE_KEY_JWT : AUTH_NONE;
}

static void check_asked_token(const struct rules *r)
{
	struct profile *p = r->profile;

	if (p->client_auth == AUTH_UNSET)
		p->client_auth = default_auth(p);
	if (p->target_audience)
		p->present = PRESENT_ID_TOKEN;
	check_client(r);
	check_assertion(r);
	check_grant(r);
}

/* ---- the other two ways ------------------------------------------------------------- */

/* A ready token is not asked for, and `audience` is what it must be for. */
static void check_ready_token(const struct rules *r)
{
	const char *asks = profile_setting_among(r->profile, SETTING_ASKS);
	const char *signs = profile_setting_among(r->profile, SETTING_SIGNS);

	if (asks)
		wrong(r, asks,
		      "says how a token is asked for, and token names one that is ready: one of the two");
	if (signs)
		wrong(r, signs,
		      "says what would be signed, and token names one that is ready: one of the two");
}

static void check_assertion_alone(const struct rules *r)
{
	const char *asks = profile_setting_among(r->profile, SETTING_ASKS);

	if (!asks && r->profile->audience)
		asks = "audience";
	if (asks)
		wrong(r, asks, "is about an identity provider's token, but the profile has no issuer");
	else if (!r->profile->hosts.n && !r->profile->audiences.n && !r->profile->agent)
		wrong(r, NULL, "has no hosts, so it would answer nobody");
}

/* ---- hosts -------------------------------------------------------------------------- */

static void check_hosts(const struct rules *r)
{
	const struct profile *p = r->profile;

	if (!p->hosts.n && !p->audiences.n && !p->agent)
		return;
	if (!p->hosts.n)
		wrong(r, NULL, "has no hosts, so it would answer nobody");
	if (!p->audiences.n)
		wrong(r, NULL,
		      "has no audiences, so it would answer nobody: audiences = [ \"ssh://HOST\" ]; has what "
		      "the host asks for");
	if (!p->agent)
		wrong(r, NULL, "needs agent = \"NAME\", the name of an agent's account");
	if (!profile_audiences_are_told_apart(p))
		wrong(r, "audiences",
		      "has several hosts and several audiences, and does not say which host may ask for "
		      "which: one could then ask for what is another's. Write a profile for each host, or "
		      "audiences that name one of the hosts each: ssh://HOST");
}

void profile_rules_apply(const struct conf_file *file, struct profile *profile, struct problems *problems)
{
	const struct rules r = {file, profile, problems};

	if (profile->alg_name)
		profile->alg = aa_alg_from_name(profile->alg_name);
	check_places(&r);
	if (profile_has_ready_token(profile))
		check_ready_token(&r);
	else if (profile_uses_token(profile))
		check_asked_token(&r);
	else
		check_assertion_alone(&r);
	check_hosts(&r);
}
