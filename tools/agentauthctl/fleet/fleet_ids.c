/* SPDX-License-Identifier: Apache-2.0 */
/* fleet_ids.c brings the fleet's ids, see fleet_ids.h. */
#include "config.h"

#include "tools/agentauthctl/fleet/fleet_ids.h"

#include <string.h>

#include "tools/agentauthctl/fleet/release.h"

static bool bring(struct ids *ids, const struct given_id *brought, struct fleet_refusal *refusal)
{
	const struct given_id *here = ids_by_name(ids, brought->kind, brought->name);
	char why[400];

	if (here && here->id == brought->id)
		return true;
	return ids_bring(ids, brought, why, sizeof(why)) ||
	       fleet_refuse(refusal, AA_WRONG_SUBJECT,
			    "%s %s of the fleet has the id %u, but on this host %s",
			    id_kind_name(brought->kind), brought->name, brought->id, why);
}

bool fleet_ids_bring(struct ids *ids, char *text, struct ids *fleet, struct fleet_refusal *refusal)
{
	struct problems problems = {0};
	bool good = ids_parse(fleet, text, RELEASE_IDS, &problems) == 0;

	if (!good)
		fleet_refuse(refusal, AA_MALFORMED, "its file ids is damaged");
	for (size_t i = 0; i < fleet->n && good; i++)
		if (fleet->v[i].kind != ID_GROUP)
			good = bring(ids, &fleet->v[i], refusal);
	problems_free(&problems);
	return good;
}

void fleet_ids_use(struct ids *ids, const struct ids *fleet, enum id_kind kind, const char *name)
{
	struct given_id *here = ids_by_name(ids, kind, name);
	const struct given_id *there = here && here->retired ? ids_by_id(fleet, here->id) : NULL;

	if (there && !there->retired && there->kind == kind && strcmp(there->name, name) == 0)
		ids_restore(here);
}
