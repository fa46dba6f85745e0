/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_sudo_rs.c checks a host whose sudo is sudo-rs: what of the roles' rules it can hold, and what it cannot do. */
#include "config.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/verify/policy_record.h"
#include "tools/agentauthctl/commands/doctor/doctor.h"

bool doctor_sudo_is_rs(struct doctor *d)
{
	return host_facts_sudo(&d->facts)->kind == HOST_SUDO_RS;
}

/* A host that has the sudo that loads plugins, too, can go back to it. */
static char *cure(void)
{
	return access("/usr/bin/sudo.ws", X_OK) == 0
		   ? xstrdup("update-alternatives --set sudo /usr/bin/sudo.ws")
		   : NULL;
}

static bool serves_role_groups(const struct doctor *d, bool *ret_asks)
{
	struct aa_host *host = d->published ? published_host(d->published) : NULL;
	bool serves = host && host->role_groups == AA_ROLE_GROUPS_ENTRY;

	*ret_asks = host && host->approved;
	aa_host_free(host);
	return serves;
}

void doctor_sudo_rs_file(struct doctor *d, const char *roles)
{
	const struct host_sudo *sudo = host_facts_sudo(&d->facts);
	bool asks;

	if (!serves_role_groups(d, &asks) && host_sudo_is_rs_before(sudo, "0.2.15"))
		doctor_problem(
		    d, cure(),
		    "sudo is sudo-rs %s, which takes an agent's groups from NSS, and NSS serves none of "
		    "its roles, so that the sudo rules of %s grant nothing: write role_groups = \"entry\"; "
		    "into host = { … } of %s/agentauth.conf, and publish it",
		    sudo->version, roles, d->ctl->paths.confdir);
	else
		doctor_note(
		    d,
		    "sudo is sudo-rs %s, which loads no plugins: of the commands of %s the log says what was "
		    "asked only, but of those that wait for a person; no terminal is recorded, max_sudo and "
		    "agentauth request are not to be had%s",
		    sudo->version, roles,
		    host_sudo_is_rs_before(sudo, "0.2.9") ? ", and it has no noninteractive_auth, so that it "
							    "asks PAM under -n, too, and does not show "
							    "there why PAM refuses, which agentauth may tells"
							  : "");
}

void doctor_sudo_rs_approval(struct doctor *d, const char *roles)
{
	bool asks;

	(void)serves_role_groups(d, &asks);
	if (!roles)
		doctor_fine(d, "no role has commands that wait for a person");
	else if (!asks)
		doctor_problem(
		    d, xstrdup("agentauthctl apply --yes"),
		    "commands of %s should wait for a person, and their rules were published for a sudo with "
		    "plugins, before sudo-rs came",
		    roles);
	else
		doctor_fine(d, "sudo runs " AA_LIBEXECDIR "/approved, which asks, for the commands of %s",
			    roles);
}
