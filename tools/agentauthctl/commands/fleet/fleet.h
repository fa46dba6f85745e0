/* SPDX-License-Identifier: Apache-2.0 */
/* fleet.h is what the commands of `agentauthctl fleet` share. */
#ifndef AGENTAUTHCTL_FLEET_COMMANDS_H
#define AGENTAUTHCTL_FLEET_COMMANDS_H

#include "common/jose/key_private.h"
#include "tools/agentauthctl/commands/ctl.h"
#include "tools/agentauthctl/fleet/fleet_conf.h"
#include "tools/agentauthctl/fleet/refusal.h"

extern const struct command fleet_init, fleet_keygen, fleet_sign, fleet_push, fleet_take, fleet_stop,
    fleet_lift, fleet_status;

#define FLEET_KEY_OPTIONS \
	{"key", "FILE", "the private key, as fleet keygen made it", 0, NULL}, \
	{ \
		"passphrase-file", "FILE", \
		    "holds the key's passphrase in its first line; without it a terminal is asked", 0, NULL \
	}

/* fleet_private_key() reads the key that --key names, and asks for its passphrase where it has one. NULL: reported. */
struct aa_private_key *fleet_private_key(struct ctl *ctl, const struct arguments *arguments);
/* fleet_new_passphrase() reads the passphrase of --passphrase-file, or asks twice. The caller wipes and frees it. NULL:
 * reported. */
char *fleet_new_passphrase(struct ctl *ctl, const struct arguments *arguments);

/* fleet_open_conf() reads fleet.conf. CTL_FAILED: reported, also where there is none. fleet_conf_free() in any case. */
enum ctl_status fleet_open_conf(struct ctl *ctl, struct fleet_conf *ret);

/* fleet_refused() logs and reports what was not taken, and returns CTL_FAILED. */
enum ctl_status fleet_refused(struct ctl *ctl, const struct fleet_refusal *refusal);
/* fleet_logged() logs what was done, in a sentence. */
void fleet_logged(struct ctl *ctl, const char *agent, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
