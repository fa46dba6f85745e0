/* SPDX-License-Identifier: Apache-2.0 */
/* recorder.h: whether the recorder of programs runs. It holds a lock on RUNDIR/recorder as long as it does, which the kernel
 * takes back from one that was killed. The file's text is a word: how it records, or "stopped"; the file's time, which goes on
 * while it runs, says since when one that was killed records nothing. */
#ifndef AGENTAUTH_STATE_RECORDER_H
#define AGENTAUTH_STATE_RECORDER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define AA_RECORDER_WORD 16 /* bytes, with a zero */

/* Takes the lock, until the descriptor is closed. *ret_since: when one before was killed; 0: none was. The descriptor, -EAGAIN:
 * one runs, or another negative errno. */
int aa_recorder_hold(const char *rundir, uid_t owner, int64_t *ret_since);
/* Writes the word and the time. */
void aa_recorder_note(int fd, const char *word);

/* Says whether one runs, and gives its word where the caller wants it. */
bool aa_recorder_runs(const char *rundir, uid_t owner, char ret_word[AA_RECORDER_WORD]);

#endif
