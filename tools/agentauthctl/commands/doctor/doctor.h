/* SPDX-License-Identifier: Apache-2.0 */
/* doctor.h is shared by the checks of doctor. A check looks at one thing of the host and changes nothing, and --fix runs
 * afterwards what some of them propose; the checks of one subject stand in one file, and all of them in the table of cmd_doctor.c. */
#ifndef AGENTAUTHCTL_DOCTOR_H
#define AGENTAUTHCTL_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "tools/agentauthctl/commands/ctl.h"
#include "tools/agentauthctl/model/host_facts.h"
#include "tools/agentauthctl/model/overlap.h"
#include "tools/agentauthctl/publish/published.h"
#include "tools/cli/alloc.h"
#include "tools/host/sshd_login.h"

#define DOCTOR_SHARE AA_DATADIR "/agentauth" /* where make install puts what a host is set up with */

/* These are the reasons for which no login could let an agent in, in the order in which they are looked for. */
enum doctor_hopeless {
	HOPELESS_EXPIRED,
	HOPELESS_NO_ROLE,
	HOPELESS_NO_CREDENTIAL,
	HOPELESS_KEYS_ENDED,
	HOPELESS_NO_SSHD,
	HOPELESS_NO_SOURCE,
	HOPELESS_N
};

struct doctor;

struct doctor_check {
	const char *name;
	const char *why; /* why a problem of this check matters: a sentence */
	void (*run)(struct doctor *d);
};

struct doctor {
	struct ctl *ctl;
	const struct doctor_check *check; /* the check that runs */
	struct published *published;	  /* NULL: none that can be read */
	struct host_facts facts;
	struct aa_role **roles; /* as they are published */
	size_t n_roles, roles_cap;
	size_t n_agents;
	char *anybody; /* the first agent that has its name to itself, or NULL, and its uid */
	json_int_t uid;
	char *shadowed; /* an agent before it whose name is somebody else's here, or NULL */
	char group[64]; /* the group that all agents are in, and its gid */
	unsigned gid;
	/* names of the first agents that may have sessions of different roles at one time */
	struct buffer mixing;
	size_t n_mixing;
	struct {
		struct buffer names; /* of the first of these agents */
		size_t n;
	} hopeless[HOPELESS_N];
	bool damaged;	       /* a record cannot be read */
	struct held_key *keys; /* that log in, of all agents, whose names stand in `names` */
	size_t n_keys, keys_cap;
	struct arena names;
	json_t *findings;
	unsigned problems, notes;
};

/* A check reports what it has found. `cure` is a command for a root shell that mends the problem, in a single line,
 * or NULL where there is none; it is freed. */
void doctor_fine(struct doctor *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
void doctor_note(struct doctor *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
void doctor_problem(struct doctor *d, char *cure, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* doctor_mendable() reports what --fix may mend unasked, since nobody can lose anything by it. `words` is the command,
 * with a NULL behind it, which is shown as the cure. */
enum doctor_weight { DOCTOR_NOTE, DOCTOR_PROBLEM };
void doctor_mendable(struct doctor *d, enum doctor_weight weight, const char *const words[],
		     const char *format, ...) __attribute__((format(printf, 4, 5)));

/* doctor_command_text() returns the command as it is typed; the caller frees. */
char *doctor_command_text(const char *const words[]);
/* These words are the command that mends what only an agentauthctl that holds the lock can: doctor_mend() does it itself. */
extern const char *const doctor_fix_words[];
/* doctor_mend() runs the command of each finding that is safe to mend, unless `done` has it already, and appends to
 * `done` what it did: {"check", "text", "command", "outcome", "output"}. It returns true where it changed something.
 */
bool doctor_mend(struct ctl *ctl, const json_t *findings, json_t *done);
/* doctor_has() returns true where `done` has the finding, with this outcome (NULL: any). */
bool doctor_has(const json_t *done, const json_t *finding, const char *outcome);
/* doctor_done_text() says what was done by the command. */
const char *doctor_done_text(const char *command);
/* doctor_audit_mended() logs all of it at the end, since the log itself may have been mended. */
void doctor_audit_mended(struct ctl *ctl, const json_t *done);

void doctor_print(const struct doctor *d, const json_t *done);

/* doctor_ask() has a program of this host say something, and returns its exit status or a negative errno (-ENOENT:
 * there is none). */
int doctor_ask(struct buffer *output, const char *name, const char *const arguments[4]);
/* doctor_first_line() returns the first line of what a program printed. */
const char *doctor_first_line(struct buffer *output);
/* doctor_is_nosuid() returns whether the file system of a path is mounted nosuid as process 1 sees it. What systemd keeps from
 * new privileges sees its own mounts nosuid, and doctor runs so from the timer. */
bool doctor_is_nosuid(const char *path);
/* doctor_roles_with() returns the names of the roles that have sudo rules, or rules that wait for approval, as one text, or NULL;
 * the caller frees. */
char *doctor_roles_with(const struct doctor *d, bool approval);
bool doctor_knows_agent(struct doctor *d, const char *name);
/* doctor_is_agent() returns true where an agent has what this host gives to the name. It returns false where the name
 * is an account of another source, a person's. */
bool doctor_is_agent(struct doctor *d, const char *name);
/* doctor_is_agents_group() returns true for the name of a group in which agents are. */
bool doctor_is_agents_group(const struct doctor *d, const char *name);
struct aa_sshd_paths doctor_sshd_paths(void);

void doctor_registry(struct doctor *d);
void doctor_algorithms(struct doctor *d);
void doctor_state(struct doctor *d);
void doctor_decisions(struct doctor *d);
void doctor_files(struct doctor *d);
void doctor_served(struct doctor *d);
/* doctor_count_gone() counts the records of sessions that are gone. */
long doctor_count_gone(const struct ctl *ctl);
void doctor_rundir(struct doctor *d);
void doctor_logdir(struct doctor *d);
void doctor_chain(struct doctor *d);
void doctor_space(struct doctor *d);
void doctor_deadlines(struct doctor *d);
void doctor_recorder(struct doctor *d);
void doctor_mixing(struct doctor *d);
void doctor_clock(struct doctor *d);
void doctor_marks(struct doctor *d);

void doctor_nsswitch(struct doctor *d);
void doctor_names(struct doctor *d);
void doctor_groups(struct doctor *d);
void doctor_power(struct doctor *d);
void doctor_homes(struct doctor *d);

void doctor_ids(struct doctor *d);
void doctor_issuers(struct doctor *d);

/* doctor_keep_hopeless() keeps the agent's name, where no login could let it in, for doctor_agents(). */
void doctor_keep_hopeless(struct doctor *d, const char *name, const struct aa_agent *agent);
void doctor_agents(struct doctor *d);
void doctor_approvers(struct doctor *d);

/* doctor_keep_keys() keeps what doctor_keys() is going to look at. */
void doctor_keep_keys(struct doctor *d, const char *name, const struct aa_agent *agent);
void doctor_keys(struct doctor *d);
void doctor_directory(struct doctor *d);

void doctor_stacks(struct doctor *d);

void doctor_usepam(struct doctor *d);
void doctor_sshd(struct doctor *d);
void doctor_match(struct doctor *d);
void doctor_allowed(struct doctor *d);
void doctor_methods(struct doctor *d);

void doctor_sudo(struct doctor *d);
void doctor_sudo_file(struct doctor *d);
void doctor_sudoers(struct doctor *d);
void doctor_defaults(struct doctor *d);
void doctor_approval(struct doctor *d);
void doctor_record(struct doctor *d);
void doctor_terminals(struct doctor *d);

/* doctor_sudo_is_rs() returns true where the host's sudo is sudo-rs. The other two report on it, for the roles of this text. */
bool doctor_sudo_is_rs(struct doctor *d);
void doctor_sudo_rs_file(struct doctor *d, const char *roles);
void doctor_sudo_rs_approval(struct doctor *d, const char *roles);

void doctor_doas(struct doctor *d);

/* doctor_has_looked() returns true where doctor --log looked so lately that it need not look again. */
bool doctor_has_looked(const struct ctl *ctl);
/* doctor_log() puts the problems into the system's log, where they are others than before, or a day old. */
void doctor_log(struct doctor *d);

#endif
