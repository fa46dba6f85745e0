/* SPDX-License-Identifier: Apache-2.0 */
/* asked_program.h: tells whether a sudo was asked to run one certain program, by its own command line. */
#ifndef AGENTAUTH_FILE_ASKED_PROGRAM_H
#define AGENTAUTH_FILE_ASKED_PROGRAM_H

#include <stdbool.h>

/* Says whether `file`, which is as /proc/PID/cmdline, is that of a sudo whose command is `program`, letter by letter, with
 * another command that has a path behind it or with nothing. True only where every option before it takes no argument, or
 * names root, so that no other command is ever taken for it. A file that cannot be read is false. */
bool aa_asked_program(const char *file, const char *program);

#endif
