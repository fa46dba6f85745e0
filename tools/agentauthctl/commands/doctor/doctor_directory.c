/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_directory.c checks what other sources of names have of ours, and credentials that two agents have. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/registry/accounts.h"
#include "tools/agentauthctl/commands/doctor/doctor.h"
#include "tools/agentauthctl/model/overlap.h"
#include "tools/agentauthctl/publish/newcomers.h"

#define SHARED_SHOWN 3

/* ---- groups of ours that another source knows ------------------------------------- */

static void report_group(struct doctor *d, const struct newcomer *n)
{
	if (strcmp(n->group, d->group) == 0)
		doctor_problem(
		    d, NULL,
		    "another source of names has the group %s or its gid too: %s. sshd's block for agents "
		    "holds for "
		    "its members. Set accounts.group in agentauth.conf to a name that nobody has, run "
		    "agentauthctl "
		    "apply, and write that name wherever this finds the old one: grep -rw %s " AA_SYSCONFDIR
		    "/ssh " AA_SYSCONFDIR "/pam.d " AA_SYSCONFDIR "/sudoers.d",
		    d->group, n->known, d->group);
	else
		doctor_problem(d, NULL,
			       "another source of names has a role's group or gid too: %s. A role %s of "
			       "another name, and of "
			       "another gid, ends that",
			       n->known, n->setting);
}

void doctor_directory(struct doctor *d)
{
	struct newcomers asked = {0};
	unsigned before = d->problems;

	if (!d->gid)
		return;
	newcomers_add_group(&asked, d->group, d->gid, "");
	for (size_t i = 0; i < d->n_roles; i++) {
		const struct aa_role *role = d->roles[i];
		char *group = xasprintf(AA_ROLE_GROUP_PREFIX "%s", role->name);

		newcomers_add_group(&asked, group, role->gid, role->name);
		free(group);
	}
	strangers_ask(asked.v, asked.n, d->ctl->paths.sysconfdir, &d->ctl->problems);
	for (size_t i = 0; i < asked.n; i++)
		if (asked.v[i].known)
			report_group(d, &asked.v[i]);
	if (d->problems == before)
		doctor_fine(d, "no other source of names has a group of agents");
	newcomers_free(&asked);
}

/* ---- keys that two agents have ------------------------------------------------------ */

void doctor_keep_keys(struct doctor *d, const char *name, const struct aa_agent *agent)
{
	const char *owner = NULL;

	for (size_t i = 0; i < agent->keys.n; i++) {
		const char *ssh = agent->keys.v[i].ssh;

		if (!published_key_is_good(&agent->keys.v[i], d->ctl->now))
			continue;
		if (!owner)
			owner = arena_strdup(&d->names, name);
		grow(&d->keys, &d->keys_cap, d->n_keys + 1, sizeof(*d->keys));
		d->keys[d->n_keys++] =
		    (struct held_key){.key = overlap_hash(ssh, strlen(ssh)), .agent = owner};
	}
}

static void keep_pair(void *data, const char *agent, struct conf_place at, const char *other, const char *why)
{
	struct buffer *b = data;

	(void)at, (void)why;
	buffer_printf(b, "%s%s and %s", b->len ? ", " : "", other, agent);
}

void doctor_keys(struct doctor *d)
{
	struct buffer pairs = {0};
	size_t n = overlaps_of_keys(d->keys, d->n_keys, SHARED_SHOWN, keep_pair, &pairs);

	if (n == 0)
		doctor_fine(d, "no two agents have the same public key");
	else
		doctor_note(d,
			    "%s%s have the same public key: whoever has its private half is both of them; "
			    "agentauthctl rotate "
			    "gives each a key of its own",
			    pairs.data, n > SHARED_SHOWN ? ", ..." : "");
	buffer_free(&pairs);
}
