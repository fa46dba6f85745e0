/* SPDX-License-Identifier: Apache-2.0 */
/* test_fakes.c: what the agent's side sends to Entra ID, Okta, Google and a server of RFC 7523bis. Each is a FAKE that looks
 * at a request as the provider's documentation says, and refuses in the provider's own words; nobody has an account here. */
#include "config.h"

#include "tests/unit/support/jose_make.h"

#include <jansson.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/base64url.h"
#include "common/jose/jws.h"
#include "common/jose/jws_verify.h"
#include "common/jose/key_private.h"
#include "tests/unit/support/agent_home.h"
#include "tests/unit/support/test.h"
#include "tests/unit/support/tls_server.h"
#include "tools/agentauth/commands/commands.h"

/* ---- what a fake looks at ------------------------------------------------------------- */

struct look {
	struct aa_jws *jws;
	json_t *claims;
	char token[16384];
};

static void read_file(const char *name, char *ret, size_t size)
{
	FILE *f = fopen(home_path(name), "r");
	size_t len = f ? fread(ret, 1, size - 1, f) : 0;

	ret[len] = 0;
	if (f)
		fclose(f);
}

/* The assertion in a form, if HOME/key.pem signed it. */
static bool look_at(const char *form, const char *name, struct look *ret)
{
	struct aa_private_key *key = NULL;
	char pem[16384];
	bool good;

	(void)snprintf(ret->token, sizeof(ret->token), "%s", form_value(form, name));
	read_file("key.pem", pem, sizeof(pem));
	good = aa_private_key_from_pem(pem, strlen(pem), NULL, &key) == AA_JOSE_OK &&
	       aa_jws_parse(ret->token, strlen(ret->token), AA_JWS_MAX, &ret->jws) == AA_JOSE_OK &&
	       aa_jws_verify(ret->jws, aa_private_key_public(key)) == AA_JOSE_OK;
	if (good)
		ret->claims = make_json((const char *)ret->jws->payload);
	aa_private_key_free(key);
	return good;
}

static void look_free(struct look *look)
{
	json_decref(look->claims);
	aa_jws_free(look->jws);
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static void refuse(struct tls_reply *reply, int status, const char *error, const char *description)
{
	reply->status = status;
	(void)snprintf(reply->body, sizeof(reply->body), "{\"error\":\"%s\",\"error_description\":\"%s\"}",
		       error, description);
}

static void give(struct tls_reply *reply, const char *which)
{
	(void)snprintf(reply->body, sizeof(reply->body),
		       "{\"%s\":\"e30.e30.good\",\"token_type\":\"Bearer\",\"expires_in\":3599}", which);
}

/* ---- the fakes ------------------------------------------------------------------------ */

/* learn.microsoft.com, "certificate credentials": PS256, x5t#S256, aud is the token endpoint, typ is JWT. */
static void fake_entra(const struct tls_request *request, struct tls_reply *reply)
{
	struct look look = {0};
	char digest[128] = "";

	read_file("digest", digest, sizeof(digest));
	if (!look_at(request->body, "client_assertion", &look))
		refuse(reply, 401, "invalid_client",
		       "AADSTS700027: The certificate with identifier used to sign the client assertion is "
		       "not registered");
	else if (strcmp(text_of(look.jws->header, "x5t#S256"), digest) != 0 || look.jws->kid)
		refuse(reply, 401, "invalid_client", "AADSTS700027: Thumbprint of key used by client");
	else if (look.jws->alg != AA_ALG_PS256 || strcmp(look.jws->typ, "JWT") != 0)
		refuse(reply, 401, "invalid_client", "AADSTS50027: JWT token is invalid or malformed");
	else if (strcmp(text_of(look.claims, "aud"), tls_server_url("/entra/token")) != 0)
		refuse(reply, 401, "invalid_client",
		       "AADSTS700023: Client assertion audience claim does not match Realm issuer");
	else if (!strstr(form_value(request->body, "scope"), "/.default"))
		refuse(reply, 400, "invalid_scope",
		       "AADSTS1002012: The provided value for scope is not valid");
	else
		give(reply, "access_token");
	look_free(&look);
}

/* developer.okta.com, "client authentication": aud is the endpoint that is asked, kid is the registered key's. */
static void fake_okta(const struct tls_request *request, struct tls_reply *reply)
{
	struct look look = {0};

	if (!look_at(request->body, "client_assertion", &look) || !look.jws->kid ||
	    strcmp(look.jws->kid, "okta-1") != 0)
		refuse(reply, 401, "invalid_client", "The client_assertion signature is invalid.");
	else if (strcmp(text_of(look.claims, "aud"), tls_server_url("/okta/token")) != 0)
		refuse(
		    reply, 401, "invalid_client",
		    "The audience claim for client_assertion must be the endpoint invoked for the request.");
	else if (!*form_value(request->body, "scope"))
		refuse(reply, 400, "invalid_scope",
		       "The authorization server resource does not have any configured default scopes, "
		       "'scope' must be provided.");
	else
		give(reply, "access_token");
	look_free(&look);
}

/* A server that holds to draft-ietf-oauth-rfc7523bis: its issuer and nothing else is the audience, and typ is explicit. */
static void fake_strict(const struct tls_request *request, struct tls_reply *reply)
{
	struct look look = {0};

	if (!look_at(request->body, "client_assertion", &look))
		refuse(reply, 401, "invalid_client", "signature");
	else if (strcmp(look.jws->typ, "client-authentication+jwt") != 0)
		refuse(reply, 401, "invalid_client", "typ must be client-authentication+jwt");
	else if (strcmp(text_of(look.claims, "aud"), tls_server_url("/strict")) != 0)
		refuse(reply, 401, "invalid_client", "aud must be the issuer identifier");
	else
		give(reply, "access_token");
	look_free(&look);
}

/* developers.google.com, "using OAuth 2.0 for server to server applications". */
static void fake_google(const struct tls_request *request, struct tls_reply *reply)
{
	struct look look = {0};

	if (!look_at(request->body, "assertion", &look))
		refuse(reply, 400, "invalid_grant", "Invalid JWT Signature.");
	else if (strcmp(text_of(look.claims, "aud"), tls_server_url("/google/token")) != 0)
		refuse(reply, 400, "invalid_grant", "Invalid JWT: Failed audience check.");
	else if (!*text_of(look.claims, "target_audience"))
		(void)strcpy(
		    reply->body,
		    "{\"access_token\":\"ya29.c.opaque\",\"token_type\":\"Bearer\",\"expires_in\":3599}");
	else
		give(reply, "id_token");
	look_free(&look);
}

static void handle(const struct tls_request *request, struct tls_reply *reply)
{
	static const struct {
		const char *path;
		tls_handler_fn *handler;
	} fakes[] = {{"/entra/token", fake_entra},
		     {"/okta/token", fake_okta},
		     {"/strict/token", fake_strict},
		     {"/google/token", fake_google}};

	for (size_t i = 0; i < sizeof(fakes) / sizeof(fakes[0]); i++)
		if (strcmp(request->path, fakes[i].path) == 0)
			return fakes[i].handler(request, reply);
	reply->status = 404;
}

/* ---- the agent's side ----------------------------------------------------------------- */

static struct output o;

/* agentauth token, of the fake of this name. */
static void run_at(const char *name, const char *settings)
{
	char endpoint[256], *text = NULL;

	(void)snprintf(endpoint, sizeof(endpoint), "%s", tls_server_url(""));
	assert_true(asprintf(&text,
			     "profiles = { p = { issuer = \"%s/%s\"; token_endpoint = \"%s/%s/token\"; "
			     "ca_file = \"~/ca.pem\"; "
			     "client_id = \"builder-7\"; key = \"~/key.pem\"; %s }; };",
			     endpoint, name, endpoint, name, settings) > 0);
	home_write(".config/agentauth/config", text, 0600);
	free(text);
	run_command(&o, &command_token, "", 0, (const char *const[]){"--profile", "p", "--fresh", NULL});
}

static void assert_fails(const char *said)
{
	assert_int_equal(o.status, 1);
	assert_string_equal(o.out, "");
	if (!strstr(o.err, said))
		fail_msg("\"%s\" is not in: %s", said, o.err);
}

static void assert_good(void)
{
	if (o.status != 0)
		fail_msg("%s", o.err);
	assert_string_equal(o.out, "e30.e30.good");
}

static void sh(const char *command)
{
	assert_int_equal(system(command), 0);
}

/* HOME/key.pem and HOME/certificate.pem, whose digest OpenSSL's own program writes into HOME/digest. */
static void make_certificate(void)
{
	sh("cd \"$HOME\" && umask 077 && openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=builder-7 -days "
	   "2 -keyout key.pem "
	   "-out certificate.pem 2>/dev/null");
	sh("cd \"$HOME\" && openssl x509 -in certificate.pem -outform der | openssl dgst -sha256 -binary | "
	   "basenc --base64url "
	   "| tr -d '=\\n' >digest");
}

/* HOME/ended.pem: HOME/certificate.pem, signed once more by its own key with an end an hour ago. */
static void write_ended_certificate(void)
{
	FILE *in = fopen(home_path("certificate.pem"), "r"), *out;
	X509 *certificate = PEM_read_X509(in, NULL, NULL, NULL);
	EVP_PKEY *key;

	fclose(in);
	in = fopen(home_path("key.pem"), "r");
	key = PEM_read_PrivateKey(in, NULL, NULL, NULL);
	fclose(in);
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), -3600));
	assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
	out = fopen(home_path("ended.pem"), "w");
	assert_int_equal(PEM_write_X509(out, certificate), 1);
	fclose(out);
	EVP_PKEY_free(key);
	X509_free(certificate);
}

static void make_rsa_key(void)
{
	sh("cd \"$HOME\" && umask 077 && openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "
	   "key.pem 2>/dev/null");
}

#define ENTRA \
	"certificate = \"~/certificate.pem\"; alg = \"PS256\"; assertion_audience = \"token_endpoint\"; "
#define DEFAULT_SCOPE "scope = \"api://hosts/.default\"; "

static int setup(void **state)
{
	(void)state;
	home_make();
	tls_server_start(handle);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tls_server_stop();
	home_remove();
	return 0;
}

FIXTURE(here, setup, teardown);

TEST(entra_knows_a_key_by_its_certificates_digest, here)
{
	make_certificate();
	run_at("entra", ENTRA DEFAULT_SCOPE);
	assert_good();
	run_at("entra", "alg = \"PS256\"; assertion_audience = \"token_endpoint\"; " DEFAULT_SCOPE);
	assert_fails("AADSTS700027");
	run_at("entra", ENTRA "kid = \"mine\"; " DEFAULT_SCOPE);
	assert_fails("AADSTS700027");
	run_at("entra", "certificate = \"~/certificate.pem\"; alg = \"PS256\"; " DEFAULT_SCOPE);
	assert_fails("AADSTS700023");
	run_at("entra", ENTRA);
	assert_fails("AADSTS1002012");
}

TEST(a_certificate_that_is_no_use_is_said_before_anything_is_sent, here)
{
	make_certificate();
	run_at("entra", "certificate = \"~/none.pem\"; ");
	assert_fails("none.pem");
	run_at("entra", "certificate = \"~/key.pem\"; ");
	assert_fails("holds no certificate");
	sh("cd \"$HOME\" && openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=other -days 2 -keyout "
	   "other.pem -out of_other.pem "
	   "2>/dev/null");
	run_at("entra", "certificate = \"~/of_other.pem\"; ");
	assert_fails("is of another key than the profile's");
	write_ended_certificate();
	run_at("entra", "certificate = \"~/ended.pem\"; ");
	assert_fails("has ended");
	assert_int_equal(tls_server_count("/entra/token"), 0);
	run_command(&o, &command_profile, "", 0, (const char *const[]){"check", NULL});
	assert_int_equal(o.status, 1);
	assert_non_null(strstr(o.err, "has ended"));
}

TEST(okta_wants_the_endpoint_as_audience_and_the_registered_kid, here)
{
	make_rsa_key();
	run_at("okta", "kid = \"okta-1\"; assertion_audience = \"token_endpoint\"; scope = \"hosts\"; ");
	assert_good();
	run_at("okta", "kid = \"okta-1\"; scope = \"hosts\"; ");
	assert_fails("must be the endpoint invoked");
	run_at("okta", "assertion_audience = \"token_endpoint\"; scope = \"hosts\"; ");
	assert_fails("signature is invalid");
}

TEST(the_newer_rule_for_client_assertions_is_two_settings, here)
{
	static const char *const algorithms[] = {"RS256", "PS256"}; /* of libjwt's signing, and of our own */
	char settings[256];

	make_rsa_key();
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(settings, sizeof(settings),
			       "alg = \"%s\"; assertion_typ = \"client-authentication+jwt\"; "
			       "assertion_audience = \"issuer\"; ",
			       algorithms[i]);
		run_at("strict", settings);
		assert_good();
	}
	run_at("strict", "assertion_typ = \"client-authentication+jwt\"; "); /* the issuer is the default */
	assert_good();
	run_at("strict", "assertion_audience = \"issuer\"; ");
	assert_fails("typ must be client-authentication+jwt");
	run_at("strict",
	       "assertion_typ = \"client-authentication+jwt\"; assertion_audience = \"token_endpoint\"; ");
	assert_fails("aud must be the issuer");
}

TEST(google_gives_an_id_token_for_the_host_and_an_opaque_one_without, here)
{
	make_rsa_key();
	run_at("google", "grant = \"jwt_bearer\"; target_audience = \"ssh://web01\"; ");
	assert_good();
	run_at(
	    "google",
	    "grant = \"jwt_bearer\"; target_audience = \"ssh://web01\"; assertion_audience = \"issuer\"; ");
	assert_fails("Failed audience check");
	run_at("google", "grant = \"jwt_bearer\"; scope = \"openid\"; hosts = [ \"web01\" ]; audiences = [ "
			 "\"ssh://web01\" ]; "
			 "agent = \"builder-7\"; ");
	assert_int_equal(o.status, 0);
	assert_non_null(strstr(o.err, "no host would take this: the token of the profile p is no JWT"));
}
