/* SPDX-License-Identifier: Apache-2.0 */
/* replay_room.h: how many more replay marks there may be.
 *
 * A mark is an inode of /run, which the whole host needs: where systemd finds none there, people cannot log in either. So
 * marks end while an eighth of the inodes is free, or a thirty-second of the space. A file system that has no such
 * limit bounds no marks.
 */
#ifndef AGENTAUTH_STATE_REPLAY_ROOM_H
#define AGENTAUTH_STATE_REPLAY_ROOM_H

#include <stdbool.h>
#include <stdint.h>

struct aa_replay_room {
	uint64_t marks;	       /* that are there now, as due/ has them */
	uint64_t inodes, free; /* of the file system; 0, 0: it does not count them */
	bool full;	       /* credentials that open one login are refused */
	bool nearly;	       /* less than twice as much is free as where they end */
};

/* Says whether no mark may be added. A file system that does not answer is full. */
bool aa_replay_room_is_full(int store);
/* 0 or -errno; -ENOENT: there is no store yet. */
int aa_replay_room_look(const char *rundir, struct aa_replay_room *ret);

#endif
