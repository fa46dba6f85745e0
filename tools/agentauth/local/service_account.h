/* SPDX-License-Identifier: Apache-2.0 */
/* service_account.h: reads a service account's key file as Google hands it out, a JSON object with a private key and the
 * account's name. */
#ifndef AGENTAUTH_AGENT_SERVICE_ACCOUNT_H
#define AGENTAUTH_AGENT_SERVICE_ACCOUNT_H

#include "common/jose/key_private.h"

struct service_account {
	struct aa_private_key *key;
	char *kid, *email; /* private_key_id and client_email */
	char *token_uri;   /* may be NULL */
};

/* Reads a file that must be as own_read_secret() wants it. Returns 0 with *ret for service_account_free(), or -1 with the
 * reason said. */
int service_account_read(const char *path, struct service_account *ret);
void service_account_free(struct service_account *account);

#endif
