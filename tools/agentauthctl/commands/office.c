/* SPDX-License-Identifier: Apache-2.0 */
/* office.c holds the table of what each office may do, see office.h. What is not in the table is root's alone: a command,
 * an option of a command, a file that root would open in the caller's place. */
#include "config.h"

#include "tools/agentauthctl/commands/office.h"

#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/verify/claims.h"
#include "tools/agentauthctl/commands/caller.h"
#include "tools/agentauthctl/commands/given_file.h"

enum { REGISTRAR = 1, OPERATOR = 2, APPROVER = 4, AUDITOR = 8, EVERY = 15 };

struct office {
	unsigned bit;
	const char *name, *article, *group;
};

static const struct office offices[] = {
    {AUDITOR, "auditor", "an", "agentauth-auditors"},
    {APPROVER, "approver", "an", "agentauth-approvers"},
    {OPERATOR, "operator", "an", "agentauth-operators"},
    {REGISTRAR, "registrar", "a", "agentauth-registrars"},
};
#define N_OFFICES (sizeof(offices) / sizeof(offices[0]))

/* These options of every command say nothing that root's rights would be lent to. */
#define HARMLESS "json dry-run"
#define RECORDS "agent uid user event result reason service session issuer jti kid command"
#define SETTINGS \
	"description owner expires role key kid key-expires bind subject source max-sessions " \
	"mixed-sessions user " \
	"local-user"

/* A command with some of these options. A command has a row for each of its uses that differ in who may do it. */
static const struct permit {
	const char *command, *options; /* options with blanks between them */
	unsigned offices;
	const char *only_with; /* an option without which the command would change something; NULL: none */
} permits[] = {
    {"list", "all wide role owner state expiring unused key-older sort", EVERY, NULL},
    {"show", "at", EVERY, NULL},
    {"explain", "service from scope user credential nonce ssh-key session command runas at last", EVERY,
     NULL},
    {"diff", "", EVERY, NULL},
    {"check", "", EVERY, NULL},
    {"generations", "", EVERY, NULL},
    {"role show", "", EVERY, NULL},
    {"role list", "", EVERY, NULL},
    {"issuer list", "", EVERY, NULL},
    {"session list", "watch", EVERY, NULL},
    {"approval list", "watch", EVERY, NULL},
    {"revoke", "list", EVERY, "list"},
    {"elevate", "list", EVERY, "list"},
    {"restore", "list", EVERY, "list"},
    {"doctor", "", EVERY, NULL},
    {"audit show", RECORDS " since until at by-session programs why raw", EVERY, NULL},
    {"audit tail", RECORDS " why lines follow", EVERY, NULL},
    {"audit report", "since until agent html", EVERY, NULL},
    {"audit verify", "programs back-to", EVERY, NULL},
    {"audit export", RECORDS " since until ocsf ecs programs follow", EVERY, NULL},
    {"approval approve", "why for", APPROVER, NULL},
    {"approval deny", "why", APPROVER, NULL},
    {"suspend", "role owner why kill", OPERATOR, NULL},
    {"resume", "role owner", OPERATOR, NULL},
    {"session kill", "agent", OPERATOR, NULL},
    {"revoke", "jti issuer kid agent before why undo anyway", OPERATOR, NULL},
    {"register", SETTINGS, REGISTRAR, NULL},
    {"set", SETTINGS " no-role no-key no-bind no-source no-user no-local-user roles sources", REGISTRAR,
     NULL},
    {"rotate", "key kid key-expires grace undo", REGISTRAR, NULL},
    {"retire", "", REGISTRAR, NULL},
    {"restore", "no-role no-bind no-key expires", REGISTRAR, NULL},
    {"elevate", "role for why end", REGISTRAR, NULL},
};
#define N_PERMITS (sizeof(permits) / sizeof(permits[0]))

static const struct office *office_named(const char *name)
{
	for (size_t i = 0; i < N_OFFICES; i++)
		if (strcmp(offices[i].name, name) == 0)
			return &offices[i];
	return NULL;
}

const char *office_name(const struct office *office)
{
	return office->name;
}

const struct office *office_take(int *argc, char ***argv)
{
	const struct office *office = NULL;

	if (*argc > 3 && strcmp((*argv)[1], "as") == 0 && (*argv)[3][0] != '-')
		office = office_named((*argv)[2]);
	if (office) {
		*argc -= 2;
		*argv += 2;
	}
	return office;
}

/* ---- who may do what ------------------------------------------------------- */

/* Returns the first option that the row has not, or NULL. */
static const char *option_beyond(const struct permit *permit, const struct arguments *a)
{
	for (size_t i = 0; i < a->n_given; i++) {
		const char *name = a->given[i].option->name;

		if (!aa_claims_word_in(permit->options, name) && !aa_claims_word_in(HARMLESS, name))
			return name;
	}
	return NULL;
}

static bool is_of(const struct permit *permit, const char *command, const struct arguments *a)
{
	return strcmp(permit->command, command) == 0 &&
	       (!permit->only_with || arguments_have(a, permit->only_with));
}

/* Returns the offices that may do this with all its options; *ret_beyond is an option that `office` may not say. */
static unsigned may_do(const struct office *office, const char *command, const struct arguments *a,
		       const char **ret_beyond)
{
	unsigned may = 0;

	*ret_beyond = NULL;
	for (size_t i = 0; i < N_PERMITS; i++) {
		const char *beyond;

		if (!is_of(&permits[i], command, a))
			continue;
		beyond = option_beyond(&permits[i], a);
		if (!beyond)
			may |= permits[i].offices;
		else if (permits[i].offices & office->bit)
			*ret_beyond = beyond;
	}
	return may;
}

static enum ctl_status not_this_office(struct ctl *ctl, const char *command, const char *option,
				       unsigned others)
{
	struct buffer whose = {0};

	for (size_t i = 0; i < N_OFFICES; i++)
		if (others & offices[i].bit)
			buffer_printf(&whose, "%s %s's or ", offices[i].article, offices[i].name);
	(void)ctl_fail(ctl, "%s%s%s is no %s's to do, but %sroot's; agentauthctl as %s lists what is",
		       command, option ? " with --" : "", option ? option : "", ctl->office->name,
		       whose.len ? whose.data : "", ctl->office->name);
	buffer_free(&whose);
	return CTL_FAILED;
}

/* Root opens no file that somebody else names: the caller's shell does, with the caller's rights. */
static enum ctl_status names_no_file(struct ctl *ctl, const struct arguments *a)
{
	for (size_t i = 0; i < a->n_given; i++) {
		const struct option_spec *option = a->given[i].option;
		bool written = strcmp(option->name, "html") == 0;

		if (option->argument && strcmp(option->argument, "FILE") == 0 &&
		    given_is_file(a->given[i].value))
			return ctl_fail(ctl,
					"--%s %s: root would open this file for you; say --%s - %cFILE, so "
					"that your shell does",
					option->name, quoted(a->given[i].value), option->name,
					written ? '>' : '<');
	}
	return CTL_DONE;
}

enum ctl_status office_check(struct ctl *ctl, const char *command, const struct arguments *arguments)
{
	const char *beyond;
	unsigned may;

	if (!ctl->office)
		return CTL_DONE;
	may = may_do(ctl->office, command, arguments, &beyond);
	if (!(may & ctl->office->bit))
		return not_this_office(ctl, command, beyond, may);
	if (caller_is_agents(ctl))
		return ctl_fail(ctl, "an agent has no office on this host: people do");
	return names_no_file(ctl, arguments);
}

static bool is_member(const struct office *office)
{
	const struct group *group = getgrnam(office->group);

	return group && group_member(group->gr_gid);
}

const char *office_instead(const char *command, const struct arguments *arguments)
{
	const char *beyond;

	for (size_t i = 0; i < N_OFFICES; i++)
		if (may_do(&offices[i], command, arguments, &beyond) & offices[i].bit &&
		    is_member(&offices[i]))
			return offices[i].name;
	return NULL;
}

/* ---- `agentauthctl as OFFICE` tells what it may ----------------------------- */

static void print_permit(const struct permit *permit)
{
	char options[256], *save, *name;

	(void)snprintf(options, sizeof(options), "%s", permit->options);
	printf("  %s", permit->command);
	for (name = strtok_r(options, " ", &save); name; name = strtok_r(NULL, " ", &save))
		printf(" --%s", name);
	putchar('\n');
}

static void tell_permits(struct ctl *ctl, const struct office *office)
{
	json_t *list = json_array();

	for (size_t i = 0; i < N_PERMITS; i++) {
		if (!(permits[i].offices & office->bit))
			continue;
		if (!ctl->json)
			print_permit(&permits[i]);
		(void)json_array_append_new(list, json_pack("{s:s, s:s}", "command", permits[i].command,
							    "options", permits[i].options));
	}
	ctl_answer(ctl, "may", list);
}

static int run_as(struct ctl *ctl, const struct arguments *arguments)
{
	const struct office *office = office_named(arguments->words[0]);

	if (!office)
		return ctl_usage(ctl,
				 "there is no office %s; there are: auditor, approver, operator, registrar",
				 quoted(arguments->words[0]));
	if (arguments->n_words > 1 && strcmp(arguments->words[1], "--help") != 0)
		return ctl_usage(ctl,
				 "the command stands right behind the office, and its options behind it");
	if (!ctl->json)
		printf("Members of the group %s may do this, by sudo agentauth-%s COMMAND:\n", office->group,
		       office->name);
	ctl_answer(ctl, "group", json_string(office->group));
	tell_permits(ctl, office);
	return CTL_DONE;
}

const struct command cmd_as = {
    .name = "as",
    .words = "OFFICE [COMMAND]",
    .min_words = 1,
    .max_words = 2,
    .rest = true,
    .summary = "do no more than an auditor, approver, operator or registrar may",
    .about = "Members of the groups agentauth-auditors, agentauth-approvers, agentauth-operators and\n"
	     "agentauth-registrars do this by sudo agentauth-auditor, agentauth-approver and so on, without\n"
	     "root's password. Without a COMMAND it lists what the office may do.",
    .values = " auditor approver operator registrar",
    .run = run_as,
};
