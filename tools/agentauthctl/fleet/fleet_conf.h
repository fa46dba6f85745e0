/* SPDX-License-Identifier: Apache-2.0 */
/* fleet_conf.h reads CONFDIR/fleet.conf: whose signatures this host believes, and what no release may give it.
 *
 * The file is the host's own: no release carries or changes it. Without it the host is of no fleet, and nothing here
 * applies. */
#ifndef AGENTAUTHCTL_FLEET_CONF_H
#define AGENTAUTHCTL_FLEET_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "common/jose/key.h"
#include "common/text/list.h"
#include "tools/agentauthctl/publish/paths.h"
#include "tools/conf/conf_read.h"

#define FLEET_CONF_FILE "fleet.conf"
#define FLEET_KEYS_MAX 32
#define FLEET_LABELS_MAX 16

/* fleet_key is a person's, or a machine's; its name stands in the log. */
struct fleet_key {
	const char *name, *pem;
};

struct fleet_keys {
	size_t n;
	struct fleet_key *v;
};

/* A list of the ceiling that is not given allows everything of its kind but what no release may give in any case. */
struct fleet_ceiling {
	bool given;
	struct aa_list roles, sudo, groups, issuers;
};

struct fleet_conf {
	struct fleet_keys release_keys, stop_keys;
	int64_t threshold; /* release keys that must have signed, each once */
	struct aa_list labels;
	struct fleet_ceiling ceiling;
	struct aa_key *release[FLEET_KEYS_MAX],
	    *stop[FLEET_KEYS_MAX]; /* of the lists above, in their order */
	struct conf_file file;
	struct arena arena;
};

/* fleet_conf_read() returns 0, or -ENOENT where there is no such file, which is not reported, or -1: reported.
 * fleet_conf_free() follows in any case. */
int fleet_conf_read(const struct paths *paths, struct problems *problems, struct fleet_conf *ret);
void fleet_conf_free(struct fleet_conf *conf);

#endif
