/* SPDX-License-Identifier: Apache-2.0 */
/* report_steps.h: what the tests of a report share: a report of the week before NOW, and records for it. */
#ifndef AGENTAUTH_TESTS_REPORT_STEPS_H
#define AGENTAUTH_TESTS_REPORT_STEPS_H

#include "tests/unit/support/test.h"
#include "tools/agentauthctl/report/findings.h"
#include "tools/agentauthctl/report/gather.h"

#define DAY REPORT_DAY
#define HOUR 3600
#define WEEK (NOW - 7 * DAY) /* when the span begins */

struct reported {
	struct report report;
	struct report_facts facts;
	struct gather gather;
};
extern struct reported reported;

/* A fixture is of its file: FIXTURE(week, week_begins, week_ends). */
int week_begins(void **state);
int week_ends(void **state);

/* Gives a record of a time: its members are those of a JSON object, without the brackets. */
void seen(int64_t when, const char *members);
/* A session of builder-7, from its beginning to its end. */
void seen_session(int64_t from, int64_t to, const char *id, const char *members);
/* Ends the gathering, and looks for findings. */
void week_is_over(void);
/* Returns how many findings of this kind there are. */
size_t found(const char *kind);
/* Returns the agent as the report has it; fails where there is none. */
const struct report_agent *agent_of(const char *name);
const struct tally_row *row_of(const struct tally *tally, const char *name);

#define OPENED \
	"\"event\":\"session-open\",\"service\":\"sshd\",\"result\":\"ok\",\"reason\":\"ok\",\"roles\":[" \
	"\"deploy\"]"
#define CLOSED "\"event\":\"session-close\",\"service\":\"sshd\",\"result\":\"ok\",\"reason\":\"ok\""
#define REFUSED(reason) \
	"\"event\":\"auth\",\"service\":\"sshd\",\"result\":\"denied\",\"reason\":\"" reason \
	"\",\"agent\":\"builder-7\""
#define SUDO(event, result) \
	"\"event\":\"" event "\",\"service\":\"sudo\",\"agent\":\"builder-7\",\"result\":\"" result \
	"\",\"reason\":\"ok\",\"command\":\"/bin/true\""

#endif
