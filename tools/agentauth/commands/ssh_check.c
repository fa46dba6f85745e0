/* SPDX-License-Identifier: Apache-2.0 */
/* ssh_check.c: checks, before ssh connects, all that a login needs on this side. */
#include "config.h"

#include "tools/agentauth/commands/ssh_check.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/jose/key_private.h"
#include "common/text/utc.h"
#include "tools/agentauth/commands/answer.h"
#include "tools/agentauth/credential/certificate.h"
#include "tools/agentauth/credential/ready_token.h"
#include "tools/agentauth/local/key_source.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/agentauth/local/profile.h"
#include "tools/agentauth/local/profile_hosts.h"
#include "tools/agentauth/local/profiles.h"
#include "tools/cli/say.h"

#define CLOCK_SLACK 60 /* a file may seem to be so many seconds in the future */

/* ---- the profile ---------------------------------------------------------------- */

/* Returns the account that was meant, or "NAME". Without an account in the arguments or in ssh_config ssh takes the name of
 * this user, which says nothing. */
static const char *meant(const struct ssh_login *login)
{
	const struct passwd *pw = getpwuid(getuid());

	return pw && strcmp(pw->pw_name, login->user) == 0 ? "NAME" : login->user;
}

/* Tells whether there is a file of profiles at all, for want of which the first login fails. */
static bool file_is_there(const struct ssh_login *login)
{
	const char *variable = answer_variable("AGENTAUTH_CONFIG");
	char *path = profiles_file(NULL);
	bool there = !path || access(path, F_OK) == 0 || errno != ENOENT;

	if (!there)
		say("nothing was tried: %s%s is not there. It holds the profiles, which say which host may "
		    "have which credential. This writes the first one: agentauth profile add %s@%s",
		    path, variable ? ", which AGENTAUTH_CONFIG names," : "", meant(login),
		    ssh_login_host(login));
	free(path);
	return there;
}

/* Returns the host of the agent's only profile, which may be the host that was meant, or NULL. */
static const char *other_host(const struct profiles *profiles, const char *agent)
{
	const char *host = NULL;

	for (size_t i = 0; i < profiles_count(profiles); i++) {
		const struct profile *p = profiles_at(profiles, i);

		if (!p->agent || strcmp(p->agent, agent) != 0 || p->hosts.n == 0)
			continue;
		if (host)
			return NULL;
		host = p->hosts.v[0];
	}
	return host;
}

static void say_no_host(const struct profiles *profiles, const struct ssh_login *login)
{
	const char *host = ssh_login_host(login), *known = other_host(profiles, login->user),
		   *port = ssh_login_port(host);
	const char *path = profiles_path(profiles);

	if (port)
		say("nothing was tried: \"%s\" is a host and a port. The port stands before it: agentauth "
		    "ssh -p %s %s@%.*s",
		    host, port, meant(login), (int)(port - 1 - host), host);
	else if (known)
		say("nothing was tried: no profile in %s has \"%s\" among its hosts, which is what ssh calls "
		    "this host (ssh -G tells, where ssh_config gives it another name). If it is %s, use that "
		    "name: agentauth ssh %s@%s. If not, write a profile for it: agentauth profile add %s@%s; "
		    "where it calls itself otherwise, with --audience ssh://FULL-NAME",
		    path, host, known, meant(login), known, meant(login), host);
	else
		say("nothing was tried: no profile in %s has \"%s\" among its hosts, which is what ssh calls "
		    "this host (ssh -G tells, where ssh_config gives it another name). This writes one: "
		    "agentauth profile add %s@%s",
		    path, host, meant(login), host);
}

static void say_other_agent(const struct profiles *profiles, const struct ssh_login *login,
			    const struct profile *other)
{
	const char *host = ssh_login_host(login);

	say("nothing was tried: ssh would log in at %s as \"%s\", and the profile \"%s\" in %s is for "
	    "\"%s\". Log in as %s@%s (where a name is given and another is used, look for User in "
	    "ssh_config), or write a profile: agentauth profile add %s@%s",
	    host, login->user, other->name, profiles_path(profiles), other->agent, other->agent, host,
	    meant(login), host);
}

/* Tells whether both profiles would answer whatever the host asks for, so that askpass would answer with neither. */
static bool are_alike(const struct profile *one, const struct profile *other)
{
	return one->audiences.n == 1 && other->audiences.n == 1 &&
	       strcmp(one->audiences.v[0], other->audiences.v[0]) == 0;
}

static const struct profile *find_profile(const struct profiles *profiles, const struct ssh_login *login,
					  const char *only)
{
	const struct profile *found = NULL, *other = NULL;

	for (size_t i = 0; i < profiles_count(profiles); i++) {
		const struct profile *profile = profiles_at(profiles, i);

		if ((only && strcmp(only, profile->name) != 0) || !profile->agent ||
		    !profile_has_host(profile, ssh_login_host(login)))
			continue;
		if (strcmp(profile->agent, login->user) != 0)
			other = profile;
		else if (found && are_alike(found, profile))
			return answer_say_two("nothing was tried", found, profile, ssh_login_host(login),
					      profiles_path(profiles)),
			       NULL;
		else if (!found)
			found = profile;
	}
	if (found || (only && !profiles_find(profiles, only)))
		return found;
	if (other)
		say_other_agent(profiles, login, other);
	else
		say_no_host(profiles, login);
	return NULL;
}

/* ---- what is signed or shown ------------------------------------------------------ */

static bool key_is_usable(const struct profile *profile)
{
	char digest[CERTIFICATE_DIGEST_SIZE];
	struct aa_private_key *key;
	bool usable;

	/* A command for the passphrase may ask a person, so it is run once only, when the host asks. */
	if (profile->key.passphrase.command.n)
		return true;
	key = key_load(&profile->key);
	usable = key && (!profile->certificate || certificate_digest(profile->certificate, key, digest) == 0);
	aa_private_key_free(key);
	return usable;
}

static bool secret_is_usable(const struct profile *profile)
{
	const struct secret_source *source = &profile->client_secret;
	char *secret;

	if (source->command.n || !secret_is_named(source))
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

	/* A program is run once only, when the host asks. */
	if (profile->token.command.n)
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

/* A file that was written after now shows that the clock is behind, so that each host would refuse what is signed now. */
static bool clock_is_after(const char *path, time_t now)
{
	char text[AA_UTC_SIZE];
	struct stat st;

	if (stat(path, &st) < 0 || st.st_mtime <= now + CLOCK_SLACK)
		return true;
	aa_utc_print(now, text);
	say("nothing was tried: this machine's clock says %s, and %s was written later than that. A host "
	    "refuses what is signed by a wrong clock: set the clock (timedatectl set-ntp true), or, where "
	    "the file's time is wrong: touch '%s'",
	    text, path, path);
	return false;
}

static bool clock_is_right(const struct profiles *profiles, const struct profile *profile)
{
	const char *name = profile->key.name;
	bool in_file = !profile_uses_token(profile) && (!name || key_is_file(name));
	char *key = in_file && name ? own_expand(name) : own_config_path("key.pem");
	time_t now = time(NULL);
	bool right =
	    key && clock_is_after(profiles_path(profiles), now) && (!in_file || clock_is_after(key, now));

	free(key);
	return right;
}

bool ssh_check_profile(const struct profiles *profiles, const struct profile *profile)
{
	return clock_is_right(profiles, profile) && credential_is_at_hand(profile);
}

bool ssh_check(const struct ssh_login *login, const char *only, struct ssh_check *ret)
{
	struct ssh_check check = {.profiles = file_is_there(login) ? profiles_load(NULL) : NULL};

	if (check.profiles)
		check.profile = find_profile(check.profiles, login, only);
	if (check.profile && ssh_check_profile(check.profiles, check.profile)) {
		*ret = check;
		return true;
	}
	ssh_check_clear(&check);
	return false;
}

void ssh_check_clear(struct ssh_check *check)
{
	profiles_free(check->profiles);
	*check = (struct ssh_check){0};
}
