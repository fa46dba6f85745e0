/* SPDX-License-Identifier: Apache-2.0 */
/* take.h leads from a release directory to the change of the text that it is on this host. */
#ifndef AGENTAUTHCTL_FLEET_TAKE_H
#define AGENTAUTHCTL_FLEET_TAKE_H

#include "tools/agentauthctl/fleet/fleet_agents.h"
#include "tools/agentauthctl/fleet/fleet_main.h"
#include "tools/agentauthctl/fleet/refusal.h"

/* A take begins with the first five members set, and the rest zero. */
struct fleet_take {
	struct workspace *ws;
	const struct fleet_conf *conf;
	int dirfd; /* that holds the release */
	fleet_agent_fn *each;
	void *data;

	struct taken own;
	struct release release;
	char signers[200];
	char *manifest; /* manifest.jws as it was read, once */
	size_t manifest_len;
	char *part; /* the release's agentauth.conf */
	size_t part_len;
	struct conf_text before; /* the host's agentauth.conf, as it was read */
	struct ids ids;		 /* of the whole fleet */
	struct fleet_main main;
	struct fleet_agents agents;
	struct fleet_refusal refusal;
};

/* fleet_take_prepare() reads and verifies all of the release, and changes nothing but the ids in the workspace's memory. It
 * returns false with t->refusal where the release is not taken. fleet_take_free() in any case. */
bool fleet_take_prepare(struct fleet_take *t, int64_t now);
/* fleet_take_is_had() returns true where this very release serves, and nobody has changed what it gave. */
bool fleet_take_is_had(const struct fleet_take *t);
/* fleet_take_change() returns the change that publishes it; what it points to is the take's. */
struct text_change fleet_take_change(const struct fleet_take *t);
/* fleet_take_begin() writes what has to be there before the change is published, and fleet_take_end() that it was. They
 * return 0 or a negative errno. */
int fleet_take_begin(const struct fleet_take *t);
int fleet_take_end(const struct fleet_take *t);
void fleet_take_free(struct fleet_take *t);

#endif
