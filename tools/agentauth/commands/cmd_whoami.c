/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_whoami.c: agentauth whoami, which shows the account and what the login said of itself. */
#include "config.h"

#include <jansson.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/text/shown.h"
#include "tools/agentauth/commands/commands.h"
#include "tools/cli/print.h"
#include "tools/cli/say.h"

static const struct option_spec options[] = {
    {"json", NULL, "print it as JSON", 0, NULL},
    {0},
};

static const struct {
	const char *variable, *label, *member;
} facts[] = {
    {"AGENTAUTH_AGENT", "agent", "agent"},
    {"AGENTAUTH_SESSION", "session", "session"},
    {"AGENTAUTH_ROLES", "roles", "roles"},
    {"AGENTAUTH_ISSUER", "issuer", "issuer"},
    {"AGENTAUTH_ON_BEHALF_OF", "on behalf of", "on_behalf_of"},
    {"AGENTAUTH_TASK", "task", "task"},
    {"AGENTAUTH_EXPIRES", "expires", "expires"},
};
#define N_FACTS (sizeof(facts) / sizeof(facts[0]))

static void print_safely(const char *text)
{
	struct aa_shown shown = {.at = text};
	char one[AA_SHOWN_MAX];
	bool escaped;
	size_t n;

	while ((n = aa_shown_next(&shown, one, &escaped)) > 0)
		(void)fwrite(one, 1, n, stdout);
}

static int print_text(const char *name)
{
	size_t n = 0;

	printf("%-14s%s (uid %u)\n", "account", name ? name : "without a name", getuid());
	for (size_t i = 0; i < N_FACTS; i++) {
		const char *value = getenv(facts[i].variable);

		if (!value)
			continue;
		printf("%-14s", facts[i].label);
		print_safely(value);
		putchar('\n');
		n++;
	}
	if (n)
		puts("\nAll but the account comes from this process's environment, which its parent may have "
		     "changed:\nit informs, and proves nothing.");
	else
		puts("\nNo variable AGENTAUTH_* is set: this is no login of an agent, or its environment was "
		     "cleared.");
	return 0;
}

static int print_as_json(const char *name)
{
	json_t *json =
	    json_pack("{s:I, s:s?, s:{}}", "uid", (json_int_t)getuid(), "account", name, "environment");
	json_t *environment = json_object_get(json, "environment");

	for (size_t i = 0; i < N_FACTS; i++) {
		const char *value = getenv(facts[i].variable);

		if (value)
			(void)json_object_set_new(environment, facts[i].member, json_string(value));
	}
	return print_json(json);
}

static int run(struct ctl *ctl, const struct arguments *a)
{
	const struct passwd *pw = getpwuid(getuid());
	const char *name = pw ? pw->pw_name : NULL;

	(void)ctl;
	return a->json ? print_as_json(name) : print_text(name);
}

const struct command command_whoami = {
    .name = "whoami",
    .summary = "show the account and what this login said of itself",
    .about = "What AGENTAUTH_* variables say informs; it proves nothing.",
    .run = run,
    .options = options,
};
