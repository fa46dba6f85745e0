/* SPDX-License-Identifier: Apache-2.0 */
/* release.h reads and writes a release's manifest, the JSON that release keys sign:
 *
 *   {"version": 1, "number": 7, "made": "2027-01-31T00:00:00Z", "expires": "2027-03-02T00:00:00Z",
 *    "labels": ["web"], "files": {"PATH": "HEX", …}}
 *
 * "labels" are those of the hosts that it is for, and of all hosts where it is missing. PATH is "agentauth.conf" (issuers and
 * roles, and nothing else), "ids" (every name and id that
 * the fleet ever gave, as in STATEDIR/ids), "agents.d/NAME.conf", or "labels/LABEL/agents.d/NAME.conf": the text of that
 * agent on hosts with this label, in the place of the other. HEX is the SHA-256 of the file, under which it lies in files/. */
#ifndef AGENTAUTHCTL_FLEET_RELEASE_H
#define AGENTAUTHCTL_FLEET_RELEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "common/jose/sha256.h"
#include "common/text/list.h"

#define RELEASE_TYP "agentauth-release+jws"
#define RELEASE_MANIFEST "manifest.jws"
#define RELEASE_FILES "files"
#define RELEASE_MAIN "agentauth.conf"
#define RELEASE_IDS "ids"
#define RELEASE_AGENTS "agents.d/"
#define RELEASE_LABELS "labels/"
#define RELEASE_MANIFEST_MAX ((size_t)64 * 1024 * 1024) /* bytes of manifest.jws */
#define RELEASE_IDS_MAX ((size_t)64 * 1024 * 1024)

struct release {
	uint32_t number;
	int64_t made, expires;
	json_t *json;
	const json_t *labels;		 /* an array of strings, or NULL */
	json_t *files;			 /* {PATH: HEX} */
	char digest[AA_SHA256_HEX_SIZE]; /* of the payload that was signed */
};

/* release_parse() reads a payload whose signatures the caller has verified, or does not need. It returns false where it is
 * no manifest, and `why` has a sentence's rest: "has no number". release_free() in any case. */
bool release_parse(const void *payload, size_t len, struct release *ret, char *why, size_t size);
void release_free(struct release *release);
/* release_payload() writes the manifest of the members, from malloc(); `files` is borrowed. NULL: memory is out. */
char *release_payload(const struct release *release);

/* release_is_for() returns whether the release is for a host with these labels. */
bool release_is_for(const struct release *release, const struct aa_list *labels);
/* release_agent_at() takes the agent's name, of at most 31 bytes, and the label, "" where there is none, from a PATH. It
 * returns false for a path that is no agent's. */
bool release_agent_at(const char *path, char label[40], char name[40]);
/* release_agent_digest() returns the digest of an agent's text for a host with these labels: the first label that has
 * one decides. NULL: the release has none for it. */
const char *release_agent_digest(const struct release *release, const struct aa_list *labels,
				 const char *name);
/* release_is_digest() returns whether the text is 64 lower case hexadecimal digits. */
bool release_is_digest(const char *text);

#endif
