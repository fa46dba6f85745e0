/* SPDX-License-Identifier: Apache-2.0 */
/* secret.h: reads a secret from where a profile says it is. A secret never stands in the profile itself and is never an
 * argument.
 *
 *   { file = "~/.config/agentauth/secret"; }       mode 0600; newlines at the end are left out
 *   { credential = "idp-secret"; }                 $CREDENTIALS_DIRECTORY/idp-secret, systemd.exec(5)
 *   { env = "IDP_SECRET"; }
 *   { command = [ "pass", "show", "idp" ]; }       the command's output; there is no shell
 */
#ifndef AGENTAUTH_AGENT_SECRET_H
#define AGENTAUTH_AGENT_SECRET_H

#include <stdbool.h>

#include "common/text/list.h"

#define SECRET_MAX 65536
#define SECRET_COMMAND_SECONDS 30

/* A source names at most one place. The strings belong to the profile. */
struct secret_source {
	bool given; /* the setting is there, for conf_read() */
	const char *file, *credential, *env;
	struct aa_list command; /* has a NULL behind its words, for execvp() */
};

bool secret_is_named(const struct secret_source *source);
/* Returns how many places the source names. */
unsigned secret_places(const struct secret_source *source);

/* Returns the secret, which is never empty and has no zero byte, for own_wipe(). NULL comes with the reason said, in which
 * `what` names the secret: "the client's secret". */
char *secret_read(const struct secret_source *source, const char *what);
/* Returns the secret's first line alone, as a passphrase or a PIN is meant. */
char *secret_read_line(const struct secret_source *source, const char *what);
/* Returns a token that the platform placed. A file of root's may then be readable by all. */
char *secret_read_token(const struct secret_source *source, const char *what);

#endif
