/* SPDX-License-Identifier: Apache-2.0 */
/* complete.h: what a shell completes, from the tables that the commands are parsed and helped by.
 *
 * PROGRAM --complete WORD... prints what the last word, which is being typed, may become: a line for each, a word and,
 * behind a tab, what it is; or one line ":KIND" for what the shell knows itself: files, folders, users, groups, hosts,
 * variables, commands. The shells' own files (completions/) hold no name of a command or option.
 */
#ifndef AGENTAUTH_CLI_COMPLETE_H
#define AGENTAUTH_CLI_COMPLETE_H

#include "tools/cli/command.h"

/* `words` are those behind --complete; the last is being typed. */
void complete(const struct program *program, int n, char **words);

/* For the program's list(): a word, and what it is (NULL: nothing is said of it). What does not begin as the word that is
 * typed is dropped. */
void complete_offer(const char *word, const char *what);

#endif
