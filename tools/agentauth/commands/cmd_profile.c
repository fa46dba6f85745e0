/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_profile.c: agentauth profile, which lists, shows and checks the profiles. */
#include "config.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "tools/agentauth/commands/commands.h"
#include "tools/agentauth/commands/profile_add.h"
#include "tools/agentauth/commands/ssh_check.h"
#include "tools/agentauth/local/profile.h"
#include "tools/agentauth/local/profiles.h"
#include "tools/cli/alloc.h"
#include "tools/cli/print.h"
#include "tools/cli/say.h"
#include "tools/cli/table.h"

/* ---- list, show, check ------------------------------------------------------------ */

static const char *answers_with(const struct profile *p)
{
	if (profile_has_ready_token(p))
		return "a token that the platform gives";
	return profile_uses_token(p) ? "a token of an identity provider" : "an assertion";
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

static int with_profiles(const struct arguments *a,
			 int (*action)(const struct arguments *, const struct profiles *))
{
	struct profiles *all = profiles_load(arguments_value(a, "config"));
	int status = all ? action(a, all) : PROGRAM_FAILED;

	profiles_free(all);
	return status;
}

static int run_list(struct ctl *ctl, const struct arguments *a)
{
	(void)ctl;
	return with_profiles(a, list);
}

static const struct command profile_list_command = {
    .name = "list",
    .summary = "one line for each profile",
    .options = (const struct option_spec[]){PROFILE_CONFIG_OPTION, {"json", NULL, "as JSON", 0, NULL}, {0}},
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
    .options = (const struct option_spec[]){PROFILE_CONFIG_OPTION,
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
    .options = (const struct option_spec[]){PROFILE_CONFIG_OPTION, {0}},
    .run = run_check,
};

const struct command command_profile = {
    .name = "profile",
    .summary = "write, list and check the profiles: which host may have which credential",
    .sub = (const struct command *const[]){&command_profile_add, &profile_list_command, &profile_show_command,
					   &profile_check_command, NULL},
};
