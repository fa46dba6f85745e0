/* SPDX-License-Identifier: Apache-2.0 */
/* own_files.h: reads those of the agent's own files that may be believed, and writes what nobody else may see. */
#ifndef AGENTAUTH_AGENT_OWN_FILES_H
#define AGENTAUTH_AGENT_OWN_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Each of these reads a regular file of at most `max` bytes into *ret, which is from malloc() and has a zero byte behind it.
 * They return 0, or -1 with the reason said; errno is ENOENT where there is no such file. */

/* Reads a file of anybody's. */
int own_read_any(const char *path, size_t max, char **ret, size_t *ret_len);
/* Reads a secret. The file must belong to the caller and have no permission for group and others; a refusal says the command
 * that mends it. Or the file is root's, without permission for others and not writable by its group, in folders in which only
 * root and the caller can change what is theirs: so Kubernetes mounts a secret, behind symbolic links. */
int own_read_secret(const char *path, size_t max, char **ret, size_t *ret_len);
/* Reads a token that the platform placed. A file of root's, or of the caller's in a folder of root's, may then be readable by
 * all, as Kubernetes has it. */
int own_read_token(const char *path, size_t max, char **ret, size_t *ret_len);
/* Reads a credential that systemd placed. The file belongs to the caller or to root, others have no permission, and the
 * group's bits are the mask of an ACL that names the caller. A symbolic link is refused. */
int own_read_credential(const char *path, size_t max, char **ret, size_t *ret_len);
/* Reads configuration. The file and its folder belong to the caller or to root, and nobody else can write to them. A symbolic
 * link is refused. */
int own_read_config(const char *path, size_t max, char **ret, size_t *ret_len);

/* Reads until the end or until `size` bytes are there. Returns their number, or -1 with errno set. */
ssize_t own_read_fully(int fd, char *buf, size_t size);

/* Makes a file of mode 0600 where there was none. Returns 0, or -1 with the reason said. */
int own_create(const char *path, const char *text, size_t len);
/* Says why a file of the agent cannot be made or written (`err` is an errno value), and what helps. */
void own_say_not_made(const char *path, int err);
/* Says where a key and profiles can be kept if not below HOME. */
void own_say_elsewhere(void);
/* Makes the missing folders above `path`, with mode 0700. Returns 0, or -1 with the reason said. */
int own_make_parents(const char *path);

/* Returns the path of ~/.config/agentauth/NAME, from malloc(), or NULL with the reason said. */
char *own_config_path(const char *name);
/* Returns the path with a leading ~/ replaced by the home folder, from malloc(), or NULL with the reason said. */
char *own_expand(const char *path);

/* Wipes and frees a text, which may be NULL. */
void own_wipe(char *text);

#endif
