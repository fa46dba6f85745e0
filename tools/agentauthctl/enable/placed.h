/* SPDX-License-Identifier: Apache-2.0 */
/* placed.h keeps in STATEDIR/enable what enable has put where, so that disable leaves each file as it was.
 *
 * Of a file /etc/a/b there are :etc:a:b.before, a copy with owner, mode and attributes, unless there was no such file, and
 * :etc:a:b.after, what was written. The file `journal` says which files a command is about to change, until it has ended: what
 * a killed command had done is taken out again by the next one. */
#ifndef AGENTAUTHCTL_PLACED_H
#define AGENTAUTHCTL_PLACED_H

#include "tools/agentauthctl/enable/host_plan.h"
#include "tools/cli/alloc.h"

struct placed {
	char *dir;
	int fd; /* -1: there is none */
};

/* placed_open() opens the folder, and makes it and takes its lock where `lock`. It returns 0 or a negative errno,
 * -EWOULDBLOCK where another enable or disable is at work. placed_close() follows in any case. */
int placed_open(struct placed *placed, const char *statedir, bool lock);
void placed_close(struct placed *placed);

/* placed_keep() keeps a change that is about to be written. */
int placed_keep(const struct placed *placed, const struct host_change *change);
void placed_forget(const struct placed *placed, const char *path);
/* placed_get() gives what was kept of a file; *ret_after is NULL where nothing was. The caller frees both. */
int placed_get(const struct placed *placed, const char *path, char **ret_before, char **ret_after);
/* placed_paths() adds the path of each file of which something is kept, with a line end behind it. */
void placed_paths(const struct placed *placed, struct buffer *ret);

int placed_journal_begin(const struct placed *placed, const struct host_plan *plan);
int placed_journal_end(const struct placed *placed);
/* placed_was_interrupted() returns whether a command was killed while it wrote, and none has taken that back yet. */
bool placed_was_interrupted(const char *statedir);
/* placed_journal() gives the paths of a command that was killed, as placed_paths() does, or NULL; the caller frees. */
char *placed_journal(const struct placed *placed);

#endif
