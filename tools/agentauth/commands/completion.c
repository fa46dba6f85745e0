/* SPDX-License-Identifier: Apache-2.0 */
/* completion.c: agentauth --complete, for the shells. */
#include "config.h"

#include "tools/agentauth/commands/completion.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/jose/jose.h"
#include "tools/agentauth/local/profile.h"
#include "tools/cli/complete.h"

#define ENTRIES_MAX 64

static bool option_at(const void *options, size_t i, struct complete_option *ret)
{
	const struct cmdline_option *o = (const struct cmdline_option *)options + i;

	*ret = (struct complete_option){o->name, o->argument, o->help};
	return o->name != NULL;
}

/* Why the profiles cannot be read is no answer to somebody who is typing. */
static struct profiles *load_silently(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, STDERR_FILENO) < 0)
		return NULL;
	close(null);
	return profiles_load(NULL);
}

static void list_profiles(void)
{
	struct profiles *profiles = load_silently();

	for (size_t i = 0; profiles && i < profiles_count(profiles); i++)
		complete_offer(profiles_at(profiles, i)->name, profiles_at(profiles, i)->agent);
	profiles_free(profiles);
}

static void list_algorithms(void)
{
	for (int alg = AA_ALG_INVALID + 1; alg < AA_ALG_COUNT; alg++)
		complete_offer(aa_alg_name((enum aa_alg)alg), NULL);
}

static void list(const char *kind)
{
	if (strcmp(kind, "profiles") == 0)
		list_profiles();
	else if (strcmp(kind, "algorithms") == 0)
		list_algorithms();
}

static const struct complete_value values[] = {
    {"profile add", "--name", " "},
    {NULL, "--profile", "profiles"},
    {NULL, "PROFILE", "profiles"},
    {NULL, "ALG", "algorithms"},
    {NULL, "FILE", ":files"},
    {NULL, "F", ":files"},
    {NULL, "KEY", ":files"},
    {NULL, "V", ":variables"},
    {NULL, "--passphrase-env", ":variables"},
    {"ssh", "ARGUMENT", ":hosts"},
    {NULL, "NAME@HOST", ":hosts"},
    {"run", "NAME", ":users"},
    {"run", "COMMAND", ":commands"},
    {0},
};

/* ---- the table, flat ------------------------------------------------------------- */

/* An operand that is written "add NAME@HOST | list" stands for commands of its own. */
static size_t add_actions(const struct command *command, struct complete_command *ret, size_t most)
{
	char *operands = strdup(command->operands), *save, *path, *words;
	size_t n = 1;

	*ret = (struct complete_command){
	    .path = strdup(command->name),
	    .words = strdup(""),
	    .summary = command->summary,
	    .options = command->options,
	};
	for (char *one = strtok_r(operands, "|", &save); one && n < most; one = strtok_r(NULL, "|", &save)) {
		one += strspn(one, " ");
		words = one + strcspn(one, " ");
		if (asprintf(&path, "%s %.*s", command->name, (int)(words - one), one) < 0)
			break;
		ret[n++] = (struct complete_command){
		    .path = path, .words = strdup(words), .summary = NULL, .options = command->options};
	}
	free(operands);
	return n;
}

static size_t add_command(const struct command *command, struct complete_command *ret, size_t most)
{
	if (strchr(command->operands, '|'))
		return add_actions(command, ret, most);
	*ret = (struct complete_command){
	    .path = strdup(command->name),
	    .words = strdup(command->operands),
	    .summary = command->summary,
	    .options = command->options,
	};
	return 1;
}

void completion(const struct command *const *commands, size_t n_commands, int n, char **words)
{
	struct complete_command table[ENTRIES_MAX] = {{.path = strdup("help"), .words = strdup("")}};
	struct complete_program program = {
	    .commands = table,
	    .n_commands = 1,
	    .option = option_at,
	    .values = values,
	    .list = list,
	};

	table[0].summary = "Show the help of a command";
	for (size_t i = 0; i < n_commands; i++)
		program.n_commands +=
		    add_command(commands[i], table + program.n_commands, ENTRIES_MAX - program.n_commands);
	complete(&program, n, words);
	for (size_t i = 0; i < program.n_commands; i++) {
		free((char *)(uintptr_t)table[i].path);
		free((char *)(uintptr_t)table[i].words);
	}
}
