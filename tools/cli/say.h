/* SPDX-License-Identifier: Apache-2.0 */
/* say.h: what agentauth says to people, on standard error, each line led by the command's name. */
#ifndef AGENTAUTH_AGENT_SAY_H
#define AGENTAUTH_AGENT_SAY_H

/* "agentauth keygen": what leads every line from here on. */
void say_as(const char *program);

/* Control characters in what is said are shown as \xNN: parts of it come from servers. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* To a person who is to do something: without the name in front, and nothing behind it. */
void say_plain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* As say(), and gives the exit status of what was refused or failed: 1. */
int say_failed(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, points to --help, and gives the exit status of wrong usage: 2. */
int say_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
