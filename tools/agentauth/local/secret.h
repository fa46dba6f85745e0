/* SPDX-License-Identifier: Apache-2.0 */
/* secret.h: a secret from where a profile says it is: never from the profile itself, and never an argument.
 *
 *   { file = "~/.config/agentauth/secret"; }       mode 0600; its text without newlines at the end
 *   { credential = "idp-secret"; }                 $CREDENTIALS_DIRECTORY/idp-secret, systemd.exec(5)
 *   { env = "IDP_SECRET"; }
 *   { command = [ "pass", "show", "idp" ]; }       what it prints; no shell
 */
#ifndef AGENTAUTH_AGENT_SECRET_H
#define AGENTAUTH_AGENT_SECRET_H

#include <stdbool.h>

#define SECRET_MAX 65536
#define SECRET_COMMAND_SECONDS 30

/* At most one is set. Borrowed. */
struct secret_source {
	const char *file, *credential, *env;
	const char *const *command; /* up to a NULL */
};

bool secret_is_named(const struct secret_source *source);

/* The secret, to be given to own_wipe(); never empty and without a zero byte. NULL, with the reason said:
 * `what` it is, "the client's secret". */
char *secret_read(const struct secret_source *source, const char *what);
/* Its first line: a passphrase or a PIN. */
char *secret_read_line(const struct secret_source *source, const char *what);
/* The same for a token that the platform placed, whose file root may let all read. */
char *secret_read_token(const struct secret_source *source, const char *what);

#endif
