/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_assert.c: agentauth assert: a signed assertion on standard output. */
#include "config.h"

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/jose/key_private.h"
#include "tools/agentauth/commands/commands.h"
#include "tools/agentauth/credential/assertion.h"
#include "tools/agentauth/local/key_source.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/agentauth/local/profile.h"
#include "tools/cli/print.h"
#include "tools/cli/say.h"

enum {
	OPT_AGENT,
	OPT_AUDIENCE,
	OPT_KEY,
	OPT_TTL,
	OPT_NONCE,
	OPT_SCOPE,
	OPT_TASK,
	OPT_KID,
	OPT_ALG,
	OPT_PASS_FILE,
	OPT_PASS_ENV,
	OPT_JSON
};

static const struct cmdline_option options[] = {
    [OPT_AGENT] = {"agent", "NAME", "the agent's account (needed)"},
    [OPT_AUDIENCE] = {"audience", "AUDIENCE", "who it is for, such as ssh://web01.example.com (needed)"},
    [OPT_KEY] = {"key", "KEY",
		 "a file, agent:SHA256:…, pkcs11:… or handle:…; default ~/.config/agentauth/key.pem"},
    [OPT_TTL] = {"ttl", "SECONDS", "how long it is valid, 1 to 3600; default 60"},
    [OPT_NONCE] = {"nonce", "NONCE", "the nonce of a host's prompt"},
    [OPT_SCOPE] = {"scope", "ROLES", "ask for these roles only, spaces between them"},
    [OPT_TASK] = {"task", "TEXT", "what it is for, for the host's log; at most 128 bytes"},
    [OPT_KID] = {"kid", "ID", "the key's id; default its RFC 7638 thumbprint"},
    [OPT_ALG] = {"alg", "ALG", "the algorithm, where the key has several"},
    [OPT_PASS_FILE] = {"passphrase-file", "FILE", "holds the key's passphrase or PIN in its first line"},
    [OPT_PASS_ENV] = {"passphrase-env", "NAME", "the environment variable that holds the passphrase"},
    [OPT_JSON] = {"json", NULL, "print the token and its end of life as JSON"},
    {NULL, NULL, NULL},
};

struct request {
	struct assertion assertion;
	struct key_source key;
	bool json;
};

/* What stands in the table beside its option. */
static bool take_text(int opt, struct request *ret)
{
	const char **const places[] = {
	    [OPT_AGENT] = &ret->assertion.agent,
	    [OPT_AUDIENCE] = &ret->assertion.audience,
	    [OPT_KEY] = &ret->key.name,
	    [OPT_NONCE] = &ret->assertion.nonce,
	    [OPT_SCOPE] = &ret->assertion.scope,
	    [OPT_TASK] = &ret->assertion.task,
	    [OPT_KID] = &ret->assertion.kid,
	    [OPT_PASS_FILE] = &ret->key.passphrase.file,
	    [OPT_PASS_ENV] = &ret->key.passphrase.env,
	};

	if ((size_t)opt >= sizeof(places) / sizeof(places[0]) || !places[opt])
		return false;
	*places[opt] = optarg;
	return true;
}

static bool take_option(int opt, struct request *ret)
{
	if (take_text(opt, ret))
		return true;
	if (opt == OPT_JSON) {
		ret->json = true;
		return true;
	}
	if (opt == OPT_TTL) {
		if (cmdline_number(optarg, 1, ASSERTION_TTL_MAX, &ret->assertion.ttl))
			return true;
		(void)say_usage("--ttl is a number of seconds from 1 to %d", ASSERTION_TTL_MAX);
		return false;
	}
	ret->assertion.alg = aa_alg_from_name(optarg);
	if (ret->assertion.alg == AA_ALG_INVALID)
		(void)say_usage("\"%s\" is not an algorithm that a host accepts", optarg);
	return ret->assertion.alg != AA_ALG_INVALID;
}

static int read_options(const struct command *self, int argc, char **argv, struct request *ret)
{
	int opt;

	while ((opt = cmdline_next(self, argc, argv)) >= 0)
		if (!take_option(opt, ret))
			return CMDLINE_WRONG;
	if (opt != CMDLINE_END)
		return opt;
	if (!cmdline_no_operands(argc, argv))
		return CMDLINE_WRONG;
	if (!ret->assertion.agent)
		(void)say_usage("--agent is missing: whose assertion is it?");
	else if (!ret->assertion.audience)
		(void)say_usage("--audience is missing: whom is it for? For a host it is ssh://HOST");
	else if (ret->key.passphrase.file && ret->key.passphrase.env)
		(void)say_usage("--passphrase-file and --passphrase-env: one of them is enough");
	else
		return opt;
	return CMDLINE_WRONG;
}

static int print(const struct request *request, const char *token, int64_t now)
{
	if (request->json)
		return print_json(json_pack("{s:s, s:I}", "token", token, "expires",
					    (json_int_t)(now + request->assertion.ttl)));
	print_token(token);
	return 0;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct request request = {.assertion.ttl = ASSERTION_TTL_DEFAULT};
	int end = read_options(self, argc, argv, &request), status = 1;
	int64_t now = time(NULL);
	struct aa_private_key *key;
	char *token;

	if (end != CMDLINE_END)
		return cmdline_status(end);
	key = key_load(&request.key);
	if (!key)
		return 1;
	token = assertion_sign(&request.assertion, key, now);
	if (token)
		status = print(&request, token, now);
	own_wipe(token);
	aa_private_key_free(key);
	return status;
}

const struct command command_assert = {
    .name = "assert",
    .operands = "",
    .summary = "Sign an assertion (RFC 7523) with the agent's key",
    .details = "The token goes to standard output, with a newline only if that is a terminal.\n",
    .run = run,
    .options = options,
};
