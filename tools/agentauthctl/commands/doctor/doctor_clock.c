/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_clock.c checks what a clock that was wrong left behind. */
#include "config.h"

#include "common/text/utc.h"
#include "tools/agentauthctl/commands/clock.h"
#include "tools/agentauthctl/commands/doctor/doctor.h"

void doctor_clock(struct doctor *d)
{
	struct clock_marks marks;
	char when[32];

	clock_look(d->ctl, &marks);
	if (marks.shut_until) {
		aa_utc_print(marks.shut_until, when);
		doctor_problem(
		    d,
		    xstrdup(marks.known_right ? "agentauthctl session reap"
					      : "agentauthctl session reap --clock-is-right"),
		    "all that agents present is refused until %s: the clock was ahead when the replay "
		    "store was made%s",
		    when, marks.known_right ? "" : ", or is behind now; set it right first");
	} else if (marks.some_until) {
		aa_utc_print(marks.some_until, when);
		doctor_note(
		    d,
		    "the clock was ahead: some of what agents present, if it ends before %s, is refused, "
		    "since it may have been used; this passes by itself",
		    when);
	} else {
		doctor_fine(d, "no wrong clock keeps agents out");
	}
}
