/* SPDX-License-Identifier: Apache-2.0 */
/* fleet_main.h brings the issuers and roles of a release into the host's own agentauth.conf, so that one text says all
 * that holds on this host, and every command works on it. */
#ifndef AGENTAUTHCTL_FLEET_MAIN_H
#define AGENTAUTHCTL_FLEET_MAIN_H

#include "tools/agentauthctl/fleet/fleet_conf.h"
#include "tools/agentauthctl/fleet/refusal.h"
#include "tools/agentauthctl/publish/workspace.h"

struct fleet_main {
	struct conf_text text; /* of agentauth.conf, with the release's part */
	bool changed;	       /* it is not what the host's text is */
	struct model model;    /* of the text */
};

/* fleet_main_cut() takes the part of agentauth.conf that a release has: issuers and roles, as they stand. The caller frees. */
char *fleet_main_cut(const struct conf_file *file);

/* fleet_main_make() sets each issuer and role of the release (`bytes`) in the host's text, takes those away that the release
 * before (`before`, or NULL) had and this one has not, and holds them against the ceiling. It returns false with a refusal
 * where the release's part has anything else, is not in order on this host, or exceeds the ceiling. fleet_main_free() in
 * any case. */
bool fleet_main_make(struct workspace *ws, const struct fleet_ceiling *ceiling, const char *bytes, size_t len,
		     const char *before, struct fleet_main *ret, struct fleet_refusal *refusal);
void fleet_main_free(struct fleet_main *made);

#endif
