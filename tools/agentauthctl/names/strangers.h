/* SPDX-License-Identifier: Apache-2.0 */
/* strangers.h: whether another source of names knows a name or an id: a directory behind SSSD, winbind, systemd. They are
 * asked by way of libc in a process of its own, with /etc/passwd, /etc/group and our own answers left out, and nscd too.
 */
#ifndef AGENTAUTHCTL_STRANGERS_H
#define AGENTAUTHCTL_STRANGERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/cli/problems.h"

/* All from malloc(), and freed by newcomers.h. */
struct newcomer {
	char *user;  /* an agent's name, whose uid is `id`; NULL: it is a group alone */
	char *group; /* the name of its group, whose gid is `id` */
	uint32_t id;
	char *setting; /* of a group: where it stands */
	char *known;   /* what another source has of it, as a sentence's rest; NULL: nothing */
};

/* Whether there is a source that strangers_ask() would ask about so many. */
bool strangers_are_there(const char *sysconfdir, size_t n);

/* Fills in what is known of each. A source that does not answer in time is told of in a warning. */
void strangers_ask(struct newcomer *newcomers, size_t n, const char *sysconfdir, struct problems *problems);

/* While a free id is looked for: how often the others were asked. Where they have that many in a row, the range is
 * theirs, and publishing says so. */
struct stranger_ids {
	const char *sysconfdir;
	unsigned asked;
};
/* Whether another source has an account or a group with this id. */
bool strangers_have_id(struct stranger_ids *ids, uint32_t id);

/* Some of the accounts and groups with an id from `min` to `max` that other sources list, as a text from malloc(). NULL:
 * they list none; a source may know more than it lists. */
char *strangers_between(uint32_t min, uint32_t max, const char *sysconfdir);

#endif
