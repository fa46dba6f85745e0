/* SPDX-License-Identifier: Apache-2.0 */
/* link.h: opens a connection to a directory: with TLS that is verified, bound, and bounded in time and in what it may say at
 * once. Of libldap's own configuration (ldap.conf, environment, a user's ldaprc) nothing is read. */
#ifndef AGENTAUTH_SYNC_LINK_H
#define AGENTAUTH_SYNC_LINK_H

#include <stddef.h>

#include <ldap.h>

#define LINK_TIMEOUT 30 /* seconds until a server is connected to and bound, or given up */

enum link_sasl { LINK_SIMPLE, LINK_EXTERNAL, LINK_GSSAPI };

struct link_conf {
	enum link_sasl sasl;
	const char *bind_dn, *password;	       /* of LINK_SIMPLE */
	const char *ca_file;		       /* NULL: no server has TLS */
	const char *certificate, *private_key; /* of the client; NULL: none */
	size_t message_max;		       /* bytes of one message of the server */
};

#define LINK_WHY_SIZE 512

/* Sets what all connections of the program share, once, before the first. Returns 0, or -1 with a phrase in `why`. */
int link_prepare(const struct link_conf *conf, char why[LINK_WHY_SIZE]);

/* Connects and binds. ldaps:// has TLS from the first byte, ldap:// demands StartTLS, ldapi:// is this host's own socket; another
 * scheme is refused. NULL: `why` says what failed. The connection does not block afterwards. */
LDAP *link_open(const struct link_conf *conf, const char *uri, char why[LINK_WHY_SIZE]);

/* Returns the connection's descriptor, which stays the connection's. */
int link_fd(LDAP *ld);
void link_close(LDAP *ld);

/* Says what the connection's last call met: libldap's words and, where it has any, the server's. */
void link_why(LDAP *ld, int rc, char why[LINK_WHY_SIZE]);

#endif
