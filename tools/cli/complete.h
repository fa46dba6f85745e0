/* SPDX-License-Identifier: Apache-2.0 */
/* complete.h: completes a command line for a shell, from the tables that commands are parsed and helped by.
 *
 * PROGRAM --complete WORD... prints the completions of the last word, which is being typed: on each line a word and, behind
 * a tab, what the word is. One line ":KIND" stands for what the shell knows itself: files, folders, users, groups, hosts,
 * variables, commands. The shells' own files (completions/) hold no name of a command or option. */
#ifndef AGENTAUTH_CLI_COMPLETE_H
#define AGENTAUTH_CLI_COMPLETE_H

#include "tools/cli/command.h"

/* Completes the last of the `words`, which stood behind --complete. */
void complete(const struct program *program, int n, char **words);

/* Offers a word, for the program's list(), with a description or NULL. A word that does not begin as the typed one is
 * dropped. */
void complete_offer(const char *word, const char *what);

#endif
