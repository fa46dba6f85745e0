/* SPDX-License-Identifier: Apache-2.0 */
/* grant_device_code.c: lets a person log in with a browser on any machine (device code, RFC 8628). */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/agentauth/local/own_files.h"
#include "tools/agentauth/oauth/token_grant.h"
#include "tools/agentauth/oauth/token_request.h"
#include "tools/cli/alloc.h"
#include "tools/cli/say.h"

#define INTERVAL 5	 /* seconds, RFC 8628 section 3.2 */
#define INTERVAL_MAX 300 /* a provider may not ask for more */
#define LIFE_MAX 1800

static const char grant_type[] = "urn:ietf:params:oauth:grant-type:device_code";

struct device {
	char *device_code, *user_code, *uri, *complete_uri;
	unsigned life, interval; /* seconds */
};

static void device_free(struct device *d)
{
	own_wipe(d->device_code);
	own_wipe(d->user_code);
	free(d->uri);
	own_wipe(d->complete_uri);
}

/* ---- the identity provider's codes ------------------------------------------ */

/* Returns a text that may go to a terminal; NULL where idp_text() would change it. */
static char *text_of(const json_t *answer, const char *name)
{
	const char *text = json_string_value(json_object_get(answer, name));
	char shown[2048];

	return text && strcmp(idp_text(text, shown, sizeof(shown)), text) == 0 ? xstrdup(text) : NULL;
}

static unsigned number_of(const json_t *answer, const char *name, unsigned otherwise, unsigned max)
{
	const json_t *value = json_object_get(answer, name);
	json_int_t n = json_is_integer(value) ? json_integer_value(value) : (json_int_t)otherwise;

	return n < 1 ? 1 : n > (json_int_t)max ? max : (unsigned)n;
}

static int read_device(const char *url, const json_t *answer, struct device *ret)
{
	/* Google wrote verification_url before there was RFC 8628, and still does. */
	const char *uri =
	    json_object_get(answer, "verification_uri") ? "verification_uri" : "verification_url";
	struct device d = {
	    .device_code = text_of(answer, "device_code"),
	    .user_code = text_of(answer, "user_code"),
	    .uri = text_of(answer, uri),
	    .complete_uri = text_of(answer, "verification_uri_complete"),
	    .life = number_of(answer, "expires_in", LIFE_MAX, LIFE_MAX),
	    .interval = number_of(answer, "interval", INTERVAL, INTERVAL_MAX),
	};

	if (d.device_code && d.user_code && idp_is_web_address(d.uri)) {
		*ret = d;
		return 0;
	}
	say("%s answers without a device_code, a user_code and a verification_uri that begins with https://",
	    url);
	device_free(&d);
	return -1;
}

static int ask_device(const struct grant *grant, struct device *ret)
{
	const struct idp *idp = grant->idp;
	const char *url = idp->device_authorization_endpoint;
	struct form form = {0};
	struct token_refusal refusal;
	json_t *answer = NULL;
	int64_t date;
	int result;

	token_request_add_wishes(idp->profile, &form);
	result = token_post(idp, url, &form, grant->now, &answer, &date, &refusal);
	form_free(&form);
	if (result == 1)
		token_refusal_say(&refusal, "a device code", grant->now);
	if (result == 0)
		result = read_device(url, answer, ret);
	json_decref(answer);
	return result == 0 ? 0 : -1;
}

static void show(const struct device *d)
{
	say_plain("Open this address in a browser, on any machine:\n\n  %s\n\nand enter the code\n\n  %s\n",
		  d->uri, d->user_code);
	if (idp_is_web_address(d->complete_uri))
		say_plain("\nThis address has the code in it:\n\n  %s\n", d->complete_uri);
	say_plain("\nagentauth waits for the login, %u minutes at most", (d->life + 59) / 60);
}

/* ---- asking until the person has logged in ------------------------------------ */

static int poll_once(const struct grant *grant, const struct device *d, int64_t now, struct token *ret,
		     struct token_refusal *ret_refusal)
{
	struct form form = {0};
	int result;

	form_add(&form, "grant_type", grant_type);
	form_add(&form, "device_code", d->device_code);
	token_request_add_resource(grant->idp->profile, &form);
	result = token_request(grant->idp, &form, now, ret, ret_refusal);
	form_free(&form);
	return result;
}

/* Tells whether the refusal asks to go on polling (RFC 8628 section 3.5). */
static bool goes_on(const struct token_refusal *refusal, unsigned *interval)
{
	if (strcmp(refusal->error, "slow_down") == 0) {
		*interval += INTERVAL;
		return true;
	}
	return strcmp(refusal->error, "authorization_pending") == 0;
}

static int wait_for_person(const struct grant *grant, const struct device *d, struct token *ret)
{
	unsigned interval = d->interval, waited = 0;
	struct token_refusal refusal;
	int result;

	while (waited + interval <= d->life) {
		grant->wait(interval * 1000);
		waited += interval;
		result = poll_once(grant, d, grant->now + waited, ret, &refusal);
		if (result == 1 && goes_on(&refusal, &interval)) {
			say_plain(".");
			continue;
		}
		say_plain("\n");
		if (result == 1 && strcmp(refusal.error, "expired_token") == 0)
			break;
		if (result == 1)
			token_refusal_say(&refusal, "the device code", grant->now + waited);
		return result == 0 ? 0 : -1;
	}
	return say_error("nobody entered the code within its life of %u minutes", (d->life + 59) / 60);
}

int grant_device_code(const struct grant *grant, struct token *ret)
{
	struct device d = {0};
	int result;

	if (ask_device(grant, &d) < 0)
		return -1;
	show(&d);
	result = wait_for_person(grant, &d, ret);
	device_free(&d);
	return result;
}
