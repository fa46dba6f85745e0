/* SPDX-License-Identifier: Apache-2.0 */
/* journal_texts.h keeps STATEDIR/journal.texts beside the journal (journal.h): the files of the text that a command is
 * about to write, so that of a killed one all of them are put back or none.
 *
 * Its lines are "new NAME DIGEST" for an agent that had no file, "was NAME DIGEST" for one that had, and "gone NAME MODE"
 * for one whose file of that mode is taken away; the name of agentauth.conf is ".". A file that is not what the command wrote was
 * changed since by somebody, and is left as it is. */
#ifndef AGENTAUTHCTL_JOURNAL_TEXTS_H
#define AGENTAUTHCTL_JOURNAL_TEXTS_H

#include "tools/agentauthctl/publish/paths.h"
#include "tools/agentauthctl/publish/text_change.h"
#include "tools/cli/problems.h"

/* journal_texts_begin() writes the list, durable, or takes away one that is of no use any more where there is no change.
 * It returns 0 or a negative errno. */
int journal_texts_begin(int state_fd, int conf_fd, int agents_fd, const struct text_change *change);
/* journal_texts_settle() is about a killed command: with `undo` every file that the list has is put back, which is
 * told as a warning, and without, what was kept of the old ones goes. It returns 0 or a negative errno. */
int journal_texts_settle(const struct paths *paths, int state_fd, bool undo, struct problems *problems);
void journal_texts_end(int state_fd);

#endif
