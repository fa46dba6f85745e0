/* SPDX-License-Identifier: Apache-2.0 */
/* service_account.h: a service account's key file as Google hands it out: a JSON object with a private key
 * and whose it is. */
#ifndef AGENTAUTH_AGENT_SERVICE_ACCOUNT_H
#define AGENTAUTH_AGENT_SERVICE_ACCOUNT_H

#include "common/jose/key.h"

struct service_account {
	struct aa_private_key *key;
	char *kid, *email, *token_uri; /* private_key_id, client_email, token_uri; token_uri may be NULL */
};

/* The file must be the caller's, with no permission for others. 0, to be given to service_account_free(), or
 * -1 with the reason said. */
int service_account_read(const char *path, struct service_account *ret);
void service_account_free(struct service_account *account);

#endif
