/* SPDX-License-Identifier: Apache-2.0 */
/* taken.h keeps STATEDIR/fleet, what this host has taken of its fleet: taken.jws, the manifest of the last release, and
 * files/, its agentauth.conf. (stops/ is stop_store.h's.)
 *
 * The generation that a release was published as has its number and digest, too, so that a host that was killed between
 * the two, or that lost one of them, still takes nothing older. */
#ifndef AGENTAUTHCTL_FLEET_TAKEN_H
#define AGENTAUTHCTL_FLEET_TAKEN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tools/agentauthctl/fleet/release.h"

#define TAKEN_FOLDER "fleet"

struct taken {
	uint32_t number; /* of the newest release that this host has had; 0: none */
	char digest[AA_SHA256_HEX_SIZE];
	struct release release; /* as in taken.jws; without json: there is none */
	char *main_text;	/* its agentauth.conf; NULL: there is none */
};

/* taken_read() returns 0 or a negative errno: -EBADMSG where the file is damaged. Nothing taken yet is success.
 * taken_free() in any case. */
int taken_read(const char *statedir, uid_t owner, struct taken *ret);
void taken_free(struct taken *taken);
/* taken_keep_main() writes the release's agentauth.conf, before it is published; taken_write() its manifest, after, and lets
 * go of the one before. Both return 0 or a negative errno, and are durable then. */
int taken_keep_main(const char *statedir, const char *digest, const char *bytes, size_t len);
int taken_write(const char *statedir, const char *manifest, size_t len, const char *main_digest);

#endif
