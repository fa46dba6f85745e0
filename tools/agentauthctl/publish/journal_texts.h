/* SPDX-License-Identifier: Apache-2.0 */
/* journal_texts.h keeps STATEDIR/journal.texts beside the journal (journal.h): the files of agents.d that a command is
 * about to write where these are several, so that of a killed one all of them are put back or none.
 *
 * Its lines are "new NAME" for an agent that had no file, "was NAME" for one that had, and "main" for agentauth.conf. */
#ifndef AGENTAUTHCTL_JOURNAL_TEXTS_H
#define AGENTAUTHCTL_JOURNAL_TEXTS_H

#include "tools/agentauthctl/publish/paths.h"
#include "tools/agentauthctl/publish/text_change.h"

/* journal_texts_begin() writes the list, durable, or takes away one that is of no use any more where the change is not
 * about several files. It returns 0 or a negative errno. */
int journal_texts_begin(int state_fd, int conf_fd, int agents_fd, const struct text_change *change);
/* journal_texts_settle() is about a killed command: with `undo` every file that the list has is put back, and without,
 * what was kept of the old ones goes. It returns 0 or a negative errno. */
int journal_texts_settle(const struct paths *paths, int state_fd, bool undo);
void journal_texts_end(int state_fd);

#endif
