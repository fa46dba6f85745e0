/* SPDX-License-Identifier: Apache-2.0 */
/* key_holders.h says whose key a kid names, among what is published: agents' keys, and those of issuers. */
#ifndef AGENTAUTHCTL_KEY_HOLDERS_H
#define AGENTAUTHCTL_KEY_HOLDERS_H

#include "tools/agentauthctl/commands/ctl.h"

struct key_holders {
	size_t n;
	struct buffer names; /* "builder-7, issuer corp", and of many the first ones */
	char *near;	     /* the kid that was probably meant; NULL: none is near */
	bool unread;	     /* not all could be read, so that somebody else may have the key */
};

/* key_holders_find() leaves *ret to be freed by key_holders_free(). */
void key_holders_find(const struct ctl *ctl, const char *kid, struct key_holders *ret);
void key_holders_free(struct key_holders *holders);

#endif
