/* SPDX-License-Identifier: Apache-2.0 */
/* token_steps.c: see token_steps.h. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "common/jose/base64url.h"
#include "common/jose/jws.h"
#include "common/jose/jws_verify.h"
#include "common/jose/key_private.h"
#include "tests/unit/agentauth/token_steps.h"
#include "tests/unit/support/agent_home.h"
#include "tests/unit/support/jose_make.h"
#include "tests/unit/support/test.h"
#include "tests/unit/support/tls_server.h"
#include "tools/agentauth/commands/commands.h"
#include "tools/agentauth/local/profiles.h"
#include "tools/agentauth/oauth/token_source.h"

static const char *more_metadata(const char *name)
{
	if (strcmp(name, "namesitself") == 0)
		return ",\"authorization_response_iss_parameter_supported\":true";
	if (strcmp(name, "mute") == 0 || strcmp(name, "late") == 0)
		return ",\"token_endpoint_auth_methods_supported\":[\"client_secret_post\",\"private_key_"
		       "jwt\"]";
	if (strcmp(name, "errorless") == 0 || strcmp(name, "punctual") == 0)
		return ",\"token_endpoint_auth_methods_supported\":[\"client_secret_post\",\"client_secret_"
		       "basic\"]";
	return "";
}

static void reply_metadata(const char *name, struct tls_reply *reply)
{
	char issuer[256];

	(void)snprintf(issuer, sizeof(issuer), "%s", tls_server_url(""));
	(void)snprintf(reply->body, sizeof(reply->body),
		       "{\"issuer\":\"%s/%s%s\",\"token_endpoint\":\"%s/%s/token\","
		       "\"device_authorization_endpoint\":\"%s/%s/device\","
		       "\"authorization_endpoint\":\"%s/%s/authorize\"%s}",
		       issuer, name, strcmp(name, "otherissuer") == 0 ? "/" : "", issuer, name, issuer, name,
		       issuer, name, more_metadata(name));
}

/* A JWT by its looks. */
static void reply_jwt(struct tls_reply *reply, int64_t iat, int64_t exp, const char *more)
{
	char claims[256], *payload;

	(void)snprintf(claims, sizeof(claims), "{\"iat\":%lld,\"exp\":%lld}", (long long)iat, (long long)exp);
	payload = aa_base64url_encode(claims, strlen(claims));
	(void)snprintf(reply->body, sizeof(reply->body), "{\"access_token\":\"e30.%s.e30\"%s}", payload,
		       more);
	free(payload);
}

char long_token_at(size_t i)
{
	return i < strlen(JWT_LOOKS) ? JWT_LOOKS[i] : (char)('a' + i % 26);
}

static void reply_long(struct tls_reply *reply, size_t len)
{
	char *p = reply->body + sprintf(reply->body, "{\"expires_in\":600,\"access_token\":\"");

	for (size_t i = 0; i < len; i++)
		*p++ = long_token_at(i);
	(void)strcpy(p, "\"}");
}

static void reply_device(const struct tls_request *request, struct tls_reply *reply)
{
	static const char *const errors[] = {"authorization_pending", "slow_down", "slow_down",
					     "authorization_pending"};

	if (request->nth <= 4) {
		reply->status = 400;
		(void)sprintf(reply->body, "{\"error\":\"%s\"}", errors[request->nth - 1]);
	} else {
		(void)sprintf(reply->body,
			      "{\"access_token\":\"d%u\",\"token_type\":\"bearer\",\"expires_in\":600,"
			      "\"refresh_token\":\"r1\"}",
			      request->nth);
	}
}

/* Each refresh token is taken once, and gives the next. */
static void reply_rotation(const struct tls_request *request, struct tls_reply *reply)
{
	static unsigned next = 1;
	const char *old = form_value(request->body, "refresh_token");

	if (*old && (unsigned)atoi(old + 1) != next) {
		reply->status = 400;
		(void)strcpy(reply->body,
			     "{\"error\":\"invalid_grant\",\"error_description\":\"used before\"}");
		return;
	}
	next += *old != 0;
	(void)sprintf(reply->body, "{\"access_token\":\"t%u\",\"expires_in\":600,\"refresh_token\":\"r%u\"}",
		      request->nth, next);
}

static const char *date_line(time_t now)
{
	static char line[64];
	struct tm tm;

	assert_true(strftime(line, sizeof(line), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", gmtime_r(&now, &tm)) >
		    0);
	return line;
}

/* Providers that answer every request in the same way. */
static const struct {
	const char *name;
	int status; /* 0: as it was */
	const char *headers, *type, *body;
} fixed[] = {
    {"refuses", 400, NULL, NULL,
     "{\"error\":\"invalid_scope\",\"error_description\":\"no \\u001b[31msuch\\nscope\\u009b\"}"},
    {"late", 401, "Date: Tue, 24 Nov 2020 00:00:00 GMT\r\n", NULL, "{\"error\":\"invalid_client\"}"},
    {"punctual", 401, NULL, NULL, "{\"error\":\"invalid_client\"}"},
    {"html", 0, NULL, "text/html", "<html>It works</html>"},
    {"mute", 403, NULL, NULL, "<html>Forbidden</html>"},
    {"wordless", 400, NULL, NULL, NULL},
    {"errorless", 401, NULL, NULL, "{\"message\":\"no\"}"},
    {"closed", 503, "Retry-After: 3600\r\n", NULL, "{\"error\":\"temporarily_unavailable\"}"},
    {"redirects", 307, "Location: /plain/token\r\n", NULL, NULL},
    {"dpop", 0, NULL, NULL, "{\"access_token\":\"x\",\"token_type\":\"DPoP\",\"expires_in\":60}"},
    {"lines", 0, NULL, NULL, "{\"access_token\":\"x\\ny\",\"expires_in\":60}"},
    {"encrypts", 0, NULL, NULL, "{\"access_token\":\"e30.a.b.c.d\",\"expires_in\":3600}"},
};

static bool reply_fixed(const char *name, struct tls_reply *reply)
{
	for (size_t i = 0; i < COUNT(fixed); i++) {
		if (strcmp(name, fixed[i].name) != 0)
			continue;
		if (fixed[i].status)
			reply->status = fixed[i].status;
		if (fixed[i].headers)
			reply->headers = fixed[i].headers;
		if (fixed[i].type)
			reply->type = fixed[i].type;
		if (fixed[i].body)
			(void)strcpy(reply->body, fixed[i].body);
		return true;
	}
	return false;
}

/* Providers that fail once. */
static bool reply_trouble(const char *name, const struct tls_request *request, struct tls_reply *reply)
{
	if (request->nth != 1 || (strcmp(name, "stumbles") != 0 && strcmp(name, "busy") != 0))
		return false;
	reply->status = strcmp(name, "busy") == 0 ? 429 : 500;
	if (reply->status == 429)
		reply->headers = "Retry-After: 1\r\n";
	return true;
}

static void reply_token(const char *name, const struct tls_request *request, struct tls_reply *reply)
{
	int64_t now = time(NULL);

	if (strcmp(name, "punctual") == 0)
		reply->headers = date_line(now);
	if (reply_fixed(name, reply) || reply_trouble(name, request, reply))
		return;
	if (strcmp(name, "huge") == 0) {
		reply->huge = 2 << 20;
	} else if (strcmp(name, "endless") == 0) {
		(void)sprintf(reply->body, "{\"access_token\":\"e%u\",\"token_type\":\"Bearer\"}",
			      request->nth);
	} else if (strcmp(name, "jwt") == 0) {
		reply_jwt(reply, now, now + 300, ",\"expires_in\":3600");
	} else if (strcmp(name, "expired") == 0) {
		reply->headers = "Date: Tue, 24 Nov 2026 00:00:00 GMT\r\n";
		reply_jwt(reply, now - 600, now - 300, "");
	} else if (strcmp(name, "ahead") == 0) {
		reply_jwt(reply, now + 900, now + 1800, "");
	} else if (strncmp(name, "jwts", 4) == 0) {
		(void)sprintf(reply->body, "{\"access_token\":\"" JWT_LOOKS "t%u\",\"expires_in\":3600}",
			      request->nth);
	} else if (strncmp(name, "long", 4) == 0) {
		reply_long(reply, (size_t)atoi(name + 4));
	} else if (strcmp(name, "device") == 0) {
		reply_device(request, reply);
	} else if (strcmp(name, "rotates") == 0) {
		reply_rotation(request, reply);
	} else {
		(void)sprintf(reply->body,
			      "{\"access_token\":\"t%u\",\"id_token\":\"i%u\",\"token_type\":\"bearer\","
			      "\"expires_in\":\"3600\",\"scope\":\"%s\"}",
			      request->nth, request->nth, form_value(request->body, "scope"));
	}
}

static void handle(const struct tls_request *request, struct tls_reply *reply)
{
	char name[64] = "", rest[256] = "";

	(void)sscanf(request->path, "/%63[^/]%255s", name, rest);
	if (strcmp(rest, "/.well-known/openid-configuration") == 0 && strcmp(name, "oauth") != 0)
		reply_metadata(name, reply);
	else if (strcmp(request->path, "/.well-known/oauth-authorization-server/oauth") == 0)
		reply_metadata("oauth", reply);
	else if (strcmp(rest, "/token") == 0 && strcmp(request->method, "POST") == 0)
		reply_token(name, request, reply);
	else if (strcmp(rest, "/device") == 0 && strcmp(request->method, "POST") == 0 &&
		 *request->body == '\0')
		/* as Google writes it */
		(void)strcpy(
		    reply->body,
		    "{\"device_code\":\"dc\",\"user_code\":\"ABCD-EFGH\",\"interval\":1,\"expires_in\":300,"
		    "\"verification_url\":\"https://idp.example.com/device\"}");
	else if (strcmp(rest, "/device") == 0 && strcmp(request->method, "POST") == 0)
		(void)strcpy(
		    reply->body,
		    "{\"device_code\":\"dc\",\"user_code\":\"ABCD-EFGH\",\"interval\":1,\"expires_in\":300,"
		    "\"verification_uri\":\"https://idp.example.com/device\"}");
	else
		reply->status = 404;
}

struct output o;

char *config_text(const char *name, const char *more)
{
	char *text = NULL;

	assert_true(
	    asprintf(
		&text,
		"profiles = { p = { issuer = \"%s/%s\"; ca_file = \"~/ca.pem\"; client_id = \"builder-7\"; "
		"%s }; };",
		tls_server_url(""), name, more) > 0);
	return text;
}

void write_config(const char *name, const char *more)
{
	char *text = config_text(name, more);

	home_write(".config/agentauth/config", text, 0600);
	free(text);
}

void run_for(const char *name)
{
	write_config(name, SECRET);
	RUN("--profile", "p");
}

void assert_fails(const char *said)
{
	assert_int_equal(o.status, 1);
	assert_string_equal(o.out, "");
	if (!strstr(o.err, said))
		fail_msg("\"%s\" is not in: %s", said, o.err);
}

void assert_prints(const char *token)
{
	if (o.status != 0)
		fail_msg("%s", o.err);
	assert_string_equal(o.out, token);
}

const char *token_at(const char *name, const char *more, struct token_wish wish, int64_t now)
{
	char *text = config_text(name, more);
	struct profiles *all = profiles_parse(text, "config");
	static char token[4096];
	struct token got = {0};
	int result;

	assert_non_null(all);
	result = token_get(all, profiles_at(all, 0), &wish, now, &got);
	if (result == 0)
		(void)snprintf(token, sizeof(token), "%s", got.text);
	token_free(&got);
	profiles_free(all);
	free(text);
	return result == 0 ? token : NULL;
}

static int setup(void **state)
{
	(void)state;
	home_make();
	setenv("IDP_SECRET", "secret", 1);
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

const struct test_fixture fixture_provider = {setup, teardown};

const char *cache_file(void)
{
	static char path[512];
	char command[512];
	FILE *f;

	(void)snprintf(command, sizeof(command),
		       "ls -d %s/agentauth/token-* %s/.cache/agentauth/token-* 2>/dev/null | "
		       "grep -v lock",
		       getenv("XDG_RUNTIME_DIR"), getenv("HOME"));
	f = popen(command, "r");
	assert_non_null(fgets(path, sizeof(path), f));
	pclose(f);
	path[strcspn(path, "\n")] = 0;
	return path;
}

void write_key(enum aa_alg alg)
{
	struct aa_private_key *key = NULL;
	char *pem = NULL;
	size_t len;

	assert_int_equal(aa_private_key_generate(alg, 2048, &key), AA_JOSE_OK);
	assert_int_equal(aa_private_key_to_pem(key, &pem, &len), AA_JOSE_OK);
	home_write("key.pem", pem, 0600);
	aa_private_key_free(key);
	free(pem);
}

json_t *sent_assertion(const char *form, const char *name, const char *kid)
{
	char *token = strdup(form_value(form, name)), *pem;
	struct aa_private_key *key = NULL;
	struct aa_jws *jws = NULL;
	FILE *f = fopen(home_path("key.pem"), "r");
	json_t *claims;
	size_t len;

	pem = calloc(1, 16384);
	len = fread(pem, 1, 16383, f);
	fclose(f);
	assert_int_equal(aa_private_key_from_pem(pem, len, NULL, &key), AA_JOSE_OK);
	assert_int_equal(aa_jws_parse(token, strlen(token), AA_JWS_MAX, &jws), AA_JOSE_OK);
	assert_int_equal(aa_jws_verify(jws, aa_private_key_public(key)), AA_JOSE_OK);
	if (kid)
		assert_string_equal(jws->kid, kid);
	claims = make_json((const char *)jws->payload);
	aa_jws_free(jws);
	aa_private_key_free(key);
	free(pem);
	free(token);
	return claims;
}

const char *sent_to(const char *path, const char *name)
{
	return form_value(tls_server_last(path)->body, name);
}
