/* SPDX-License-Identifier: Apache-2.0 */
/* say.h: what a program says to people, on standard error, each line led by its name. */
#ifndef AGENTAUTH_CLI_SAY_H
#define AGENTAUTH_CLI_SAY_H

/* "agentauth keygen": what leads every line from here on. */
void say_as(const char *program);

struct problems;
/* What say() and those behind it are given goes there from here on, to be printed at the end; NULL: to standard error. */
void say_into(struct problems *problems);

/* Control characters in what is said are shown as \xNN: parts of it come from servers. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* To a person who is to do something: without the name in front, and nothing behind it. */
void say_plain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same for a whole text, of any length. */
void say_text(const char *text);
/* The name that leads every line. */
const char *say_name(void);
/* As say(), and gives -1: what a function that failed answers. */
int say_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* For commands: as say(), and gives the exit status of what was refused or failed: 1. */
int say_failed(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, points to --help, and gives the exit status of wrong usage: 2. */
int say_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
