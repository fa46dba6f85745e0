/* SPDX-License-Identifier: Apache-2.0 */
/* last_look.h: the process that is about to become the command of a sudo asks once more whether it may.
 *
 * Between the last word of a policy and the command a sudo opens a session, forks, and may be stopped by the agent
 * whose real uid it has. So the child looks again as it is forked, with real uid 0, which it keeps until it takes the
 * target's: from there on the agent cannot stop it. Meanwhile it has a name by which `suspend`, and every other
 * command that takes rights away, finds it: a child that looked before the change is waited for, and ended where it
 * does not go on.
 */
#ifndef AGENTAUTH_STATE_LAST_LOOK_H
#define AGENTAUTH_STATE_LAST_LOOK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/state/audit_record.h"
#include "common/state/context.h"
#include "common/state/session_record.h"

struct aa_last_look {
	char statedir[1024], rundir[1024], logdir[1024];
	uid_t owner;
	uint32_t uid;
	char agent[64], session[AA_SESSION_ID_SIZE];
	char service[32]; /* one of the session's roles must admit it */
	pid_t sudo;
	/* For the log; line "": sudo's own arguments stand for it. What else is "" is not known. */
	char line[1026], directory[1024], runas[514], tty[64], role[AA_ROLE_NAME_MAX + 1];
	int64_t until; /* the end of an approval; 0: there is none */
};

/* Fills the look in; `command` NULL: nothing is known of it. False: a text is too long. */
bool aa_last_look_set(struct aa_last_look *ret, const struct aa_context *ctx,
		      const struct aa_session *session, const char *service,
		      const struct aa_audit_command *command, int64_t until);

/* Looks now. AA_OK, or the reason why no command may be started any more, which is then in the log. */
enum aa_reason aa_last_look(const struct aa_last_look *look);

/* Makes each child that this process forks from now on look first, and end with a sentence on standard error where
 * the answer is no. There is one look at a time: a second call replaces it. False: it cannot be had. */
bool aa_last_look_at_forks(const struct aa_last_look *look);
void aa_last_look_forget(void);

/* Waits until no process of the agent with this uid (0: of any) is between its look and its command. A process that
 * is there after a moment still is stopped or starved, and is ended, so that nothing starts once this returns. */
void aa_last_look_settle(uint32_t uid);

#endif
