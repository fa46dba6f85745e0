/* SPDX-License-Identifier: Apache-2.0 */
/* replay_room.c: how many more replay marks there may be, see replay_room.h. */
#include "config.h"

#include "common/state/replay_room.h"

#include <errno.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/file/folder.h"
#include "common/state/replay_due.h"

#define INODES 8  /* marks end where one in so many is free, */
#define BLOCKS 32 /* or one in so many of these */

/* Says whether less is free than `times` that share. A limit of 0 is none. */
static bool is_below(const struct statvfs *fs, unsigned times)
{
	return (fs->f_files && fs->f_ffree < fs->f_files / INODES * times) ||
	       (fs->f_blocks && fs->f_bavail < fs->f_blocks / BLOCKS * times);
}

bool aa_replay_room_is_full(int store)
{
	struct statvfs fs;

	return fstatvfs(store, &fs) < 0 || is_below(&fs, 1);
}

int aa_replay_room_look(const char *rundir, struct aa_replay_room *ret)
{
	int store = aa_folder_open(rundir, "replay"), err = 0;
	struct statvfs fs;

	if (store < 0)
		return store;
	if (fstatvfs(store, &fs) < 0)
		err = -errno;
	else
		*ret = (struct aa_replay_room){aa_replay_due_count(store), fs.f_files, fs.f_ffree,
					       is_below(&fs, 1), is_below(&fs, 2)};
	close(store);
	return err;
}
