/* SPDX-License-Identifier: Apache-2.0 */
/* signed.h counts whose signatures a statement has: a release, a stop, a lift. */
#ifndef AGENTAUTHCTL_FLEET_SIGNED_H
#define AGENTAUTHCTL_FLEET_SIGNED_H

#include <stddef.h>

#include "common/jose/jws_general.h"
#include "tools/agentauthctl/fleet/fleet_conf.h"

/* fleet_signers() returns how many of the keys have a signature of this typ that holds; several by one key count once. The
 * first names of theirs go into `names`, "alice, bob". */
size_t fleet_signers(const struct aa_jws_general *jws, const char *typ, const struct fleet_keys *keys,
		     struct aa_key *const *loaded, char *names, size_t size);

#endif
