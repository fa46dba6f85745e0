/* SPDX-License-Identifier: Apache-2.0 */
/* sync_conf.h: the settings of agentauth-sync, as agentauth-sync(8) describes them. */
#ifndef AGENTAUTH_SYNC_SYNC_CONF_H
#define AGENTAUTH_SYNC_SYNC_CONF_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/text/list.h"
#include "tools/cli/alloc.h"
#include "tools/conf/conf_file.h"
#include "tools/sync/incoming.h"
#include "tools/sync/link.h"

struct sync_web {
	bool given;
	const char *url, *ca_file;
	int64_t interval; /* seconds */
};

struct sync_limits {
	bool given;
	struct incoming_limits most;
};

struct sync_conf {
	struct aa_list servers;
	const char *base, *bind_dn, *password_file, *ca_file, *certificate, *private_key;
	int sasl; /* enum link_sasl */
	int64_t keepalive;
	struct sync_web https;
	struct sync_limits limits;
	/* made of these */
	char *password;
	struct link_conf link;
	struct conf_file file;
	struct arena arena;
};

/* Reads the file, which root or `owner` alone may have written, and the password. 0, or -1: reported. The texts live until
 * sync_conf_free(), which also takes what a failure has left. */
int sync_conf_read(const char *path, uid_t owner, struct sync_conf *ret);
void sync_conf_free(struct sync_conf *conf);

#endif
