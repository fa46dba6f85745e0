/* SPDX-License-Identifier: Apache-2.0 */
/* ctl.h: what every command of agentauthctl has: where things are, how to answer, and the table of commands.
 *
 * A command is a file cmd_NAME.c with one struct command, which stands in commands.def. It reports
 * problems and does not print them, prints its result on standard output (text, or one JSON object with
 * --json), and answers CTL_DONE, CTL_FAILED or CTL_USAGE: the exit status.
 */
#ifndef AGENTAUTHCTL_CTL_H
#define AGENTAUTHCTL_CTL_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "tools/agentauthctl/publish/publish.h"
#include "tools/cli/program.h"

enum ctl_status { CTL_DONE = PROGRAM_DONE, CTL_FAILED = PROGRAM_FAILED, CTL_USAGE = PROGRAM_USAGE };

struct ctl {
	struct paths paths;
	const char *rundir;
	const char *logdir; /* NULL: no audit record is written (a rehearsal with --statedir) */
	bool json, dry_run, yes, accept_risk, adopt, with_pending;
	int64_t now;
	int64_t started_us; /* of the monotonic clock */
	struct problems problems;
	json_t *answer;		  /* with --json: what is printed at the end */
	char *typed;		  /* the command as it was typed, for the audit record */
	char *confdir, *statedir; /* what places has of them, where an option named them */
	char *host;		  /* name of this host, once it is known */
	struct given_file *given; /* what --key options name, read before the command runs */
};

#define COMMAND(name) extern const struct command cmd_##name;
#include "tools/agentauthctl/commands/commands.def"
#undef COMMAND

/* Of commands that change the text themselves. */
#define CTL_WITH_PENDING \
	{ \
		"with-pending", NULL, "publish too what else the text holds that is not published", 0, NULL \
	}

/* ---- what commands share (ctl.c) ----------------------------------------- */

/* Reports about no file; the last two answer CTL_FAILED and CTL_USAGE. */
void ctl_error(struct ctl *ctl, const char *format, ...) __attribute__((format(printf, 2, 3)));
void ctl_warning(struct ctl *ctl, const char *format, ...) __attribute__((format(printf, 2, 3)));
enum ctl_status ctl_fail(struct ctl *ctl, const char *format, ...) __attribute__((format(printf, 2, 3)));
enum ctl_status ctl_usage(struct ctl *ctl, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Opens the registry; for writing with its lock. CTL_FAILED: reported. workspace_close() in any case. */
enum ctl_status ctl_open(struct ctl *ctl, struct workspace *workspace, bool for_writing);

/* The audit record of a command that changed something. */
void ctl_audit(struct ctl *ctl, const char *agent, const char *result, const char *reason);
/* The same for a record of one's own, which gets event, service, by and, where it has none, command; the reference is stolen. */
void ctl_audit_record(struct ctl *ctl, json_t *record);
/* Appends any record to the audit log, where there is to be one; the reference is stolen. */
void ctl_audit_append(struct ctl *ctl, json_t *record);
/* Sets ctl->host, where it is not known yet: the audit record names the host as the registry does. */
void ctl_learn_host(struct ctl *ctl);
/* Who it is that runs the command: the login's name, else the uid's. A static buffer. */
const char *ctl_who(void);

/* Whether the published registry has the agent, not retired. Neither the text nor the registry must be in order, since
 * this is for commands in a hurry: where it cannot be read, that is a warning, and *ret_uid stays as it is. */
enum ctl_status ctl_known_agent(struct ctl *ctl, const char *name, uint32_t *ret_uid);
/* What --why gives, of a length that is kept with a decision; NULL: nothing. */
enum ctl_status ctl_read_why(struct ctl *ctl, const struct arguments *arguments, const char **ret);

/* ctl_check_name() returns CTL_FAILED, and reports, for a name that `check` refuses. */
enum ctl_status ctl_check_name(struct ctl *ctl, conf_check_fn *check, const char *name);
/* ctl_published() opens what is published. It returns NULL, and reports, where nothing can be read; ctl_damaged() reports what
 * cannot be read to its end. */
struct published *ctl_published(struct ctl *ctl);
enum ctl_status ctl_damaged(struct ctl *ctl);

/* With --json, sets a member of the answer; else drops it. The reference is stolen. */
void ctl_answer(struct ctl *ctl, const char *name, json_t *value);

/* Reads all of a file ("-": standard input), of at most 64 KiB; the buffer is wiped by the caller if it must
 * be. */
int ctl_read_input(struct ctl *ctl, const char *file, struct buffer *ret);

#endif
