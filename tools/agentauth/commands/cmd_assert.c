/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_assert.c: agentauth assert, which prints a signed assertion. */
#include "config.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/jose/key_private.h"
#include "tools/agentauth/commands/commands.h"
#include "tools/agentauth/commands/key_options.h"
#include "tools/agentauth/credential/assertion.h"
#include "tools/agentauth/local/key_source.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/agentauth/local/profile.h"
#include "tools/cli/print.h"
#include "tools/cli/say.h"

static const struct option_spec options[] = {
    {"agent", "NAME", "the agent's account (needed)", 0, NULL},
    {"audience", "AUDIENCE", "the audience, such as ssh://web01.example.com (needed)", 0, NULL},
    {"key", "KEY", "a file, agent:SHA256:…, pkcs11:… or handle:…; default ~/.config/agentauth/key.pem", 0,
     NULL},
    {"ttl", "SECONDS", "the life of the assertion, 1 to 3600; default 60", 0, NULL},
    {"nonce", "NONCE", "the nonce of a host's prompt", 0, NULL},
    {"scope", "ROLES", "ask for these roles only, spaces between them", 0, NULL},
    {"task", "TEXT", "the purpose of the login, for the host's log; at most 128 bytes", 0, NULL},
    {"kid", "ID", "the key's id; default its RFC 7638 thumbprint", 0, NULL},
    {"alg", "ALG", "the algorithm, where the key has several", 0, NULL},
    {"passphrase-file", "FILE", "holds the key's passphrase or PIN in its first line", 0, NULL},
    {"passphrase-env", "NAME", "the environment variable that holds the passphrase", 0, NULL},
    {"json", NULL, "print the token and its end of life as JSON", 0, NULL},
    {0},
};

struct request {
	struct assertion assertion;
	struct key_source key;
	bool json;
};

/* Returns false with the reason said. */
static bool read_options(const struct arguments *a, struct request *ret)
{
	const char *ttl = arguments_value(a, "ttl");

	*ret = (struct request){
	    .assertion = {.agent = arguments_value(a, "agent"),
			  .audience = arguments_value(a, "audience"),
			  .nonce = arguments_value(a, "nonce"),
			  .scope = arguments_value(a, "scope"),
			  .task = arguments_value(a, "task"),
			  .kid = arguments_value(a, "kid"),
			  .ttl = ASSERTION_TTL_DEFAULT},
	    .json = a->json,
	};
	if (!key_options_alg(a, &ret->assertion.alg) || !key_options_source(a, "key", &ret->key))
		return false;
	if (ttl && !arguments_number(ttl, 1, ASSERTION_TTL_MAX, &ret->assertion.ttl))
		(void)say_usage("--ttl is a number of seconds from 1 to %d", ASSERTION_TTL_MAX);
	else if (!ret->assertion.agent)
		(void)say_usage("--agent is missing: whose assertion is it?");
	else if (!ret->assertion.audience)
		(void)say_usage("--audience is missing: whom is it for? For a host it is ssh://HOST");
	else
		return true;
	return false;
}

static int print(const struct request *request, const char *token, int64_t now)
{
	if (request->json)
		return print_json(json_pack("{s:s, s:I}", "token", token, "expires",
					    (json_int_t)(now + request->assertion.ttl)));
	print_token(token);
	return 0;
}

static int run(struct ctl *ctl, const struct arguments *a)
{
	struct aa_private_key *key;
	struct request request;
	int64_t now = time(NULL);
	int status = PROGRAM_FAILED;
	char *token;

	(void)ctl;
	if (!read_options(a, &request))
		return PROGRAM_USAGE;
	key = key_load(&request.key);
	if (!key)
		return PROGRAM_FAILED;
	token = assertion_sign(&request.assertion, key, now);
	if (token)
		status = print(&request, token, now);
	own_wipe(token);
	aa_private_key_free(key);
	return status;
}

const struct command command_assert = {
    .name = "assert",
    .summary = "sign an assertion (RFC 7523) with the agent's key",
    .about = "The token goes to standard output, with a newline only if that is a terminal.",
    .run = run,
    .options = options,
};
