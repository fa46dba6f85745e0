/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_ids.c checks what else this host gives out of agents' ids. */
#include "config.h"

#include "common/registry/accounts.h"
#include "tools/agentauthctl/commands/doctor/doctor.h"
#include "tools/agentauthctl/names/id_overlaps.h"

static void note_overlap(void *data, const char *what)
{
	doctor_note(data, "%s", what);
}

void doctor_ids(struct doctor *d)
{
	const struct paths *paths = &d->ctl->paths;
	struct aa_accounts accounts;
	struct id_range range;

	if (aa_accounts_open(paths->statedir, paths->owner, &accounts) < 0)
		return;
	range = (struct id_range){accounts.header.uid_min, accounts.header.uid_max, accounts.header.uid_max};
	if (accounts.header.gid_agents > accounts.header.uid_max)
		range.gid_max = accounts.header.gid_agents;
	aa_accounts_close(&accounts);
	if (id_overlaps_find(&range, &d->facts, paths->sysconfdir, note_overlap, d) == 0)
		doctor_fine(d, "nothing else gives out the ids from %lld to %lld", (long long)range.min,
			    (long long)range.gid_max);
}
