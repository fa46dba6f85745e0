/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_profile.c: agentauth profile: writing a first profile, and seeing what the profiles are. */
#include "config.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "tools/agentauth/commands/commands.h"
#include "tools/agentauth/commands/profile_add.h"
#include "tools/agentauth/commands/ssh_check.h"
#include "tools/agentauth/local/profile.h"
#include "tools/cli/alloc.h"
#include "tools/cli/print.h"
#include "tools/cli/say.h"
#include "tools/cli/table.h"

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

static const struct table_column columns[] = {
    {"PROFILE", 0}, {"AGENT", 0}, {"ANSWERS WITH", 0}, {"HOSTS", 0}, {NULL, 0}};

static void add_row(struct table *table, const struct profile *p)
{
	struct buffer hosts = {0};

	for (size_t i = 0; i < p->hosts.n; i++)
		buffer_printf(&hosts, "%s%s", i ? " " : "", p->hosts.v[i]);
	table_add(table, p->name);
	table_add(table, p->agent);
	table_add(table, answers_with(p));
	table_add(table, hosts.len ? hosts.data : "-");
	buffer_free(&hosts);
}

static int list(const struct arguments *a, const struct profiles *all)
{
	struct table table = {.columns = columns};
	json_t *array = json_array();

	for (size_t i = 0; i < profiles_count(all); i++) {
		json_array_append_new(array, as_json(profiles_at(all, i)));
		add_row(&table, profiles_at(all, i));
	}
	if (!a->json)
		table_print(&table);
	table_free(&table);
	if (a->json)
		return print_json(array);
	json_decref(array);
	return PROGRAM_DONE;
}

static int show(const struct arguments *a, const struct profiles *all)
{
	const struct profile *p = profiles_find(all, a->words[0]);

	return p ? print_json(as_json(p)) : 1;
}

static int check(const struct arguments *a, const struct profiles *all)
{
	const char *only = a->n_words ? a->words[0] : NULL;
	int status = 0;

	if (only && !profiles_find(all, only))
		return 1;
	for (size_t i = 0; i < profiles_count(all); i++) {
		const struct profile *p = profiles_at(all, i);

		if (only && strcmp(only, p->name) != 0)
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

/* ---- the commands --------------------------------------------------------------------- */

#define CONFIG_OPTION \
	{ \
		"config", "FILE", "the profiles; default $AGENTAUTH_CONFIG or ~/.config/agentauth/config", \
		    0, NULL \
	}

static int with_profiles(const struct arguments *a,
			 int (*action)(const struct arguments *, const struct profiles *))
{
	struct profiles *all = profiles_load(arguments_value(a, "config"));
	int status = all ? action(a, all) : PROGRAM_FAILED;

	profiles_free(all);
	return status;
}

static const struct option_spec add_options[] = {
    [OPT_AGENT] = {"agent", "NAME", "the agent's account; also as NAME@HOST", 0, NULL},
    [OPT_NAME] = {"name", "PROFILE", "the profile's name; default the host's", 0, NULL},
    [OPT_AUDIENCE] = {"audience", "A", "what the host asks a credential for; default ssh://HOST", 0, NULL},
    [OPT_KEY] = {"key", "F",
		 "a file, agent:SHA256:…, pkcs11:… or handle:…; default ~/.config/agentauth/key.pem", 0,
		 NULL},
    [OPT_PASS_FILE] = {"passphrase-file", "F", "holds the key's passphrase or PIN in its first line", 0,
		       NULL},
    [OPT_ISSUER] = {"issuer", "URL", "answer with a token of this identity provider", 0, NULL},
    [OPT_CLIENT_ID] = {"client-id", "ID", "the provider's name of the agent; default the agent's", 0, NULL},
    [OPT_SECRET_FILE] = {"client-secret-file", "F", "the client's secret for the provider", 0, NULL},
    [OPT_TOKEN_FILE] = {"token-file", "F", "answer with the token in this file", 0, NULL},
    [OPT_TOKEN_ENV] = {"token-env", "V", "answer with the token in this variable", 0, NULL},
    [OPT_SCOPE] = {"scope", "S", "ask for these roles only, spaces between them", 0, NULL},
    CONFIG_OPTION,
    {"dry-run", NULL, "print the profile, and write nothing", 0, NULL},
    {0},
};

static int run_add(struct ctl *ctl, const struct arguments *a)
{
	struct profile_request request = {.operand = a->n_words ? a->words[0] : NULL,
					  .config = arguments_value(a, "config"),
					  .dry_run = arguments_have(a, "dry-run")};

	(void)ctl;
	if (!request.operand)
		return say_usage("which host? agentauth profile add NAME@HOST");
	for (size_t i = 0; i < N_TEXTS; i++)
		request.texts[i] = arguments_value(a, add_options[i].name);
	return profile_add(&request);
}

static const struct command profile_add_command = {
    .name = "add",
    .words = "NAME@HOST",
    .max_words = 1,
    .summary = "write a profile for this agent at this host",
    .about = "It answers with an assertion of the key, with --issuer with a token of a provider, with "
	     "--token-file\n"
	     "or --token-env with one that is there already.",
    .options = add_options,
    .run = run_add,
};

static int run_list(struct ctl *ctl, const struct arguments *a)
{
	(void)ctl;
	return with_profiles(a, list);
}

static const struct command profile_list_command = {
    .name = "list",
    .summary = "one line for each profile",
    .options = (const struct option_spec[]){CONFIG_OPTION, {"json", NULL, "as JSON", 0, NULL}, {0}},
    .run = run_list,
};

static int run_show(struct ctl *ctl, const struct arguments *a)
{
	(void)ctl;
	return a->n_words ? with_profiles(a, show) : say_usage("which profile?");
}

static const struct command profile_show_command = {
    .name = "show",
    .words = "PROFILE",
    .max_words = 1,
    .summary = "one profile, as JSON",
    .options = (const struct option_spec[]){CONFIG_OPTION,
					    {"json", NULL, "what is wrong as JSON, too", 0, NULL},
					    {0}},
    .run = run_show,
};

static int run_check(struct ctl *ctl, const struct arguments *a)
{
	(void)ctl;
	return with_profiles(a, check);
}

static const struct command profile_check_command = {
    .name = "check",
    .words = "[PROFILE]",
    .max_words = 1,
    .summary = "look at key, secret, token and clock, as ssh does before it connects",
    .options = (const struct option_spec[]){CONFIG_OPTION, {0}},
    .run = run_check,
};

const struct command command_profile = {
    .name = "profile",
    .summary = "write, list and check the profiles: which host may have which credential",
    .sub = (const struct command *const[]){&profile_add_command, &profile_list_command, &profile_show_command,
					   &profile_check_command, NULL},
};
