/* SPDX-License-Identifier: Apache-2.0 */
/* generations.h keeps the directories STATEDIR/generations/N and the link `current`. */
#ifndef AGENTAUTHCTL_GENERATIONS_H
#define AGENTAUTHCTL_GENERATIONS_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#define SUDOERS_FILE "sudoers" /* in a generation: what was installed with it; absent: nothing */
#define MANIFEST_FILE \
	"manifest.json" /* {"generation", "digest", "time", "host", "agents", …, "from", "by", "command", "changed"} */

/* Functions return 0 or a negative errno, where nothing else is said. `state_fd` is STATEDIR. */

/* generations_list() returns the numbers, ascending. The caller frees *ret. */
int generations_list(int state_fd, uint32_t **ret, size_t *ret_n);
/* generations_clean() takes away what an interrupted run left: N.tmp, and the link's new name. */
void generations_clean(int state_fd);
/* generations_unfinished() counts these N.tmp. */
size_t generations_unfinished(int state_fd);
/* generation_new() makes generations/N.tmp for the number after the last one, empty, and opens it. */
int generation_new(int state_fd, uint32_t *ret_number, int *ret_fd);
/* generation_discard() takes generations/N.tmp away, and generations/N, which must never have been current. */
void generation_discard(int state_fd, uint32_t number);
/* generation_settle() turns generations/N.tmp into generations/N, durably. */
int generation_settle(int state_fd, uint32_t number);
/* generation_switch() points `current` to generations/N from one moment to the next, durably. */
int generation_switch(int state_fd, uint32_t number);
/* generation_none() takes `current` away, where there was nothing before. */
int generation_none(int state_fd);
/* generations_prune() takes the oldest away, but for `keep` of them and `current_number`. */
void generations_prune(int state_fd, size_t keep, uint32_t current_number);

/* generation_forget() takes away one file of a generation that nothing needs any more. */
void generation_forget(int state_fd, uint32_t number, const char *name);

/* generation_read() reads a small file of a generation, zero-terminated; -ENOENT says that it has none. The caller
 * frees *ret. */
int generation_read(int state_fd, uint32_t number, const char *name, char **ret);
int generation_write(int gen_fd, const char *name, const char *text);
/* generation_manifest() returns a new reference, or NULL where it cannot be read. */
json_t *generation_manifest(int state_fd, uint32_t number);

#endif
