/* SPDX-License-Identifier: Apache-2.0 */
/* own_files.h: the agent's own files: reading what may be believed, writing what nobody else may see. */
#ifndef AGENTAUTH_AGENT_OWN_FILES_H
#define AGENTAUTH_AGENT_OWN_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Reads a regular file of at most `max` bytes. *ret is from malloc(), with a zero byte behind it. 0 or -1,
 * the reason said. A file that is not there is ENOENT in errno. */
int own_read_any(const char *path, size_t max, char **ret, size_t *ret_len);
/* The same for a secret: owned by the caller, and no bit for group or others (else the command that mends it is
 * said); or root's, with no bit for others and not writable by its group, in folders that only root or the caller
 * can change, links followed: as Kubernetes mounts one. */
int own_read_secret(const char *path, size_t max, char **ret, size_t *ret_len);
/* The same for a token that the platform placed: root's may be readable by all, as Kubernetes has it. */
int own_read_token(const char *path, size_t max, char **ret, size_t *ret_len);
/* The same for a credential that systemd put there: its file is the caller's or root's, and its group bits
 * are the mask of an ACL that names the caller; no bit for others. No symbolic link. */
int own_read_credential(const char *path, size_t max, char **ret, size_t *ret_len);
/* The same for configuration: no symbolic link, owned by the caller or root, writable by nobody else, and so
 * its folder. */
int own_read_config(const char *path, size_t max, char **ret, size_t *ret_len);

/* Makes a file of mode 0600 that was not there before. 0 or -1, the reason said. */
int own_create(const char *path, const char *text, size_t len);
/* Why a file of the agent cannot be made or written, an errno value, and what helps. */
void own_say_not_made(const char *path, int err);
/* Where a key and profiles can be, if not below HOME. */
void own_say_elsewhere(void);
/* The folders above `path`, those that are missing, with mode 0700. 0 or -1, the reason said. */
int own_make_parents(const char *path);

/* ~/.config/agentauth/NAME, or what `~/` begins made absolute; from malloc(), NULL with the reason said. */
char *own_config_path(const char *name);
char *own_expand(const char *path);

/* Wipes and frees a text that may be NULL. */
void own_wipe(char *text);

#endif
