/* SPDX-License-Identifier: Apache-2.0 */
/* discovery.h: where an issuer's metadata lies. */
#ifndef AGENTAUTH_HTTP_DISCOVERY_H
#define AGENTAUTH_HTTP_DISCOVERY_H

#define DISCOVERY_OPENID "/.well-known/openid-configuration"
#define DISCOVERY_OAUTH "/.well-known/oauth-authorization-server"

/* Behind the issuer, slashes at its end left out (OpenID Connect Discovery 1.0 section 4). From malloc();
 * NULL: the issuer has no scheme, or memory is out. */
char *discovery_openid(const char *issuer);
/* The same between the issuer's host and its path (RFC 8414 section 3.1). */
char *discovery_oauth(const char *issuer);

#endif
