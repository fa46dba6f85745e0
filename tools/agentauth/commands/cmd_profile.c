/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_profile.c: agentauth profile: writing a first profile, and seeing what the profiles are. */
#include "config.h"

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "tools/agentauth/commands/commands.h"
#include "tools/agentauth/commands/profile_add.h"
#include "tools/agentauth/commands/ssh_check.h"
#include "tools/agentauth/local/profile.h"
#include "tools/cli/guess.h"
#include "tools/cli/print.h"
#include "tools/cli/say.h"

static const struct cmdline_option options[] = {
    [OPT_AGENT] = {"agent", "NAME", "add: the agent's account; also as NAME@HOST"},
    [OPT_NAME] = {"name", "PROFILE", "add: the profile's name; default the host's"},
    [OPT_AUDIENCE] = {"audience", "A", "add: what the host asks a credential for; default ssh://HOST"},
    [OPT_KEY] = {"key", "F",
		 "add: a file, agent:SHA256:…, pkcs11:… or handle:…; default ~/.config/agentauth/key.pem"},
    [OPT_PASS_FILE] = {"passphrase-file", "F", "add: holds the key's passphrase or PIN in its first line"},
    [OPT_ISSUER] = {"issuer", "URL", "add: answer with a token of this identity provider"},
    [OPT_CLIENT_ID] = {"client-id", "ID", "add: the provider's name of the agent; default the agent's"},
    [OPT_SECRET_FILE] = {"client-secret-file", "F", "add: the client's secret for the provider"},
    [OPT_TOKEN_FILE] = {"token-file", "F", "add: answer with the token in this file"},
    [OPT_TOKEN_ENV] = {"token-env", "V", "add: answer with the token in this variable"},
    [OPT_SCOPE] = {"scope", "S", "add: ask for these roles only, spaces between them"},
    [OPT_CONFIG] = {"config", "FILE",
		    "the profiles; default $AGENTAUTH_CONFIG or ~/.config/agentauth/config"},
    [OPT_DRY_RUN] = {"dry-run", NULL, "add: print the profile, and write nothing"},
    [OPT_JSON] = {"json", NULL, "list: as JSON"},
    {NULL, NULL, NULL},
};

/* ---- list, show, check ------------------------------------------------------------ */

static const char *answers_with(const struct profile *p)
{
	if (profile_has_ready_token(p))
		return "a token that the platform gives";
	return profile_uses_token(p) ? "a token of a provider" : "an assertion";
}

static json_t *strings(const struct aa_list *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->n; i++)
		json_array_append_new(array, json_string(list->v[i]));
	return array;
}

static json_t *as_json(const struct profile *p)
{
	return json_pack("{s:s, s:s?, s:o, s:o, s:s, s:s?, s:s?}", "profile", p->name, "agent", p->agent,
			 "hosts", strings(&p->hosts), "audiences", strings(&p->audiences), "answers_with",
			 answers_with(p), "issuer", p->issuer, "key", p->key.name);
}

static int list(const struct profile_request *r, const struct profiles *all)
{
	json_t *array = json_array();
	int width = 7;

	for (size_t i = 0; i < profiles_count(all); i++) {
		int len = (int)strlen(profiles_at(all, i)->name);

		width = len > width ? len : width;
		json_array_append_new(array, as_json(profiles_at(all, i)));
	}
	if (r->json)
		return print_json(array);
	json_decref(array);
	printf("%-*s  %-20s  %-31s  %s\n", width, "PROFILE", "AGENT", "ANSWERS WITH", "HOSTS");
	for (size_t i = 0; i < profiles_count(all); i++) {
		const struct profile *p = profiles_at(all, i);

		printf("%-*s  %-20s  %-31s  ", width, p->name, p->agent ? p->agent : "-", answers_with(p));
		for (size_t k = 0; k < p->hosts.n; k++)
			printf("%s%s", k ? " " : "", p->hosts.v[k]);
		puts(p->hosts.n ? "" : "-");
	}
	return 0;
}

static int show(const struct profile_request *r, const struct profiles *all)
{
	const struct profile *p = profiles_find(all, r->operand);

	return p ? print_json(as_json(p)) : 1;
}

static int check(const struct profile_request *r, const struct profiles *all)
{
	int status = 0;

	if (r->operand && !profiles_find(all, r->operand))
		return 1;
	for (size_t i = 0; i < profiles_count(all); i++) {
		const struct profile *p = profiles_at(all, i);

		if (r->operand && strcmp(r->operand, p->name) != 0)
			continue;
		if (ssh_check_profile(all, p)) {
			printf("%s: good\n", p->name);
		} else {
			printf("%s: cannot be used as it is\n", p->name);
			status = 1;
		}
	}
	return status;
}

/* ---- the command ---------------------------------------------------------------------- */

static int with_profiles(const struct profile_request *r,
			 int (*action)(const struct profile_request *, const struct profiles *))
{
	struct profiles *all = profiles_load(r->config);
	int status = all ? action(r, all) : 1;

	profiles_free(all);
	return status;
}

static int no_such_action(const char *word)
{
	static const char *const actions[] = {"add", "list", "show", "check"};
	struct guess guess = {.word = word};

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		guess_try(&guess, actions[i]);
	return say_usage(
	    "there is nothing that does \"%s\" to a profile%s; there are: add, list, show and check", word,
	    guess_asked(&guess, ""));
}

static int carry_out(const struct profile_request *r)
{
	bool is_add = strcmp(r->action, "add") == 0, is_show = strcmp(r->action, "show") == 0;

	if ((is_add || is_show) && !r->operand)
		return say_usage(is_add ? "which host? agentauth profile add NAME@HOST" : "which profile?");
	if (is_add)
		return profile_add(r);
	if (is_show)
		return with_profiles(r, show);
	if (strcmp(r->action, "list") == 0)
		return with_profiles(r, list);
	if (strcmp(r->action, "check") == 0)
		return with_profiles(r, check);
	return no_such_action(r->action);
}

/* Operands may stand before and between the options. */
static int read_request(const struct command *self, int argc, char **argv, struct profile_request *ret)
{
	int opt = CMDLINE_END;

	while (optind < argc || opt >= 0) {
		opt = cmdline_next(self, argc, argv);
		if (opt == CMDLINE_HELP || opt == CMDLINE_WRONG)
			return opt;
		if (opt >= 0 && opt < N_TEXTS)
			ret->texts[opt] = optarg;
		else if (opt == OPT_CONFIG)
			ret->config = optarg;
		else if (opt == OPT_DRY_RUN)
			ret->dry_run = true;
		else if (opt == OPT_JSON)
			ret->json = true;
		else if (optind < argc && !ret->action)
			ret->action = argv[optind++];
		else if (optind < argc && !ret->operand)
			ret->operand = argv[optind++];
		else if (optind < argc)
			return say_usage("there is nothing to be done with \"%s\"", argv[optind]),
			       CMDLINE_WRONG;
	}
	return CMDLINE_END;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct profile_request request = {0};
	int end = read_request(self, argc, argv, &request);

	if (end != CMDLINE_END)
		return cmdline_status(end);
	if (!request.action)
		return say_usage("what is to be done? add, list, show or check");
	return carry_out(&request);
}

const struct command command_profile = {
    .name = "profile",
    .operands = "add NAME@HOST | list | show PROFILE | check [PROFILE]",
    .summary = "Write, list and check the profiles: which host may have which credential",
    .details =
	"add    write a profile for this agent at this host: answers with an assertion of the key, with\n"
	"       --issuer with a token of a provider, with --token-file or --token-env with one that is\n"
	"       there already\n"
	"list   one line for each profile\n"
	"show   one profile, as JSON\n"
	"check  look at key, secret, token and clock, as ssh does before it connects\n",
    .run = run,
    .options = options,
};
