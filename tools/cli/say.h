/* SPDX-License-Identifier: Apache-2.0 */
/* say.h: speaks to people on standard error, with the program's name in front of each line. */
#ifndef AGENTAUTH_CLI_SAY_H
#define AGENTAUTH_CLI_SAY_H

/* Sets the name in front of every line from here on, "agentauth keygen". */
void say_as(const char *program);

struct problems;
/* Sends messages of say() and the functions below it to `problems` from here on, to be printed at the end. NULL: to
 * standard error. */
void say_into(struct problems *problems);

/* Prints a message. Control characters in it are shown as \xNN, since parts of it come from servers. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Prints a text that tells a person what to do, without the name in front and without a line end. */
void say_plain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Prints a text of any length like say_plain(). */
void say_text(const char *text);
/* Returns the name in front of every line. */
const char *say_name(void);
/* Prints like say(), and returns -1 for a function that failed. */
int say_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Prints like say(), and returns the exit status of a command that refused or failed: 1. */
int say_failed(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Prints like say(), points to --help, and returns the exit status of wrong usage: 2. */
int say_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
