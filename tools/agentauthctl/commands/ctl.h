/* SPDX-License-Identifier: Apache-2.0 */
/* ctl.h: gives every command of agentauthctl its paths, its answer, and a line in the table of commands.
 *
 * A command is a file cmd_NAME.c with one struct command, which stands in commands.def. It reports problems and does not
 * print them, prints its result on standard output (text, or one JSON object with --json), and returns CTL_DONE, CTL_FAILED
 * or CTL_USAGE, the exit status. */
#ifndef AGENTAUTHCTL_CTL_H
#define AGENTAUTHCTL_CTL_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "common/state/audit.h"
#include "tools/agentauthctl/publish/publish.h"
#include "tools/cli/program.h"

/* The exit status of a command. CTL_NONE is never returned; a negative member makes the enum signed for every compiler, as
 * the exit status that program.h takes is. */
enum ctl_status {
	CTL_NONE = -1,
	CTL_DONE = PROGRAM_DONE,
	CTL_FAILED = PROGRAM_FAILED,
	CTL_USAGE = PROGRAM_USAGE,
};

struct office;

struct ctl {
	struct paths paths;
	const char *rundir;
	const char *logdir; /* NULL: no audit record is written (a rehearsal with --statedir) */
	bool json, dry_run, yes, accept_risk, adopt, with_pending;
	bool plan_shown;       /* with a question, before it was carried out */
	struct advice *advice; /* that a publish gathers; NULL: none */
	int64_t now;
	int64_t started_us; /* of the monotonic clock */
	struct problems problems;
	json_t *answer;		       /* with --json: is printed at the end */
	char *typed;		       /* the command as it was typed, for the audit record */
	const struct office *office;   /* the command is given as one of it; NULL: as root, or as who it is */
	const char *instead;	       /* the office by which this caller may give the command; NULL: none */
	char *confdir, *statedir;      /* the members of `paths` that an option named */
	char *host;		       /* name of this host, once it is known */
	bool host_learned, audit_sync; /* as they are published; see ctl_audit_log() */
	bool told_unwritten;	       /* that the audit log takes no line */
	struct given_file *given;      /* the files of --key options, read before the command runs */
	struct ids *ids;	       /* once they were asked for, by view_since() */
	struct many_agents *many;      /* what state/ holds of all agents, once view_many() was called */
	json_t *revoked_keys; /* by the SHA-256 of their kids, once they were asked for; see agent_view.h */
};

#define COMMAND(name) extern const struct command cmd_##name;
#include "tools/agentauthctl/commands/commands.def"
#undef COMMAND

/* These are options of commands that change the text themselves. */
#define CTL_WITH_PENDING \
	{ \
		"with-pending", NULL, "publish too what else the text holds that is not published", 0, NULL \
	}

/* ---- what commands share (ctl.c) ----------------------------------------- */

/* Reports a problem of no file; the last two return CTL_FAILED and CTL_USAGE. */
void ctl_error(struct ctl *ctl, const char *format, ...) __attribute__((format(printf, 2, 3)));
void ctl_warning(struct ctl *ctl, const char *format, ...) __attribute__((format(printf, 2, 3)));
enum ctl_status ctl_fail(struct ctl *ctl, const char *format, ...) __attribute__((format(printf, 2, 3)));
enum ctl_status ctl_usage(struct ctl *ctl, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Opens the registry, for writing with its lock. CTL_FAILED: reported. workspace_close() follows in any case. */
enum ctl_status ctl_open(struct ctl *ctl, struct workspace *workspace, bool for_writing);

/* Logs a command that changed something. */
void ctl_audit(struct ctl *ctl, const char *agent, const char *result, const char *reason);
/* Logs a record of the command's own, which gets event, service, by and, where it has none, command; the reference is
 * stolen. */
void ctl_audit_record(struct ctl *ctl, json_t *record);
/* Appends any record to the audit log, where there is to be one; the reference is stolen. False: it could not be written,
 * which is reported. */
bool ctl_audit_append(struct ctl *ctl, json_t *record);
/* Sets ctl->host, where it is not known yet: the audit record names the host as the registry does. */
void ctl_learn_host(struct ctl *ctl);
/* Gives the audit log as the host's policy has it. */
struct aa_audit ctl_audit_log(struct ctl *ctl);
/* Returns the person who runs the command: the login's name, else the uid's. A static buffer. */
const char *ctl_who(void);

/* Tells whether the published registry has the agent, not retired. Neither the text nor the registry must be in order,
 * since this is for decisions that cannot wait: a registry that cannot be read is a warning, and *ret_uid stays as it is. */
enum ctl_status ctl_known_agent(struct ctl *ctl, const char *name, uint32_t *ret_uid);
/* Gives the text of --why, of a length that is kept with a decision; NULL: none. */
enum ctl_status ctl_read_why(struct ctl *ctl, const struct arguments *arguments, const char **ret);

/* ctl_check_name() returns CTL_FAILED, and reports, for a name that `check` refuses. */
enum ctl_status ctl_check_name(struct ctl *ctl, conf_check_fn *check, const char *name);
/* ctl_published() opens the published registry. It returns NULL, and reports, where nothing can be read; ctl_damaged()
 * reports a registry that cannot be read to its end. */
struct published *ctl_published(struct ctl *ctl);
enum ctl_status ctl_damaged(struct ctl *ctl);

/* Sets a member of the answer with --json; else drops it. The reference is stolen. */
void ctl_answer(struct ctl *ctl, const char *name, json_t *value);

/* ctl_put_option() adds `--option word` to a command that a person copies, the word quoted where a shell would read another
 * word. A NULL word is none. */
void ctl_put_option(struct buffer *b, const char *option, const char *word);

/* Reads all of a file ("-": standard input), of at most 64 KiB. The caller wipes the buffer where it holds a secret. */
int ctl_read_input(struct ctl *ctl, const char *file, struct buffer *ret);

#endif
