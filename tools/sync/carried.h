/* SPDX-License-Identifier: Apache-2.0 */
/* carried.h: tells which file of a release an entry of the directory is.
 *
 * A release has three kinds of files: the manifest, the files that it names, and stops. In a folder, and over HTTPS, they are
 * manifest.jws, files/HEX and stops/HEX.jws; in the directory cn=manifest, agentauthDigest=HEX,ou=files and
 * agentauthDigest=HEX,ou=stops below the base. HEX is the lower-case SHA-256 of the content. Nothing else of a name or a content
 * is believed or looked at here: signatures are looked at by `agentauthctl fleet take`. */
#ifndef AGENTAUTH_SYNC_CARRIED_H
#define AGENTAUTH_SYNC_CARRIED_H

#include <stdbool.h>
#include <stddef.h>

#include "common/jose/sha256.h"

#define CARRIED_DN_MAX 1024  /* bytes of a DN that is looked at */
#define CARRIED_PATH_SIZE 80 /* of the longest path in a release, with its zero */

#define CARRIED_CONTENT "agentauthContent"
#define CARRIED_DIGEST "agentauthDigest"
#define CARRIED_FILTER \
	"(|(objectClass=agentauthManifest)(objectClass=agentauthFile)(objectClass=agentauthStop))"

enum carried_kind { CARRIED_MANIFEST, CARRIED_FILE, CARRIED_STOP };

struct carried {
	enum carried_kind kind;
	char hex[AA_SHA256_HEX_SIZE]; /* of a manifest, whose name does not say it, "" */
};

/* Finds which file the entry `dn` is, below `base`, both as the server or a person wrote them. false: it is none. */
bool carried_of_dn(const char *dn, const char *base, struct carried *ret);

/* Reads a name as a folder has it: HEX of a file, HEX.jws of a stop. false: it is none. */
bool carried_of_name(const char *name, enum carried_kind kind, struct carried *ret);

/* Tells whether the content is what the name says. A manifest's may be any; *ret->hex becomes its digest. */
bool carried_fits(struct carried *file, const void *content, size_t len);

/* Writes the path within a release: "files/HEX". */
void carried_path(const struct carried *file, char ret[CARRIED_PATH_SIZE]);

#endif
