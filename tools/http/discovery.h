/* SPDX-License-Identifier: Apache-2.0 */
/* discovery.h: finds where an issuer's metadata lies. */
#ifndef AGENTAUTH_HTTP_DISCOVERY_H
#define AGENTAUTH_HTTP_DISCOVERY_H

#define DISCOVERY_OPENID "/.well-known/openid-configuration"
#define DISCOVERY_OAUTH "/.well-known/oauth-authorization-server"

/* Returns the address behind the issuer, whose slashes at its end are left out (OpenID Connect Discovery 1.0 section 4).
 * From malloc(); NULL: the issuer has no scheme, or memory is out. */
char *discovery_openid(const char *issuer);
/* Returns the address between the issuer's host and its path (RFC 8414 section 3.1), in the same way. */
char *discovery_oauth(const char *issuer);

#endif
