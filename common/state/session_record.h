/* SPDX-License-Identifier: Apache-2.0 */
/* session_record.h: the record of a session, from the verdict to its end, and whether the session lives. */
#ifndef AGENTAUTH_STATE_SESSION_RECORD_H
#define AGENTAUTH_STATE_SESSION_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "common/state/process.h"
#include "common/state/session_id.h"
#include "common/text/list.h"
#include "common/verify/policy.h"
#include "common/verify/verdict.h"

#define AA_SESSION_PENDING_MAX 180

struct aa_session {
	json_t *json; /* what the log and people are shown; owns the strings below */
	const char *id, *agent, *owner, *service, *rhost, *issuer, *kid, *jti, *task, *on_behalf_of;
	enum aa_kind kind;
	uint32_t uid, login_uid, audit_session; /* UINT32_MAX: none */
	struct aa_list roles;
	int64_t created, opened, deadline; /* opened 0: pending; deadline 0: none */
	struct aa_process creator, parent; /* the maker, sshd's child, and sshd */
	struct aa_process opener;
	const char *boot_id;
	bool this_boot; /* boot_id is the kernel's now */
};
void aa_session_free(struct aa_session *session);

/* Makes the pending record of this verdict, by this process. NULL where memory or /proc fails. */
struct aa_session *aa_session_new(const struct aa_agent *agent, const struct aa_login *login,
				  const struct aa_verdict *verdict, int64_t deadline);
/* Reads a record and takes the reference. NULL: it is no whole record. */
struct aa_session *aa_session_from_json(json_t *json);
/* Turns a pending record into a live one, in memory. 0 or -ENOMEM. */
int aa_session_mark_opened(struct aa_session *session, const struct aa_process *opener, int64_t now);

/* Says whether this process may take the pending record over: this process or its direct child made it, in this boot,
 * for this agent, not too long ago. */
bool aa_session_is_mine(const struct aa_session *session, const char *agent, int64_t now);

bool aa_session_is_live(const struct aa_session *session);
/* Says whether the deadline, where the session has one, has come. */
bool aa_session_is_past(const struct aa_session *session, int64_t now);
/* Says why a session is over that nobody ended by hand: its deadline, or that its account is no agent any more; else AA_OK. All
 * that see a session's end ask here, since any of them may be the one that logs it. */
enum aa_reason aa_session_over(const struct aa_session *session, int64_t now, bool is_agent);
/* Says whether the session takes one of the agent's slots: it is live or pending. */
bool aa_session_holds_slot(const struct aa_session *session, int64_t now);

#endif
