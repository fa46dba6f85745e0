/* SPDX-License-Identifier: Apache-2.0 */
/* stop.h reads and writes what shuts agents out on every host, and what ends that.
 *
 * A stop is signed by one stop key: {"version": 1, "kind": "agent", "value": "builder-7", "made": "…", "why": "…"}; kind is
 * agent, role, owner, jti, kid or all (without a value), and a jti may have an issuer. A lift is signed by as many release keys
 * as a release, since it gives rights back: {"version": 1, "kind": "lift", "value": "ID", "made": "…", "why": "…"}. The ID of
 * a statement is the SHA-256 of its payload: the file around it could be written otherwise by anybody, with the same signature,
 * so that its own digest names it in stops/HEX.jws alone. */
#ifndef AGENTAUTHCTL_FLEET_STOP_H
#define AGENTAUTHCTL_FLEET_STOP_H

#include <jansson.h>

#include "common/jose/sha256.h"
#include "common/verify/policy_record.h"
#include "tools/agentauthctl/fleet/fleet_conf.h"
#include "tools/agentauthctl/fleet/refusal.h"

#define STOP_TYP "agentauth-stop+jws"
#define LIFT_TYP "agentauth-lift+jws"
#define STOPS_FOLDER "stops"
#define STOPS_INDEX "index"
#define STOP_SUFFIX ".jws"
#define STOP_MAX 16384 /* bytes of a file */
#define STOP_WHY_MAX 1024

enum stop_kind { STOP_AGENT, STOP_ROLE, STOP_OWNER, STOP_JTI, STOP_KID, STOP_ALL, STOP_LIFT };
#define STOP_KINDS 7

struct stop {
	char name[AA_SHA256_HEX_SIZE], id[AA_SHA256_HEX_SIZE]; /* of its file, of its payload */
	enum stop_kind kind;
	json_t *json;		    /* owns the texts */
	const char *value, *issuer; /* value "" of STOP_ALL; issuer NULL: every issuer */
	const char *why;	    /* "": nobody said */
	int64_t made;
	char signer[80]; /* of stop_check(): their names */
};

const char *stop_kind_name(enum stop_kind kind);
/* stop_kind_of() returns false for a word that is no kind. */
bool stop_kind_of(const char *name, enum stop_kind *ret);

/* stop_read() reads a file's statement without looking at its signatures. It returns false with the rest of a sentence in
 * `why`. stop_free() in any case. */
bool stop_read(const char *text, size_t len, struct stop *ret, char *why, size_t size);
void stop_free(struct stop *stop);
/* stop_payload() writes a statement, from malloc(); `kind`, `value`, `issuer`, `why` and `made` are set. NULL: memory is out. */
char *stop_payload(const struct stop *stop);

/* stop_check() reads a file and decides by fleet.conf whether it holds. A lift that too few have signed yet is refused as
 * AA_BAD_SIGNATURE. stop_free() in any case. */
bool stop_check(const struct fleet_conf *conf, const char *text, size_t len, struct stop *ret,
		struct fleet_refusal *refusal);

/* stop_fits() returns true where the stop shuts this agent out. */
bool stop_fits(const struct stop *stop, const struct aa_agent *agent);

#endif
