/* SPDX-License-Identifier: Apache-2.0 */
/* published.h reads the policy records of the generation that serves, as JSON text. */
#ifndef AGENTAUTHCTL_PUBLISHED_H
#define AGENTAUTHCTL_PUBLISHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "common/verify/policy_record.h"

struct published;

/* published_open() returns NULL where nothing is published, or nothing that can be read. */
struct published *published_open(const char *statedir, uid_t owner);
/* published_accounts_are_whole() returns true where every account and group of the serving generation can be read, as
 * NSS and authorized-keys read them. */
bool published_accounts_are_whole(const char *statedir, uid_t owner);
/* published_open_number() opens the generation of this number, whether it serves or not. */
struct published *published_open_number(int state_fd, uint32_t number, uid_t owner);
void published_close(struct published *published);
/* published_dir() returns the generation's directory, open until published_close(), for its other files. */
int published_dir(const struct published *published);

/* published_get() returns the record of a key ("agent:NAME"), until the next call, or NULL where there is none. */
const char *published_get(struct published *published, const char *key, size_t *ret_len);
/* published_next_agent() does the same for one agent after another, in the order of their names, and reads the file
 * from front to back once. */
const char *published_next_agent(struct published *published, const char *name, size_t *ret_len);
/* published_json() is published_get(), parsed. It returns a new reference. */
json_t *published_json(struct published *published, const char *prefix, const char *name);

/* published_walk() calls `each` with every record whose key begins with `prefix`, in their order (agents: by name),
 * and with the rest of the key, as long as `each` returns true. It returns false where the file is damaged. */
bool published_walk(struct published *published, const char *prefix,
		    bool (*each)(void *data, const char *name, const char *record, size_t len), void *data);

/* published_key_is_good() returns true for a key of an agent that can log in: it is active, and its end has not come. */
bool published_key_is_good(const struct aa_agent_key *key, int64_t now);

/* published_host(), published_agent() and published_role() return records as structs, which the caller frees. They return
 * NULL where there is no such record, and where it is damaged or of another version; published_get() tells which. */
struct aa_host *published_host(struct published *published);
struct aa_agent *published_agent(struct published *published, const char *name);
struct aa_role *published_role(struct published *published, const char *name);
/* published_role_of() and the like make the struct of a record that published_walk() gives. */
struct aa_agent *published_agent_of(const char *record, size_t len);
struct aa_role *published_role_of(const char *record, size_t len);

#endif
