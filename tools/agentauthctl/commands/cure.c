/* SPDX-License-Identifier: Apache-2.0 */
/* cure.c: see cure.h. */
#include "config.h"

#include "tools/agentauthctl/commands/cure.h"

#include <stdbool.h>
#include <string.h>

#include "tools/agentauthctl/model/check_value.h"
#include "tools/cli/alloc.h"

/* A text needs these facts besides the reason. */
enum needs { ANY, ROLE, ISSUER, USER, LOCAL_USER };

/* In a text %a is the agent, %f the address, %s the service, %r the role, %i the issuer, %c the claim, %u the issuer's
 * user, %l the one of this host. The
 * first row of the reason whose need is met holds. */
static const struct cure {
	enum aa_reason reason;
	enum needs needs;
	const char *text;
} cures[] = {
    {AA_AGENT_UNKNOWN, ANY, "agentauthctl list shows the agents that there are"},
    {AA_AGENT_SUSPENDED, ANY, "agentauthctl resume %a"},
    {AA_AGENT_RETIRED, ANY,
     "agentauthctl restore %a, within 30 days; otherwise agentauthctl register NAME, another one"},
    {AA_AGENT_EXPIRED, ANY, "agentauthctl set %a --expires never"},
    {AA_SOURCE_DENIED, ROLE, "agentauthctl role set %r --source %f"},
    {AA_SOURCE_DENIED, ANY, "agentauthctl set %a --source %f"},
    {AA_SERVICE_DENIED, ROLE, "agentauthctl role set %r --service %s"},
    {AA_SERVICE_DENIED, ANY, "agentauthctl set %a --role ROLE, a role that has the service %s"},
    {AA_ROLE_DENIED, ANY, "agentauthctl set %a --role ROLE, or have the agent ask for a role that it has"},
    {AA_UNKNOWN_KEY, ISSUER, "agentauthctl issuer refresh %i"},
    {AA_UNKNOWN_KEY, ANY, "agentauthctl set %a --key KEY, the line that agentauth keygen printed there"},
    {AA_NO_CREDENTIAL, ANY, "agentauthctl set %a --key KEY, the line that agentauth keygen printed there"},
    {AA_KEY_EXPIRED, ANY,
     "agentauthctl rotate %a --key KEY, the line that agentauth keygen prints for a new key"},
    {AA_REVOKED, ANY, "agentauthctl revoke --list shows what is revoked, and --undo takes it back"},
    {AA_WRONG_AUDIENCE, ISSUER,
     "have the issuer write an audience of issuers.%i into its tokens, or agentauthctl issuer set %i "
     "--audience AUD, the token's own"},
    {AA_WRONG_AUDIENCE, ANY,
     "have the same text in host.audience of agentauth.conf and in audiences of the agent's profile"},
    {AA_EXPIRED, ANY, "compare date -u here and on the agent's machine"},
    {AA_NOT_YET_VALID, ANY, "compare date -u here and on the agent's machine"},
    {AA_SESSION_LIMIT, ANY,
     "agentauthctl session kill --agent %a ends the sessions that agentauthctl session list shows"},
    {AA_RATE_LIMITED, ANY, "wait a minute, and mend what failed before"},
    {AA_KEYS_STALE, ISSUER, "agentauthctl issuer refresh %i"},
    {AA_UNKNOWN_ISSUER, ANY,
     "agentauthctl issuer add NAME --issuer URL, the token's iss, if it is to be believed here"},
    {AA_WRONG_SUBJECT, ISSUER, "agentauthctl set %a --bind %i:CLIENT, the token's %c, if it is this agent's"},
    {AA_WRONG_SUBJECT, ANY, "have the agent sign as %a: iss and sub are its own name"},
    {AA_DELEGATION_DENIED, LOCAL_USER, "agentauthctl set %a --local-user %l"},
    {AA_DELEGATION_DENIED, ROLE, "agentauthctl role set %r --delegable"},
    {AA_DELEGATION_DENIED, USER, "agentauthctl set %a --user %u"},
    {AA_CLAIM_REQUIRED, ISSUER, "have the issuer put %c into its tokens as issuers.%i requires it"},
    {AA_CLAIM_REQUIRED, ANY, "have the agent put %c into what it signs, as agentauth assert does"},
    {AA_LIFETIME_TOO_LONG, ISSUER,
     "have the issuer make tokens that live for less, or agentauthctl issuer set %i --max-token-ttl "
     "SECONDS"},
    {AA_LIFETIME_TOO_LONG, ANY, "have the agent sign for less time: agentauth assert --ttl 60"},
    {AA_ALG_NOT_ALLOWED, ISSUER, "agentauthctl issuer set %i --algorithm ALG, that of the token"},
    {AA_ALG_NOT_ALLOWED, ANY, "have the agent sign with the algorithm of its key, as agentauth assert does"},
    {AA_ALG_OFF, ISSUER, "have %i sign with an algorithm that agentauthctl doctor does not call off"},
    {AA_ALG_OFF, ANY,
     "agentauthctl rotate %a --key KEY, the line that agentauth keygen --alg ES256 prints there"},
    {AA_REPLAYED, ANY, "have the agent present a new one: each opens one login"},
    {AA_REPLAY_UNAVAILABLE, ANY,
     "have the agent present one that was issued since this host began; agentauthctl doctor says whether "
     "a clock that was wrong keeps them all out"},
    {AA_REPLAY_FULL, ANY,
     "agentauthctl doctor says what /run has left; agentauthctl session reap takes out the marks that are "
     "over"},
    {AA_NONCE_REQUIRED, ANY, "have the agent answer the prompt with agentauth ssh, which signs its nonce"},
    {AA_NONCE_MISMATCH, ANY, "have the agent answer the prompt with agentauth ssh, which signs its nonce"},
    {AA_PROOF_REQUIRED, ANY, "have the agent log in with the SSH key that the token is bound to as well"},
    {AA_WRONG_TYPE, ANY, "have an access token issued, and no ID token or other kind"},
    {AA_MALFORMED, ANY, "have the agent make a new one: agentauth ssh or agentauth token do"},
    {AA_OVERSIZE, ANY, "have a smaller one made, with fewer claims"},
    {AA_TRUNCATED, ANY, "have the agent log in with agentauth ssh, which answers in parts"},
    {AA_BAD_SIGNATURE, ANY, "have the agent sign with the key that %a has here: agentauthctl show %a"},
    {AA_NO_SESSION, ANY, "have %a log in: its sudo works inside that login alone"},
    {AA_SESSION_EXPIRED, ANY, "have %a log in anew"},
    {AA_REGISTRY_UNAVAILABLE, ANY, "agentauthctl doctor says what is wrong with it"},
    {AA_AUDIT_UNAVAILABLE, ANY, "agentauthctl doctor says what is wrong with the log"},
    {AA_INTERNAL, ANY, "the system's log of that time says what failed"},
    {AA_APPROVAL_DENIED, ANY, "the line has the person in by, and the person's words in why"},
    {AA_APPROVAL_UNAVAILABLE, ANY, "agentauthctl doctor says how sudo loads it again"},
    {AA_APPROVAL_TIMEOUT, ANY,
     "have the agent run it again while an approver looks: agentauthctl approval list --watch"},
    {AA_SUDO_DENIED, ANY, "the line has sudo's words in why"},
    {AA_SUDO_FAILED, ANY, "the line has sudo's words in why"},
    {AA_SESSION_NARROWED, ANY, "have %a log in with all of its roles"},
    {AA_GROUP_DENIED, ANY,
     "find / -xdev -perm -2000 -group agent-%r finds the files that give the group away"},
};

static bool is_met(enum needs needs, const struct cure_facts *f)
{
	switch (needs) {
	case ROLE:
		return f->role != NULL;
	case ISSUER:
		return f->issuer != NULL;
	case USER:
		return f->user != NULL;
	case LOCAL_USER:
		return f->local_user != NULL;
	default:
		return true;
	}
}

/* A person pastes the line into a root shell, and strangers have chosen some of what is known: sshd's names of addresses,
 * what tokens say. What is not plain is named by a word instead. */
static bool is_address(const char *text)
{
	char why[256];

	return check_network(text, why, sizeof(why));
}

static bool is_service(const char *text)
{
	return *text && !text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_")];
}

static bool is_word(const char *text)
{
	return *text && *text != '-' &&
	       !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.@/:+")];
}

static const char *safe(const char *text, bool (*is_safe)(const char *text), const char *otherwise)
{
	return text && is_safe(text) ? text : otherwise;
}

static const char *fact(char letter, const struct cure_facts *f)
{
	switch (letter) {
	case 'a':
		return safe(f->agent, is_word, "NAME");
	case 'f':
		return safe(f->from, is_address, "CIDR, the network that it comes from");
	case 's':
		return safe(f->service, is_service, "that it asks for");
	case 'r':
		return safe(f->role, is_word, "ROLE");
	case 'i':
		return safe(f->issuer, is_word, "ISSUER");
	case 'c':
		return safe(f->claim, is_word, "it");
	case 'l':
		return safe(f->local_user, is_word, "USER");
	default:
		return safe(f->user, is_word, "USER, as the token names the person");
	}
}

char *cure_text(enum aa_reason reason, const struct cure_facts *facts)
{
	const char *text = NULL, *percent;
	struct buffer b = {0};

	for (size_t i = 0; i < sizeof(cures) / sizeof(cures[0]) && !text; i++)
		if (cures[i].reason == reason && is_met(cures[i].needs, facts))
			text = cures[i].text;
	if (!text)
		return NULL;
	while ((percent = strchr(text, '%'))) {
		buffer_add(&b, text, (size_t)(percent - text));
		buffer_puts(&b, fact(percent[1], facts));
		text = percent + 2;
	}
	buffer_puts(&b, text);
	return buffer_take(&b);
}
