/* SPDX-License-Identifier: Apache-2.0 */
/* idp.c: finds the endpoints of an identity provider and sends requests to them. */
#include "config.h"

#include "tools/agentauth/oauth/idp.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/jose/json.h"
#include "tools/agentauth/local/json_member.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/agentauth/local/profile_setting.h"
#include "tools/cli/alloc.h"
#include "tools/cli/clock.h"
#include "tools/cli/say.h"
#include "tools/http/discovery.h"
#include "tools/http/http.h"

#define CLOCK_DIFFERENCE 30 /* seconds that hosts allow unless told otherwise */

/* ---- requests ------------------------------------------------------------- */

static bool is_worth_another_try(enum http_err err, long status)
{
	if (err != HTTP_OK)
		return err == HTTP_UNREACHABLE || err == HTTP_TIMED_OUT;
	return status == 429 || status >= 500;
}

/* Returns the seconds that one try may take, which never go past the end of all tries. */
static unsigned time_left(int64_t end)
{
	int64_t left = (end - clock_ms()) / 1000;

	return left < 1 ? 1 : left < HTTP_TIMEOUT ? (unsigned)left : HTTP_TIMEOUT;
}

int idp_send(const struct idp *idp, struct http_request *request, idp_prepare_fn *prepare, void *data,
	     struct http_response *ret)
{
	static bool begun;
	int64_t end = clock_ms() + IDP_SECONDS * 1000;
	char why[512];

	if (!begun)
		http_begin();
	begun = true;
	request->ca_file = idp->ca_file;
	for (int i = 1;; i++) {
		struct http_response response = {0};
		enum http_err err;
		long wait;
		bool again;

		if (prepare && prepare(data, request) < 0)
			return -1;
		request->timeout = time_left(end);
		err = http_send(request, &response, why, sizeof(why));
		wait = err == HTTP_OK && response.retry_after > 0 ? response.retry_after : i;
		again = i < IDP_TRIES && is_worth_another_try(err, response.status) &&
			wait < (end - clock_ms()) / 1000;

		if (!again && err != HTTP_OK) {
			say(i > 1 ? "%s %s (tried %d times)" : "%s %s", request->url, why, i);
			if (err == HTTP_TLS && !request->ca_file)
				say("an identity provider with a certificate of its own authority needs "
				    "ca_file = \"FILE\" in the profile");
			return -1;
		}
		if (!again) {
			*ret = response;
			return 0;
		}
		if (err == HTTP_OK)
			http_response_free(&response);
		clock_wait(wait * 1000);
	}
}

bool idp_is_web_address(const char *text)
{
	char shown[2048];

	return text && strncmp(text, "https://", 8) == 0 && strpbrk(text, " \"'<>`\\") == NULL &&
	       strcmp(idp_text(text, shown, sizeof(shown)), text) == 0;
}

const char *idp_text(const char *text, char *buf, size_t size)
{
	char *p = buf;

	for (; *text && (size_t)(p - buf) + 5 < size; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= 0x20 && c < 0x7f)
			*p++ = (char)c;
		else
			p += sprintf(p, "\\x%02x", c);
	}
	*p = 0;
	return buf;
}

void idp_say_auth_methods(const struct idp *idp)
{
	const char *ours = profile_auth_name(idp->profile->client_auth);
	char names[256] = "", shown[64];
	const json_t *method;
	size_t i;

	json_array_foreach(idp->auth_methods, i, method)
	{
		const char *name = json_string_value(method);
		size_t len = strlen(names);

		if (!name || strcmp(name, ours) == 0)
			return;
		(void)snprintf(names + len, sizeof(names) - len, "%s%s", len ? ", " : "",
			       idp_text(name, shown, sizeof(shown)));
	}
	if (*names)
		say("the identity provider's metadata names %s; the profile's client_auth is %s", names,
		    ours);
}

void idp_compare_clocks(int64_t date, int64_t now)
{
	int64_t ahead = now - date;

	if (date >= 0 && (ahead > CLOCK_DIFFERENCE || ahead < -CLOCK_DIFFERENCE))
		say("this machine's clock is %" PRId64
		    " s %s the identity provider's: one of them is wrong, and what is signed or issued may "
		    "count as expired or not yet valid",
		    ahead > 0 ? ahead : -ahead, ahead > 0 ? "ahead of" : "behind");
}

/* ---- metadata ------------------------------------------------------------- */

static void take_endpoint(const json_t *metadata, const char *name, const char *own, char **ret)
{
	free(*ret);
	*ret = own ? xstrdup(own) : json_member_text(metadata, name);
}

static void take_endpoints(struct idp *p, const json_t *metadata)
{
	const struct profile *profile = p->profile;

	p->names_itself =
	    json_is_true(json_object_get(metadata, "authorization_response_iss_parameter_supported"));
	json_decref(p->auth_methods);
	p->auth_methods = json_incref(json_object_get(metadata, "token_endpoint_auth_methods_supported"));
	take_endpoint(metadata, "token_endpoint", profile->token_endpoint, &p->token_endpoint);
	take_endpoint(metadata, "authorization_endpoint", profile->authorization_endpoint,
		      &p->authorization_endpoint);
	take_endpoint(metadata, "device_authorization_endpoint", profile->device_authorization_endpoint,
		      &p->device_authorization_endpoint);
}

static int read_metadata(struct idp *p, const struct http_response *response, const char *url)
{
	const char *expected = p->profile->issuer, *issuer;
	json_t *metadata = NULL;
	char shown[256];
	int result = -1;

	if (aa_json_object(response->body, response->len, &metadata) != AA_JOSE_OK)
		return say_error("%s does not answer with one JSON object, which metadata is", url);
	issuer = json_string_value(json_object_get(metadata, "issuer"));
	if (!issuer)
		say("%s has no \"issuer\" in it", url);
	else if (strcmp(issuer, expected) != 0)
		say("%s is the metadata of another issuer, \"%s\". The profile's issuer, \"%s\", must be the "
		    "same to the letter, a slash at the end included",
		    url, idp_text(issuer, shown, sizeof(shown)), expected);
	else {
		take_endpoints(p, metadata);
		result = 0;
	}
	json_decref(metadata);
	return result;
}

/* Asks for metadata at `url`, which is freed. Returns 0, 1 where there are none at that address, or -1 with the reason said. */
static int ask_metadata(struct idp *p, char *url)
{
	struct http_request request = {.url = url};
	struct http_response response = {0};
	int result = -1;

	if (!url)
		return say_error("issuer = \"%s\" is no address that begins with https://",
				 p->profile->issuer);
	if (idp_send(p, &request, NULL, NULL, &response) == 0) {
		if (response.status == 200)
			result = read_metadata(p, &response, url);
		else if (response.status >= 400 && response.status < 500 && response.status != 429)
			result = 1;
		else
			say("%s answers with HTTP %ld", url, response.status);
		http_response_free(&response);
	}
	free(url);
	return result;
}

static int discover(struct idp *p)
{
	int result = ask_metadata(p, discovery_openid(p->profile->issuer));

	if (result == 1)
		result = ask_metadata(p, discovery_oauth(p->profile->issuer));
	if (result != 1)
		return result;
	say("the issuer %s publishes no metadata: neither %s nor %s is there. If that is so, name its "
	    "token_endpoint in the profile",
	    p->profile->issuer, DISCOVERY_OPENID, DISCOVERY_OAUTH);
	return -1;
}

static const char *missing_endpoint(const struct idp *p)
{
	if (!p->token_endpoint)
		return "token_endpoint";
	if (p->profile->grant == GRANT_AUTHORIZATION_CODE && !p->authorization_endpoint)
		return "authorization_endpoint";
	if (p->profile->grant == GRANT_DEVICE_CODE && !p->device_authorization_endpoint)
		return "device_authorization_endpoint";
	return NULL;
}

int idp_find(const struct profile *profile, struct idp *ret)
{
	struct idp p = {.profile = profile};
	const char *missing;
	int result = -1;

	if (profile->ca_file && !(p.ca_file = own_expand(profile->ca_file)))
		goto out;
	take_endpoints(&p, NULL);
	if (missing_endpoint(&p) && profile->issuer && discover(&p) < 0)
		goto out;
	missing = missing_endpoint(&p);
	if (missing) {
		say("the identity provider names no %s, which grant = \"%s\" needs: if it has one, name it "
		    "in the profile %s",
		    missing, profile_grant_name(profile->grant), profile->name);
		goto out;
	}
	result = 0;
out:
	if (result == 0)
		*ret = p;
	else
		idp_free(&p);
	return result;
}

void idp_free(struct idp *p)
{
	free(p->ca_file);
	free(p->token_endpoint);
	free(p->authorization_endpoint);
	free(p->device_authorization_endpoint);
	json_decref(p->auth_methods);
	*p = (struct idp){0};
}
