/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_fleet.c has the commands for the registry of many hosts. */
#include "config.h"

#include "tools/agentauthctl/commands/fleet/fleet.h"

const struct command cmd_fleet = {
    .name = "fleet",
    .also = "hosts release",
    .words = "COMMAND",
    .summary = "carry one registry to many hosts, in releases that people sign",
    .about =
	"A release is a directory: the agents, roles and issuers of one host's text, and a manifest that k "
	"of n "
	"release keys have signed. Whoever carries it grants nothing: a host takes it by the keys in its "
	"own fleet.conf alone.",
    .sub = (const struct command *const[]){&fleet_init, &fleet_keygen, &fleet_sign, &fleet_push, &fleet_take,
					   &fleet_stop, &fleet_lift, &fleet_status, NULL},
};
