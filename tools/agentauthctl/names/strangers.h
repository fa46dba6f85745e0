/* SPDX-License-Identifier: Apache-2.0 */
/* strangers.h asks other sources of names whether they know a name or an id: a directory behind SSSD, winbind,
 * systemd. A process of its own asks by way of libc, with /etc/passwd, /etc/group and our own answers left out, and
 * nscd too. */
#ifndef AGENTAUTHCTL_STRANGERS_H
#define AGENTAUTHCTL_STRANGERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/cli/problems.h"

/* newcomers.h frees a newcomer's strings. */
struct newcomer {
	char *user;  /* an agent's name, whose uid is `id`; NULL: it is a group alone */
	char *group; /* the name of its group, whose gid is `id` */
	uint32_t id;
	char *setting; /* of a group: where it stands */
	bool returns;  /* an agent that is restored */
	char *known;   /* what another source has of it, as a sentence's rest; NULL: nothing */
};

/* strangers_are_there() returns true where there is a source that strangers_ask() would ask about so many. */
bool strangers_are_there(const char *sysconfdir, size_t n);

/* strangers_ask() fills in what is known of each. A source that does not answer in time is told of in a warning. */
void strangers_ask(struct newcomer *newcomers, size_t n, const char *sysconfdir, struct problems *problems);

/* stranger_ids counts, while a free id is looked for, how often the others were asked. Where they have that many in a
 * row, the range is theirs, and publishing says so. */
struct stranger_ids {
	const char *sysconfdir;
	unsigned asked;
};
/* strangers_have_id() returns true where another source has an account or a group with this id. */
bool strangers_have_id(struct stranger_ids *ids, uint32_t id);

/* strangers_between() returns some of the accounts and groups with an id from `min` to `max` that other sources list,
 * as a text; the caller frees. It returns NULL where they list none, and a source may know more than it lists. */
char *strangers_between(uint32_t min, uint32_t max, const char *sysconfdir);

#endif
