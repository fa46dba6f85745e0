/* SPDX-License-Identifier: Apache-2.0 */
/* profile_rules.c: which settings of a profile go together, see profile_rules.h. */
#include "config.h"

#include "tools/agentauth/local/profile_rules.h"

#include <stdbool.h>
#include <string.h>

#include "common/text/name.h"
#include "tools/agentauth/local/key_source.h"
#include "tools/agentauth/local/profile_hosts.h"

static bool names_token(const struct profile_token *token)
{
	return secret_is_named(&token->source) || token->profile;
}

static bool has_assertion_settings(const struct profile *p)
{
	return p->assertion_audience || p->assertion_typ || p->certificate;
}

/* Of what is signed for the provider: to prove which client asks, or as the grant itself. */
static const char *wrong_assertion_settings(const struct profile *p)
{
	static const char media_type[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&^"
					 "_.+-/"; /* RFC 6838 section 4.2, and the slash */

	if (has_assertion_settings(p) && p->client_auth != AUTH_PRIVATE_KEY_JWT &&
	    p->grant != GRANT_JWT_BEARER)
		return "has assertion_audience, assertion_typ or certificate, which go with client_auth = "
		       "\"private_key_jwt\" or grant = \"jwt_bearer\"";
	if (p->assertion_audience && strcmp(p->assertion_audience, PROFILE_AUDIENCE_ISSUER) == 0 &&
	    !p->issuer)
		return "has assertion_audience = \"" PROFILE_AUDIENCE_ISSUER "\", but no issuer";
	if (p->assertion_typ && p->assertion_typ[strspn(p->assertion_typ, media_type)])
		return "has an assertion_typ that is no type: \"JWT\", \"client-authentication+jwt\", …";
	return NULL;
}

static const char *wrong_token_settings(const struct profile *p)
{
	bool secret = p->client_auth == AUTH_SECRET_BASIC || p->client_auth == AUTH_SECRET_POST;

	if (!p->client_id)
		return "needs client_id, the name by which the provider knows the agent";
	if (secret && !secret_is_named(&p->client_secret))
		return "needs client_secret = { file = \"…\"; }, or another client_auth";
	if (!secret && secret_is_named(&p->client_secret))
		return "has a client_secret that its client_auth does not use";
	if (p->grant == GRANT_CLIENT_CREDENTIALS && p->client_auth == AUTH_NONE)
		return "needs client_secret or key: client credentials are asked for with one";
	if (p->grant == GRANT_TOKEN_EXCHANGE && !names_token(&p->subject_token))
		return "needs subject_token, the token to be exchanged";
	if (p->grant != GRANT_TOKEN_EXCHANGE &&
	    (names_token(&p->subject_token) || names_token(&p->actor_token)))
		return "has subject_token or actor_token, which go with grant = \"token_exchange\"";
	if (p->grant != GRANT_JWT_BEARER && (p->target_audience || p->subject))
		return "has subject or target_audience, which go with grant = \"jwt_bearer\"";
	return wrong_assertion_settings(p);
}

/* The provider's token is there already: nothing is asked of the provider. `audience` is what it must be for. */
static const char *wrong_ready_token(const struct profile *p)
{
	if (p->issuer || p->token_endpoint || p->client_id || secret_is_named(&p->client_secret) ||
	    p->resource.n || p->grant != GRANT_CLIENT_CREDENTIALS || p->client_auth != AUTH_UNSET ||
	    p->ca_file || has_assertion_settings(p))
		return "has a token that is ready, and settings of how one is asked for: one of the two";
	if (p->key || p->kid || p->scope || p->task)
		return "has a token that is ready, and settings of what would be signed: one of the two";
	return NULL;
}

static const char *wrong_without_issuer(const struct profile *p)
{
	if (p->client_id || secret_is_named(&p->client_secret) || p->audience || p->resource.n ||
	    p->grant != GRANT_CLIENT_CREDENTIALS || p->client_auth != AUTH_UNSET || p->ca_file ||
	    has_assertion_settings(p))
		return "has settings of a provider's token, but no issuer";
	if (!p->hosts.n)
		return "has no hosts, so it would answer nobody";
	return NULL;
}

static const char *wrong_hosts(const struct profile *p)
{
	if (!p->hosts.n && !p->audiences.n && !p->agent)
		return NULL;
	if (!p->hosts.n)
		return "has no hosts, so it would answer nobody";
	if (!p->audiences.n)
		return "has no audiences, so it would answer nobody: audiences = [ \"ssh://HOST\" ]; has "
		       "what the host asks for";
	if (!p->agent || !aa_agent_name_is_valid(p->agent))
		return "needs agent = \"NAME\", the name of an agent's account";
	if (!profile_audiences_are_told_apart(p))
		return "has several hosts and several audiences, and does not say which host may ask for "
		       "which: one could then ask for what is another's. Write a profile for each host, or "
		       "audiences that name one of the hosts each: ssh://HOST";
	return NULL;
}

static enum profile_auth default_auth(const struct profile *p)
{
	if (secret_is_named(&p->client_secret))
		return AUTH_SECRET_BASIC;
	return p->key && p->grant != GRANT_JWT_BEARER ? AUTH_PRIVATE_KEY_JWT : AUTH_NONE;
}

const char *profile_rule_broken(struct profile *p)
{
	const char *what;

	if (!p->passphrase.file + !p->passphrase.env + !p->passphrase.credential + !p->passphrase.command < 3)
		return "names several places of the passphrase: one of them is enough";
	if (secret_is_named(&p->passphrase) && p->key && key_is_in_agent(p->key))
		return "has a passphrase, which an ssh-agent does not ask for: take it out";
	if (profile_has_ready_token(p)) {
		what = wrong_ready_token(p);
	} else if (profile_uses_token(p)) {
		if (p->client_auth == AUTH_UNSET)
			p->client_auth = default_auth(p);
		p->id_token |= p->target_audience != NULL;
		what = wrong_token_settings(p);
	} else {
		what = wrong_without_issuer(p);
	}
	return what ? what : wrong_hosts(p);
}
