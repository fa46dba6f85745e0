/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_marks.c checks that there is room for the marks of used credentials, before logins are refused for it. */
#include "config.h"

#include <inttypes.h>

#include "common/state/replay_room.h"
#include "tools/agentauthctl/commands/doctor/doctor.h"

/* full_of() returns the commands that show which folders have the files. The caller frees. */
static char *full_of(const struct doctor *d)
{
	return xasprintf("df -i %s; find $(findmnt -no TARGET -T %s) -xdev -printf '%%h\\n' | sort | uniq "
			 "-c | sort -n | tail; agentauthctl session reap",
			 d->ctl->rundir, d->ctl->rundir);
}

void doctor_marks(struct doctor *d)
{
	const char *rundir = d->ctl->rundir;
	struct aa_replay_room room;

	if (aa_replay_room_look(rundir, &room) < 0)
		return; /* the check of the sessions says so, or the first login makes the store */
	if (room.full)
		doctor_problem(d, full_of(d),
			       "what agents present is refused, since the file system of %s is nearly full: "
			       "%" PRIu64 " of %" PRIu64 " files can still be made there, and %" PRIu64
			       " are marks of used credentials",
			       rundir, room.free, room.inodes, room.marks);
	else if (room.nearly)
		doctor_problem(d, full_of(d),
			       "the file system of %s fills up: %" PRIu64 " of %" PRIu64
			       " files can still be made there, and %" PRIu64
			       " are marks of used credentials. When an eighth of the files or a "
			       "thirty-second of the space is left, what agents present is refused",
			       rundir, room.free, room.inodes, room.marks);
	else
		doctor_fine(d, "there is room for the marks of used credentials");
}
