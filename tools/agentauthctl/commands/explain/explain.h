/* SPDX-License-Identifier: Apache-2.0 */
/* explain.h: explains one decision, step by step, by a dry run of the code that PAM and the approval plugin run. */
#ifndef AGENTAUTHCTL_EXPLAIN_H
#define AGENTAUTHCTL_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "common/state/context.h"
#include "common/state/session_record.h"
#include "common/state/user.h"
#include "common/verify/step.h"
#include "common/verify/verdict.h"
#include "tools/agentauthctl/commands/ctl.h"
#include "tools/cli/alloc.h"

enum explain_result {
	EXPLAIN_OK,
	EXPLAIN_LEFT_OUT, /* a role that this login does not get: another may be enough */
	EXPLAIN_WAITS,	  /* for a person */
	EXPLAIN_NOT_ASKED,
	EXPLAIN_REFUSES,
};

struct explain_step {
	enum aa_step step; /* AA_STEP_COUNT: sudo's own question, whether a rule has the command */
	char *subject;	   /* a role, or NULL */
	enum aa_reason reason;
	enum explain_result result;
	char *what;    /* a sentence */
	char *file;    /* that decides it; NULL: none does */
	unsigned line; /* 0: the file as a whole */
	char *setting; /* "roles.deploy.sources = [ … ]", or the setting that is missing; or NULL */
	bool pending;  /* that text is not published yet */
	char *cure;
};

struct explain_question {
	const char *name, *service; /* as typed */
	const char *from, *scope, *user, *runas, *session, *nonce;
	char **argv;		  /* the command; NULL: none */
	struct buffer credential; /* no data: none */
	char *ssh_auth_info;	  /* "publickey TYPE BLOB"; NULL: none */
};

struct explanation {
	struct ctl *ctl;
	struct explain_question q;
	const char *service; /* canonical */
	struct aa_context ctx;
	struct aa_trace trace;
	struct aa_user user;
	struct aa_login login;
	struct aa_agent *agent;
	struct aa_session *session;
	struct aa_verdict verdict;
	unsigned way;
	enum aa_reason reason; /* of it all */
	bool waits;	       /* the command, for a person */
	struct explain_step *v;
	size_t n, cap;
	struct buffer needed; /* credentials that would do, a line each */
};

/* Decides, and finds the positions in the text. The question's strings are borrowed. */
void explain_decide(struct explanation *e);
void explain_free(struct explanation *e);
void explain_print(const struct explanation *e);
json_t *explain_json(const struct explanation *e);
/* ---- between the files ------------------------------------------------------ */

/* The trace of a decision calls this, with the explanation. */
void explain_note(void *data, enum aa_step step, const char *subject, enum aa_reason reason);
struct explain_step *explain_add(struct explanation *e, enum aa_step step, const char *subject,
				 enum aa_reason reason, enum explain_result result);
/* Adds the steps that were not reached, and finds the settings that would have to change. */
void explain_finish(struct explanation *e);
const char *explain_step_name(enum aa_step step);
/* Says why all is refused: the reason's sentence, or what is unclear about the account. */
const char *explain_refusal(const struct explanation *e);
/* Tells whether a role's rule has the command, and whether it waits. */
void explain_command(struct explanation *e);
/* Returns a command line as words, for explain_free_words(); NULL: a quote is open. */
char **explain_words(const char *text);
void explain_free_words(char **words);
void explain_positions(struct explanation *e);

/* ---- the log -------------------------------------------------------------------- */

/* Returns the record of this number, or (seq 0) the last refusal of the agent; a new reference. NULL: the log has none, or
 * a file of it cannot be read, which has been reported. */
json_t *explain_record(struct ctl *ctl, int64_t seq, const char *agent);

#endif
