/* SPDX-License-Identifier: Apache-2.0 */
/* main.c: agentauthctl, the administrator's command: its table of commands, its global options, its help. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/state/monotonic.h"
#include "common/text/shown.h"
#include "tools/agentauthctl/commands/completion.h"
#include "tools/agentauthctl/commands/ctl.h"
#include "tools/agentauthctl/commands/given_file.h"
#include "tools/agentauthctl/commands/many_agents.h"
#include "tools/agentauthctl/commands/office.h"
#include "tools/cli/library_memory.h"

static const struct command *const commands[] = {
#define COMMAND(name) &cmd_##name,
#include "tools/agentauthctl/commands/commands.def"
#undef COMMAND
    NULL,
};

static const struct option_spec global_options[] = {
    {"json", NULL, "answer with one JSON object", 0, NULL},
    {"dry-run", NULL, "do everything but change something", 0, NULL},
    {"confdir", "DIR", "the configuration (" AA_CONFDIR ")", 0, NULL},
    {"statedir", "DIR",
     "the published registry (" AA_STATEDIR
     "); with another one than this host's, its sudoers and audit log are left alone",
     0, NULL},
    {"logdir", "DIR", "the audit log (" AA_LOGDIR ")", 0, NULL},
    {"rundir", "DIR", "sessions and requests (" AA_RUNDIR ")", 0, NULL},
    {"sudoers", "FILE", "the sudoers file that is made (" AA_SYSCONFDIR "/sudoers.d/agentauth)", 0, NULL},
    {"help", NULL, "show this, or the help of a command", 0, NULL},
    {"version", NULL, "show the version", 0, NULL},
    {0},
};

/* ---- running it ---------------------------------------------------------- */

static char *absolute(const char *path)
{
	char *resolved = realpath(path, NULL), *cwd, *joined;

	if (resolved || path[0] == '/')
		return resolved ? resolved : xstrdup(path);
	cwd = getcwd(NULL, 0);
	joined = xasprintf("%s/%s", cwd ? cwd : "", path);
	free(cwd);
	return joined;
}

/* A path that is this program's own to free, in the place of the one before. */
static const char *keep_path(char **slot, const char *path)
{
	char *whole = absolute(path);

	free(*slot);
	*slot = whole;
	return whole;
}

static void use_options(struct ctl *ctl, const struct arguments *a)
{
	const char *confdir = arguments_value(a, "confdir"), *statedir = arguments_value(a, "statedir");
	const char *logdir = arguments_value(a, "logdir"), *sudoers = arguments_value(a, "sudoers");

	ctl->json = a->json;
	ctl->dry_run = arguments_have(a, "dry-run");
	ctl->yes = arguments_have(a, "yes");
	ctl->adopt = arguments_have(a, "adopt");
	ctl->with_pending = arguments_have(a, "with-pending");
	ctl->accept_risk = arguments_have(a, "accept-risk");
	ctl->paths.confdir = confdir ? keep_path(&ctl->confdir, confdir) : AA_CONFDIR;
	ctl->paths.statedir = statedir ? keep_path(&ctl->statedir, statedir) : AA_STATEDIR;
	ctl->rundir = arguments_value(a, "rundir") ? arguments_value(a, "rundir") : AA_RUNDIR;
	/* Another registry than the one that serves is a rehearsal: nothing of the host's own follows from
	 * it. */
	ctl->logdir = logdir ? logdir : statedir ? NULL : AA_LOGDIR;
	ctl->paths.sudoers = sudoers ? sudoers : statedir ? NULL : AA_SYSCONFDIR "/sudoers.d/agentauth";
	ctl->paths.sysconfdir = AA_SYSCONFDIR;
	ctl->paths.owner = geteuid();
}

/* The words up to the NULL at their end. */
static char *as_typed(char **words)
{
	size_t len = aa_shown_line(NULL, 0, NULL, words);
	char *text = xcalloc(len + 1, 1);

	(void)aa_shown_line(text, len + 1, NULL, words);
	return text;
}

static char *typed_by(const struct office *office, char **words)
{
	char *line = as_typed(words), *whole;

	if (!office)
		return line;
	whole = xasprintf("as %s %s", office_name(office), line);
	free(line);
	return whole;
}

static int begin(struct ctl *ctl, const char *command, const struct arguments *a)
{
	use_options(ctl, a);
	ctl->typed = typed_by(ctl->office, a->typed);
	if (geteuid() != 0)
		ctl->instead = office_instead(command, a);
	if (office_check(ctl, command, a) != CTL_DONE)
		return CTL_FAILED;
	/* Now, while nothing is changed yet: it wants more memory than all else that a command does. */
	library_begin();
	return given_files_read(ctl, a);
}

/* Adds that root may do it, for a caller who is not root: that is what most such refusals are for. */
static void tell_not_root(struct ctl *ctl)
{
	if (geteuid() == 0 || !ctl->typed || strcmp(ctl->paths.statedir, AA_STATEDIR) != 0 ||
	    (ctl->logdir && strcmp(ctl->logdir, AA_LOGDIR) != 0))
		return;
	if (ctl->instead && !ctl->office)
		ctl_error(ctl, "you are uid %u, and do this by your group: sudo agentauth-%s %s", geteuid(),
			  ctl->instead, ctl->typed);
	else
		ctl_error(
		    ctl,
		    "you are uid %u, and this host's agents are root's to administer: sudo agentauthctl %s",
		    geteuid(), ctl->typed);
}

static const struct program program = {
    .name = "agentauthctl",
    .about = "agents of this host: who they are, what they may do, what is published of it",
    .more =
	"Exit status: 0 done, 1 refused or failed, 2 wrong usage.\nSee agentauthctl(8), agentauth.conf(5).",
    .gathers = true,
    .commands = commands,
    .global = global_options,
    .begin = begin,
    .values = completion_values,
    .list = completion_list,
};

int main(int argc, char **argv)
{
	struct ctl ctl = {.now = time(NULL), .started_us = aa_monotonic_us()};
	struct arguments arguments = {0};
	int status;

	library_memory(free);
	umask(022);
	ctl.answer = json_object();
	ctl.office = office_take(&argc, &argv);
	status = program_main(&program, &ctl, argc, argv, &arguments, &ctl.problems);
	if (status == CTL_DONE && ctl.problems.errors)
		status = CTL_FAILED;
	if (status == CTL_FAILED)
		tell_not_root(&ctl);
	status = program_end(&arguments, status, ctl.answer, &ctl.problems);
	arguments_free(&arguments);
	given_files_free(&ctl);
	problems_free(&ctl.problems);
	json_decref(ctl.revoked_keys);
	many_agents_free(ctl.many);
	if (ctl.ids)
		ids_free(ctl.ids);
	free(ctl.ids);
	free(ctl.typed);
	free(ctl.host);
	free(ctl.confdir);
	free(ctl.statedir);
	return status;
}
