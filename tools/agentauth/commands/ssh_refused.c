/* SPDX-License-Identifier: Apache-2.0 */
/* ssh_refused.c: explains why ssh has failed. */
#include "config.h"

#include "tools/agentauth/commands/ssh_refused.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/jose/key_private.h"
#include "common/text/utc.h"
#include "tools/agentauth/commands/answer.h"
#include "tools/agentauth/credential/assertion.h"
#include "tools/agentauth/local/key_source.h"
#include "tools/cli/say.h"

/* Writes the key's id, or an empty text where it cannot be told. A command for the passphrase may ask a person, and is not run
 * for this. */
static void key_id(const struct profile *profile, char *ret, size_t size)
{
	struct aa_private_key *key = profile->key.passphrase.command.n ? NULL : key_load(&profile->key);
	char thumbprint[44];
	const char *kid = key ? assertion_kid(profile->kid, aa_private_key_public(key), thumbprint) : NULL;

	(void)snprintf(ret, size, "%s", kid ? kid : "");
	aa_private_key_free(key);
}

static void say_presented(const struct profile *profile)
{
	const char *scope = answer_variable(ANSWER_SCOPE);
	char kid[256], clock[AA_UTC_SIZE];

	if (!scope)
		scope = profile->scope;
	aa_utc_print(time(NULL), clock);
	if (profile_uses_token(profile)) {
		say("what was presented: a token of the profile \"%s\", when this machine's clock said %s",
		    profile->name, clock);
		return;
	}
	key_id(profile, kid, sizeof(kid));
	say("what was presented: an assertion for %s%s, signed by the key %s, when this machine's clock said "
	    "%s",
	    scope ? "the roles " : "all roles of the agent", scope ? scope : "", kid, clock);
}

void ssh_refused_say(const struct ssh_login *login, const struct ssh_check *check, enum asked asked)
{
	const char *host = ssh_login_host(login), *agent = check->profile->agent;

	if (asked == ASKED_ANSWERED) {
		say("where ssh says \"Permission denied\" above, the host refused the credential, and tells "
		    "no client why. Its administrator reads it on %s: agentauthctl show %s",
		    host, agent);
		say_presented(check->profile);
	} else if (asked == ASKED_NOTHING) {
		say("no credential was asked for. Where ssh says \"Permission denied\" above, %s is no agent "
		    "of %s, or its sshd does not ask agentauth. Its administrator sees which: agentauthctl "
		    "show %s, agentauthctl doctor",
		    agent, host, agent);
	}
}
