/* SPDX-License-Identifier: Apache-2.0 */
/* env_file.h: the variables that a person hands to an agent's command by a file. */
#ifndef AGENTAUTH_LIBEXEC_ENV_FILE_H
#define AGENTAUTH_LIBEXEC_ENV_FILE_H

#include <stddef.h>
#include <sys/types.h>

/* Reads a file of NAME=VALUE lines with the rights of the person, by a program that is root. The value goes up to the line's
 * end; nothing in it is expanded, and quotes around all of it are taken away. Empty lines, and those that begin with #, say
 * nothing. Returns a NULL-terminated list, or NULL with a sentence in `why`. */
char **env_file_read(const char *path, uid_t person, gid_t group, char *why, size_t size);

#endif
