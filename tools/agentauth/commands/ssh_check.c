/* SPDX-License-Identifier: Apache-2.0 */
/* ssh_check.c: looking, before ssh connects, at all that a login needs on this side. */
#include "config.h"

#include "tools/agentauth/commands/ssh_check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tools/agentauth/credential/certificate.h"
#include "tools/agentauth/local/key_file.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/agentauth/local/profile.h"
#include "tools/agentauth/credential/ready_token.h"
#include "tools/cli/say.h"
#include "tools/agentauth/commands/ssh_program.h"

#define CLOCK_SLACK 60 /* seconds by which a file may seem to be of the future */

/* How ssh would log in: ssh_config(5) and the arguments together. Empty where ssh does not say. */
struct login {
	char user[256], host[256], alias[256];
};

/* ---- ssh -G ------------------------------------------------------------------ */

static void take_line(char *line, struct login *login)
{
	const struct {
		const char *name;
		char *value;
	} wanted[] = {{"user ", login->user}, {"hostname ", login->host}, {"hostkeyalias ", login->alias}};

	line[strcspn(line, "\r\n")] = 0;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		size_t len = strlen(wanted[i].name);

		if (strncmp(line, wanted[i].name, len) == 0)
			(void)snprintf(wanted[i].value, sizeof(login->user), "%s", line + len);
	}
}

/* False where ssh refuses its arguments or its configuration; it has then said why on standard error. */
static bool ask_ssh(char **args, int n, struct login *ret)
{
	char said[32768], *save = NULL;
	int status = ssh_program_ask("-G", args, (size_t)n, STDOUT_FILENO, said, sizeof(said));

	if (status < 0)
		return say_failed("ssh cannot be run: %s", strerror(errno)), false;
	if (status > 0)
		return say_failed("ssh refuses its arguments or its configuration, as it says above"), false;
	*ret = (struct login){0};
	for (char *line = strtok_r(said, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		take_line(line, ret);
	return true;
}

/* The name in the parentheses that ssh puts before a host's prompt. */
static const char *prompt_host(const struct login *login)
{
	return *login->alias ? login->alias : login->host;
}

/* ---- the profile ---------------------------------------------------------------- */

static void say_no_profile(const struct login *login, const struct profile *other, const char *path)
{
	const char *host = prompt_host(login);

	if (other)
		say("nothing was tried: ssh would log in at %s as \"%s\", and the profile \"%s\" in %s is "
		    "for "
		    "\"%s\". Log in as %s@%s, or look for User in ssh_config",
		    host, login->user, other->name, path, other->agent, other->agent, host);
	else
		say("nothing was tried: no profile in %s has \"%s\" among its hosts, which is what ssh calls "
		    "this host (ssh -G tells, where ssh_config gives it another name). Add it to the hosts "
		    "of "
		    "the profile that is meant",
		    path, host);
}

static const struct profile *find_profile(const struct profiles *profiles, const struct login *login,
					  const char *only)
{
	const struct profile *other = NULL;

	for (size_t i = 0; i < profiles_count(profiles); i++) {
		const struct profile *profile = profiles_at(profiles, i);

		if ((only && strcmp(only, profile->name) != 0) || !profile->agent ||
		    !profile_has_host(profile, prompt_host(login)))
			continue;
		if (strcmp(profile->agent, login->user) == 0)
			return profile;
		other = profile;
	}
	if (!only || profiles_find(profiles, only))
		say_no_profile(login, other, profiles_path(profiles));
	return NULL;
}

/* ---- what is signed or shown ------------------------------------------------------ */

static bool key_is_usable(const struct profile *profile)
{
	const struct key_source source = {profile->key, profile->passphrase};
	char digest[CERTIFICATE_DIGEST_SIZE];
	struct aa_private_key *key;
	bool usable;

	/* A command for the passphrase may ask a person: once, when the host asks. */
	if (profile->passphrase.command)
		return true;
	key = key_file_load(&source);
	usable = key && (!profile->certificate || certificate_digest(profile->certificate, key, digest) == 0);
	aa_private_key_free(key);
	return usable;
}

static bool secret_is_usable(const struct profile *profile)
{
	const struct secret_source *source = &profile->client_secret;
	char *secret;

	if (source->command || !secret_is_named(source))
		return true;
	secret = secret_read(source, "the client's secret");
	own_wipe(secret);
	return secret != NULL;
}

static bool token_is_at_hand(const struct profile *profile)
{
	const char *audience = profile->audiences.n == 1 ? profile->audiences.v[0] : NULL;
	struct token token = {0};
	bool good;

	/* A program is run once, when the host asks. */
	if (profile->token.command)
		return true;
	good = ready_token_read(profile, audience, time(NULL), &token) == 0;
	token_free(&token);
	return good;
}

static bool credential_is_at_hand(const struct profile *profile)
{
	if (!profile_uses_token(profile))
		return key_is_usable(profile);
	if (profile_has_ready_token(profile))
		return token_is_at_hand(profile);
	if (profile->client_auth == AUTH_PRIVATE_KEY_JWT || profile->grant == GRANT_JWT_BEARER)
		return key_is_usable(profile);
	return secret_is_usable(profile);
}

/* ---- the clock --------------------------------------------------------------------- */

/* A file that was written after now shows a clock that is behind: each host would refuse what is signed now. */
static bool clock_is_after(const char *path, time_t now)
{
	char text[64];
	struct tm tm;
	struct stat st;

	if (stat(path, &st) < 0 || st.st_mtime <= now + CLOCK_SLACK)
		return true;
	if (!gmtime_r(&now, &tm) || strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		text[0] = 0;
	say("nothing was tried: this machine's clock says %s, and %s was written later than that. A host "
	    "refuses what is signed by a wrong clock: set the clock (timedatectl set-ntp true), or, where "
	    "the "
	    "file's time is wrong: touch '%s'",
	    text, path, path);
	return false;
}

static bool clock_is_right(const struct profiles *profiles, const struct profile *profile)
{
	char *key = profile->key ? own_expand(profile->key) : own_config_path("key.pem");
	time_t now = time(NULL);
	bool right = key && clock_is_after(profiles_path(profiles), now) &&
		     (profile_uses_token(profile) || clock_is_after(key, now));

	free(key);
	return right;
}

bool ssh_check_profile(const struct profiles *profiles, const struct profile *profile)
{
	return clock_is_right(profiles, profile) && credential_is_at_hand(profile);
}

bool ssh_check(char **args, int n, const char *only)
{
	struct login login;
	struct profiles *profiles;
	const struct profile *profile;
	bool good;

	if (!ask_ssh(args, n, &login))
		return false;
	if (!*login.host)
		return true; /* such as -V: no login */
	profiles = profiles_load(NULL);
	profile = profiles ? find_profile(profiles, &login, only) : NULL;
	good = profile && ssh_check_profile(profiles, profile);
	profiles_free(profiles);
	return good;
}
