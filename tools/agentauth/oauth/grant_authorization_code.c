/* SPDX-License-Identifier: Apache-2.0 */
/* grant_authorization_code.c: lets a person log in with a browser on this machine (authorization code with PKCE, RFC 8252,
 * RFC 7636). */
#include "config.h"

#include <openssl/rand.h>

#include <stdlib.h>
#include <string.h>

#include "common/jose/base64url.h"
#include "common/jose/sha256.h"
#include "tools/agentauth/credential/assertion.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/agentauth/oauth/browser.h"
#include "tools/agentauth/oauth/loopback.h"
#include "tools/agentauth/oauth/token_grant.h"
#include "tools/agentauth/oauth/token_request.h"
#include "tools/cli/alloc.h"
#include "tools/cli/clock.h"
#include "tools/cli/say.h"

struct login {
	const struct grant *grant;
	struct loopback loopback;
	char *redirect_uri, *state, *challenge;
	char *verifier; /* has 256 bits (RFC 7636 section 4.1) */
	char *code;
};

static void login_free(struct login *l)
{
	loopback_close(&l->loopback);
	free(l->redirect_uri);
	own_wipe(l->state);
	own_wipe(l->verifier);
	free(l->challenge);
	own_wipe(l->code);
}

static int prepare(struct login *l)
{
	uint8_t bits[32];

	if (loopback_open(l->grant->idp->profile->redirect_uri, &l->loopback) < 0)
		return -1;
	l->redirect_uri = loopback_uri(&l->loopback);
	l->state = assertion_random_id();
	if (RAND_bytes(bits, sizeof(bits)) == 1)
		l->verifier = aa_base64url_encode(bits, sizeof(bits));
	explicit_bzero(bits, sizeof(bits));
	l->challenge = l->verifier ? aa_sha256_base64url(l->verifier) : NULL;
	if (l->state && l->challenge)
		return 0;
	say("OpenSSL gives no random numbers or no digest");
	return -1;
}

static char *address(const struct login *l)
{
	const struct idp *idp = l->grant->idp;
	const char *endpoint = idp->authorization_endpoint;
	struct form form = {0};
	char *text = NULL;

	form_add(&form, "response_type", "code");
	form_add(&form, "client_id", idp->profile->client_id);
	form_add(&form, "redirect_uri", l->redirect_uri);
	form_add(&form, "state", l->state);
	form_add(&form, "code_challenge", l->challenge);
	form_add(&form, "code_challenge_method", "S256");
	form_add(&form, "prompt", idp->profile->prompt);
	token_request_add_wishes(idp->profile, &form);
	if (!form.failed)
		text = xasprintf("%s%c%s", endpoint, strchr(endpoint, '?') ? '&' : '?', form.text);
	form_free(&form);
	return text;
}

static int show(const struct login *l)
{
	char *text;
	bool opened;

	if (!idp_is_web_address(l->grant->idp->authorization_endpoint))
		return say_error(
		    "the identity provider's authorization_endpoint is no address that begins with https://");
	text = address(l);
	if (!text)
		return say_error("memory is out");
	opened = !l->grant->no_browser && browser_open(text);
	say_plain("%s\n\n  %s\n\nagentauth waits for the login, %d minutes at most. The browser must run on "
		  "this machine.\n",
		  opened ? "A browser opens for the login. If it does not, open this address in one:"
			 : "Open this address in a browser to log in:",
		  text, GRANT_PERSON_SECONDS / 60);
	free(text);
	return 0;
}

/* ---- the answer ----------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
	return a && strlen(a) == strlen(b) && CRYPTO_memcmp(a, b, strlen(b)) == 0;
}

/* An attacker could send another issuer's answer here, to have it mixed up with this login's (RFC 9207 section 2.4). */
static bool is_from_issuer(const struct idp *idp, const char *query)
{
	const char *issuer = idp->profile->issuer;
	char *iss = loopback_parameter(query, "iss"), shown[256];
	bool ok = true;

	if (iss && issuer && strcmp(iss, issuer) != 0) {
		say("the answer is of the issuer \"%s\", and the profile's is \"%s\"",
		    idp_text(iss, shown, sizeof(shown)), issuer);
		ok = false;
	} else if (!iss && idp->names_itself) {
		say("the answer does not say of which issuer it is, and the identity provider said that its "
		    "answers do");
		ok = false;
	}
	free(iss);
	return ok;
}

static void say_refused(const struct idp *idp, const char *query)
{
	char *error = loopback_parameter(query, "error"),
	     *description = loopback_parameter(query, "error_description"), shown[128], more[512];

	if (error)
		say("%s refuses the login: %s%s%s", idp->authorization_endpoint,
		    idp_text(error, shown, sizeof(shown)), description ? ": " : "",
		    description ? idp_text(description, more, sizeof(more)) : "");
	else
		say("the answer has neither a code nor an error in it");
	free(error);
	free(description);
}

/* Returns 0 with l->code, 1 where the answer belongs to another login, or -1 with the reason said. */
static int take_answer(struct login *l, const char *query)
{
	char *state = loopback_parameter(query, "state");
	bool ours = same(state, l->state);

	own_wipe(state);
	if (!ours) {
		say("an answer with another state came, and was not taken: it belongs to no login that was "
		    "begun here");
		return 1;
	}
	if (!is_from_issuer(l->grant->idp, query))
		return -1;
	l->code = loopback_parameter(query, "code");
	if (l->code)
		return 0;
	say_refused(l->grant->idp, query);
	return -1;
}

static int redeem(const struct login *l, struct token *ret)
{
	const struct profile *profile = l->grant->idp->profile;
	struct form form = {0};

	form_add(&form, "grant_type", "authorization_code");
	form_add(&form, "code", l->code);
	form_add(&form, "redirect_uri", l->redirect_uri);
	form_add(&form, "code_verifier", l->verifier);
	token_request_add_resource(profile, &form);
	return token_request_or_say(l->grant->idp, &form, "the authorization code", l->grant->now, ret);
}

/* Answers the browser only after the code was redeemed, since the page says how the login went. */
static int answer(struct login *l, const char *query, int connection, struct token *ret)
{
	int result = take_answer(l, query);

	if (result == 1) {
		loopback_reply(connection, 400, "This answer was not taken",
			       "It belongs to no login that was begun here.");
		return 1;
	}
	if (result == 0)
		result = redeem(l, ret);
	if (result == 0)
		loopback_reply(connection, 200, "You are logged in",
			       "agentauth has its token. This page can be closed.");
	else
		loopback_reply(connection, 400, "The login did not succeed",
			       "The terminal in which agentauth runs says why. This page can be closed.");
	return result;
}

static int wait_for_answer(struct login *l, struct token *ret)
{
	int64_t end = clock_ms() + GRANT_PERSON_SECONDS * 1000;
	int result = 1, connection = -1;
	char *query = NULL;

	while (result == 1) {
		if (loopback_wait(&l->loopback, end, &query, &connection) != 0)
			return say_error("nobody logged in within %d minutes", GRANT_PERSON_SECONDS / 60);
		result = answer(l, query, connection, ret);
		own_wipe(query);
		query = NULL;
	}
	return result;
}

int grant_authorization_code(const struct grant *grant, struct token *ret)
{
	struct login l = {.grant = grant, .loopback.listener = -1};
	int result = -1;

	if (prepare(&l) == 0 && show(&l) == 0)
		result = wait_for_answer(&l, ret);
	login_free(&l);
	return result;
}
