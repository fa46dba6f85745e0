/* SPDX-License-Identifier: Apache-2.0 */
/* client_auth.c: proves to an identity provider which client asks. */
#include "config.h"

#include "tools/agentauth/oauth/client_auth.h"

#include <stdlib.h>
#include <string.h>

#include "common/jose/key_private.h"
#include "tools/agentauth/credential/assertion.h"
#include "tools/agentauth/credential/certificate.h"
#include "tools/agentauth/local/key_source.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/cli/say.h"
#include "tools/http/http.h"

static const char assertion_type[] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

static char *sign(const struct profile *p, const json_t *claims, const struct aa_private_key *key)
{
	struct assertion_header header = {.typ = p->assertion_typ, .kid = p->kid};
	char digest[CERTIFICATE_DIGEST_SIZE];

	if (p->certificate && certificate_digest(p->certificate, key, digest) < 0)
		return NULL;
	if (p->certificate)
		header.x5t_s256 = digest;
	return assertion_sign_claims(claims, &header, p->alg, key);
}

char *client_assertion(const struct profile *p, const char *subject, const char *audience, json_t *more,
		       int64_t now)
{
	json_t *claims =
	    assertion_claims(p->client_id, subject ? subject : p->client_id, audience, p->ttl, more, now);
	struct aa_private_key *key = claims ? key_load(&p->key) : NULL;
	char *token = key ? sign(p, claims, key) : NULL;

	json_decref(claims);
	aa_private_key_free(key);
	return token;
}

const char *client_assertion_audience(const struct idp *idp, const char *otherwise)
{
	const char *set = idp->profile->assertion_audience;

	if (!set)
		return otherwise;
	if (strcmp(set, PROFILE_AUDIENCE_ISSUER) == 0)
		return idp->profile->issuer;
	return strcmp(set, PROFILE_AUDIENCE_ENDPOINT) == 0 ? idp->token_endpoint : set;
}

/* A token endpoint demands the issuer by the newer rule (RFC 7523bis section 4), and accepts the issuer by the older (RFC 7523
 * section 3 item 3). */
static const char *usual_audience(const struct idp *idp)
{
	const struct profile *p = idp->profile;

	return p->issuer ? p->issuer : idp->token_endpoint;
}

static int add_assertion(const struct idp *idp, int64_t now, struct form *form)
{
	char *token = client_assertion(
	    idp->profile, NULL, client_assertion_audience(idp, usual_audience(idp)), json_object(), now);

	if (!token)
		return -1;
	form_add(form, "client_id", idp->profile->client_id);
	form_add(form, "client_assertion_type", assertion_type);
	form_add(form, "client_assertion", token);
	own_wipe(token);
	return 0;
}

static int add_secret(const struct profile *p, struct form *form, struct client_basic *ret)
{
	char *secret = secret_read(&p->client_secret, "the client's secret");

	if (!secret)
		return -1;
	if (p->client_auth == AUTH_SECRET_POST) {
		form_add(form, "client_id", p->client_id);
		form_add(form, "client_secret", secret);
	} else {
		/* Both are form-encoded before they become HTTP basic's (RFC 6749 section 2.3.1). */
		ret->user = http_escape(p->client_id);
		ret->password = http_escape(secret);
		form->failed |= !ret->user || !ret->password;
	}
	own_wipe(secret);
	return 0;
}

int client_auth_add(const struct idp *idp, int64_t now, struct form *form, struct client_basic *ret)
{
	const struct profile *p = idp->profile;

	switch (p->client_auth) {
	case AUTH_PRIVATE_KEY_JWT:
		return add_assertion(idp, now, form);
	case AUTH_SECRET_BASIC:
	case AUTH_SECRET_POST:
		return add_secret(p, form, ret);
	case AUTH_NONE:
	case AUTH_UNSET:
		break;
	}
	/* In an assertion grant the assertion itself names the client. */
	if (p->grant != GRANT_JWT_BEARER)
		form_add(form, "client_id", p->client_id);
	return 0;
}

void client_basic_free(struct client_basic *basic)
{
	own_wipe(basic->user);
	own_wipe(basic->password);
	*basic = (struct client_basic){0};
}
