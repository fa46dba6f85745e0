/* SPDX-License-Identifier: Apache-2.0 */
/* published.h: reading the policy records of the generation that serves, as JSON text. */
#ifndef AGENTAUTHCTL_PUBLISHED_H
#define AGENTAUTHCTL_PUBLISHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

struct published;

/* NULL: nothing is published, or nothing that can be read. */
struct published *published_open(const char *statedir, uid_t owner);
/* Whether every account and group of the generation that serves can be read, as NSS and authorized-keys read them. */
bool published_accounts_are_whole(const char *statedir, uid_t owner);
/* The generation of this number, whether it serves or not. */
struct published *published_open_number(int state_fd, uint32_t number, uid_t owner);
void published_close(struct published *published);

/* The record of a key ("agent:NAME"), until the next call; NULL: there is none. */
const char *published_get(struct published *published, const char *key, size_t *ret_len);
/* The same for one agent after another, in the order of their names, reading the file from front to back
 * once. */
const char *published_next_agent(struct published *published, const char *name, size_t *ret_len);
/* published_get() parsed, a new reference. */
json_t *published_json(struct published *published, const char *prefix, const char *name);

/* Calls `each` with the records whose keys begin with `prefix`, in their order (agents: by name), and what of
 * the key follows it, as long as it answers true. false: damaged. */
bool published_walk(struct published *published, const char *prefix,
		    bool (*each)(void *data, const char *name, const char *record, size_t len), void *data);

/* Whether a key in an agent's record can log in: it is active, and its end has not come. */
bool published_key_is_good(const json_t *key, int64_t now);

#endif
