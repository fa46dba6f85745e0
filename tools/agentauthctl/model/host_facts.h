/* SPDX-License-Identifier: Apache-2.0 */
/* host_facts.h: gathers the facts of this host that the configuration is checked against: its own accounts and groups, its
 * name, the names in its sudoers, and whether sudo has the approval plugin. They are gathered once, when a command begins. */
#ifndef AGENTAUTHCTL_HOST_FACTS_H
#define AGENTAUTHCTL_HOST_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/agentauthctl/model/host_sudo.h"
#include "tools/agentauthctl/model/sudo_plugins.h"
#include <jansson.h>

#include "tools/agentauthctl/model/sudoers_who.h"
#include "tools/cli/problems.h"

/* Local names are the lines of a passwd or group file: their names and ids. */
struct local_names {
	char *text; /* the file's bytes, cut into names */
	size_t n, cap;
	struct local_name {
		const char *name;
		uint32_t id;
	} * by_name, *by_id;
};

struct host_facts {
	struct local_names users, groups;
	struct sudoers_who sudoers; /* the names in sudoers */
	struct sudo_plugins plugins;
	struct host_sudo *sudo; /* see host_facts_sudo() */
	char *hostname;		/* as the kernel has it */
	char *fqdn;		/* as the resolver completes it; the host's name where that gives none */
	bool fqdn_is_known;
	/* The published audience, which the resolver does not change; 0: nothing is published. */
	char **audience;
	size_t n_audience;
};

/* Reads the file; an absent file has no lines. -1: reported. */
int local_names_read(struct local_names *names, const char *file, struct problems *problems);
void local_names_free(struct local_names *names);
const struct local_name *local_by_name(const struct local_names *names, const char *name);
const struct local_name *local_by_id(const struct local_names *names, uint32_t id);

/* Gathers the facts of the host, whose /etc is `sysconfdir`. A name that it lacks is reported where it is needed, not here.
 * -1: reported. */
int host_facts_read(struct host_facts *facts, const char *sysconfdir, struct problems *problems);
void host_facts_free(struct host_facts *facts);
/* Returns which sudo the host uses. It is asked once, when a command first needs to know; not by several threads at once. */
const struct host_sudo *host_facts_sudo(const struct host_facts *facts);
/* Takes over the host's name and audience from its published record ("host", NULL: none). */
void host_facts_keep(struct host_facts *facts, const json_t *host);

#endif
