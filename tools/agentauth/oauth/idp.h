/* SPDX-License-Identifier: Apache-2.0 */
/* idp.h: finds the endpoints of an identity provider and sends requests to them.
 *
 * The metadata comes from the issuer's OpenID configuration (OpenID Connect Discovery 1.0 section 4) or, where there is none,
 * from its OAuth metadata (RFC 8414 section 3). The metadata's `issuer` must be the profile's to the letter. An endpoint that
 * the profile names is taken instead of the metadata's. */
#ifndef AGENTAUTH_AGENT_IDP_H
#define AGENTAUTH_AGENT_IDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "tools/agentauth/local/profile.h"

#define IDP_TRIES 3
#define IDP_SECONDS 30 /* for all tries together */

struct http_request;
struct http_response;

struct idp {
	const struct profile *profile;
	char *ca_file; /* NULL stands for the system's */
	char *token_endpoint, *authorization_endpoint, *device_authorization_endpoint;
	json_t *auth_methods; /* token_endpoint_auth_methods_supported of the metadata, or NULL */
	bool names_itself;    /* its authorization responses have `iss` (RFC 9207) */
};

/* Finds the endpoints that the profile's grant needs. Returns 0 with *ret for idp_free(), or -1 with the reason said. */
int idp_find(const struct profile *profile, struct idp *ret);
void idp_free(struct idp *idp);

/* Sends a request until there is an answer that another try would not change. After network trouble, 429 and 5xx the request
 * is tried again, up to IDP_TRIES times within IDP_SECONDS, and not before Retry-After. `prepare`, which may be NULL, fills
 * the request anew for each try, since a signed assertion is used once. Returns 0 with the last answer, whatever its status,
 * or -1 with the reason said where there was no answer. */
typedef int idp_prepare_fn(void *data, struct http_request *request);
int idp_send(const struct idp *idp, struct http_request *request, idp_prepare_fn *prepare, void *data,
	     struct http_response *ret);

/* Says which ways of authenticating clients the metadata names, if the profile's client_auth is not among them. */
void idp_say_auth_methods(const struct idp *idp);

/* Writes an identity provider's text into `buf` as it may be shown: printable ASCII (RFC 6749 section 5.2), all other bytes as
 * \xNN, cut at the size. Returns `buf`. */
const char *idp_text(const char *text, char *buf, size_t size);
/* Tells whether the text is an address that begins with https:// and has nothing in it that a terminal or a browser might act
 * on; NULL is none. */
bool idp_is_web_address(const char *text);

/* Says by how much this machine's clock and an answer's Date differ, if by more than half a minute. A `date` of -1 is
 * unknown. */
void idp_compare_clocks(int64_t date, int64_t now);

#endif
