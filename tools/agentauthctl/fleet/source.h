/* SPDX-License-Identifier: Apache-2.0 */
/* source.h reads a directory that holds a release, as input of a stranger: agentauth-sync writes it, which has no rights.
 *
 * Nothing in it is a link, a FIFO or larger than its bound; each file is read once and whole, and what was checked is what is
 * used. Whose the files are decides nothing: signatures do. */
#ifndef AGENTAUTHCTL_FLEET_SOURCE_H
#define AGENTAUTHCTL_FLEET_SOURCE_H

#include <stddef.h>

/* source_open() returns 0 and the directory, or a negative errno. */
int source_open(const char *path, int *ret_fd);
/* source_read() reads FOLDER/NAME (folder NULL: NAME), zero-terminated; the caller frees *ret. It returns 0, or a
 * negative errno: -EFBIG for one of more than `max` bytes, -EBADMSG for what is no regular file. */
int source_read(int dirfd, const char *folder, const char *name, size_t max, char **ret, size_t *ret_len);
/* source_file() reads files/DIGEST, and returns -EILSEQ where its content has another digest. */
int source_file(int dirfd, const char *digest, size_t max, char **ret, size_t *ret_len);
/* source_error() returns such an error in words. */
const char *source_error(int error);

#endif
