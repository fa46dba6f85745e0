/* SPDX-License-Identifier: Apache-2.0 */
/* idp.h: an identity provider: where its endpoints are, and asking them.
 *
 * The metadata comes from the issuer's OpenID configuration (OpenID Connect Discovery 1.0 section 4) or,
 * where there is none, its OAuth metadata (RFC 8414 section 3); its `issuer` must be the profile's to the
 * letter. An endpoint that the profile names is taken instead of the metadata's. */
#ifndef AGENTAUTH_AGENT_IDP_H
#define AGENTAUTH_AGENT_IDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "tools/agentauth/local/profile.h"

#define IDP_TRIES 3
#define IDP_SECONDS 30 /* over all tries */

struct http_request;
struct http_response;

struct idp {
	const struct profile *profile;
	char *ca_file; /* NULL: the system's */
	char *token_endpoint, *authorization_endpoint, *device_authorization_endpoint;
	json_t *auth_methods; /* of the metadata: how clients may prove who they are; NULL: not said */
	bool names_itself;    /* RFC 9207: its authorization responses have `iss` */
};

/* What the profile's grant needs is there. 0, to be given to provider_free(), or -1 with the reason said. */
int idp_find(const struct profile *profile, struct idp *ret);
void idp_free(struct idp *idp);

/* Sends until there is an answer that another try would not change: network trouble, 429 and 5xx are tried
 * again, up to PROVIDER_TRIES times within PROVIDER_SECONDS, Retry-After heeded. `prepare`, which may be
 * NULL, fills the request anew for each try: a signed assertion is used once. The last answer, whatever its
 * status; 0, or -1 with the reason said where there was none. */
typedef int idp_prepare_fn(void *data, struct http_request *request);
int idp_send(const struct idp *idp, struct http_request *request, idp_prepare_fn *prepare, void *data,
	     struct http_response *ret);

/* Says which ways of proving who the client is the provider's metadata names, if the profile's is not among them. */
void idp_say_auth_methods(const struct idp *idp);

/* What may be shown of a provider's text: printable ASCII (RFC 6749 section 5.2), the rest as \xNN, cut at
 * the size. */
const char *idp_text(const char *text, char *buf, size_t size);

/* Says by how much this machine's clock and an answer's Date differ, if by more than half a minute. `date`
 * -1: not known. */
void idp_compare_clocks(int64_t date, int64_t now);

#endif
