/* SPDX-License-Identifier: Apache-2.0 */
/* replay_due.h: which marks of the replay store end when: RUNDIR/replay/due/, one file a span of replay_gone.h.
 *
 *   N        of the marks that are kept until some second of N * 256 … N * 256 + 255: the 32 bytes of each one's hash
 *   .looked  its mtime is the number of the shard that is gone through next, for marks that have no line here
 *
 * So marks that are over are found without a look at those that are not. A line is written before its mark is made, and
 * names nothing that is believed: a mark goes by its own mtime. Marks that an earlier version made have no line.
 */
#ifndef AGENTAUTH_STATE_REPLAY_DUE_H
#define AGENTAUTH_STATE_REPLAY_DUE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#define AA_REPLAY_SLACK 60 /* seconds that a mark stays beyond its time */

/* Removes the mark of a shard, "XX/HASH", if it is kept until a time of the span `number`, and says whether it did. */
typedef bool aa_replay_forget_fn(int store, const char *path, int64_t number);

/* Writes down that the mark of this hash, 64 digits, is to be kept until `keep_until`. 0 or -errno. */
int aa_replay_due_add(int store, const char *hash, int64_t keep_until);
/* Hands at most `most` marks whose time is over to `forget`, the oldest first. Returns the number of those removed. */
long aa_replay_due_tidy(int store, int64_t now, unsigned most, aa_replay_forget_fn *forget);
/* Gives the number of lines: of the marks that there are, and of credentials that were shown again. */
uint64_t aa_replay_due_count(int store);
/* Reads and writes which shard is gone through next, 0 to 255. */
unsigned aa_replay_due_looked(int store);
void aa_replay_due_set_looked(int store, unsigned shard);

#endif
