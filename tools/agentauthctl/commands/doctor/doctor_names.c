/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_names.c checks names, groups and homes, as this host knows them. */
#include "config.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/registry/accounts.h"
#include "common/registry/local.h"
#include "tools/agentauthctl/commands/doctor/doctor.h"
#include "tools/agentauthctl/model/power.h"
#include "tools/agentauthctl/model/slurp.h"
#include "tools/agentauthctl/names/remnants.h"

/* ---- nsswitch.conf -------------------------------------------------------------- */

/* line_has() returns whether the database's line has the word; *ret_line says whether there is a line at all. */
static bool line_has(const char *text, const char *database, const char *word, bool *ret_line)
{
	size_t len = strlen(database), word_len = strlen(word);

	*ret_line = false;
	for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		const char *at = line + strspn(line, " \t");

		if (strncmp(at, database, len) != 0 || at[len + strspn(at + len, " \t")] != ':')
			continue;
		*ret_line = true;
		for (at += strcspn(at, ":\n") + 1; *at && *at != '\n' && *at != '#';
		     at += strcspn(at, " \t\n#")) {
			at += strspn(at, " \t");
			if (strncmp(at, word, word_len) == 0 && strchr(" \t\n#[", at[word_len]))
				return true;
		}
		return false;
	}
	return false;
}

void doctor_nsswitch(struct doctor *d)
{
	static const char *const databases[] = {"passwd", "group"};
	char *file = xasprintf("%s/nsswitch.conf", d->ctl->paths.sysconfdir), *text = NULL;
	struct buffer lacks = {0};
	bool has_line;

	if (slurp(file, &text) < 0)
		text = xstrdup("");
	for (size_t i = 0; i < sizeof(databases) / sizeof(databases[0]); i++)
		if (!line_has(text, databases[i], "agentauth", &has_line))
			buffer_printf(&lacks, "%s%s", lacks.len ? " and " : "", databases[i]);
	if (lacks.len)
		doctor_problem(
		    d, xstrdup("agentauthctl enable --yes nss"),
		    "%s does not name agentauth for %s, so that this host does not know its agents", file,
		    lacks.data);
	else if (!line_has(text, "initgroups", "agentauth", &has_line) && has_line)
		doctor_problem(d, xstrdup("agentauthctl enable --yes nss"),
			       "%s has a line initgroups without agentauth, so that agents lack their groups",
			       file);
	else
		doctor_fine(d, "%s names agentauth for passwd and group", file);
	buffer_free(&lacks);
	free(text);
	free(file);
}

/* ---- names ---------------------------------------------------------------------- */

/* withheld.passwd has the agents that NSS leaves out, since another source of names came to know theirs: NAME:x:UID:,
 * a line each. */
static void look_at_withheld(struct doctor *d)
{
	char *file = xasprintf("%s/" AA_WITHHELD_PASSWD, d->ctl->paths.statedir), *text = NULL, *next;

	if (slurp(file, &text) == 0)
		for (char *line = text; line; line = next) {
			next = strchr(line, '\n');
			if (next)
				*next++ = '\0';
			line[strcspn(line, ":")] = '\0';
			if (doctor_knows_agent(d, line))
				doctor_problem(d, NULL,
					       "another source of names knows a person by the name or uid of "
					       "the agent %s, who keeps it: "
					       "the agent is refused. Register it by another name, and then: "
					       "agentauthctl retire %s",
					       line, line);
		}
	free(text);
	free(file);
}

/* A local account that has an agent's name was made past useradd, which asks NSS and would have refused. */
static void look_at_local(struct doctor *d)
{
	for (size_t i = 0; i < d->facts.users.n; i++) {
		const char *name = d->facts.users.by_name[i].name;

		if (doctor_knows_agent(d, name))
			doctor_problem(
			    d, NULL,
			    "there is an account %s in /etc/passwd, who keeps the name: the agent is "
			    "refused, and nothing else can be published. agentauthctl retire %s ends the "
			    "agent and leaves the account as it is; then register it by another name",
			    name, name);
	}
}

void doctor_names(struct doctor *d)
{
	const struct passwd *pw = d->anybody ? getpwnam(d->anybody) : NULL;
	unsigned before = d->problems;

	look_at_withheld(d);
	look_at_local(d);
	if (d->problems > before)
		return;
	if (d->shadowed)
		doctor_problem(d, NULL,
			       "%s has another uid here than in the registry: another source of names comes "
			       "first; register the agent by another name, and then: agentauthctl retire %s",
			       d->shadowed, d->shadowed);
	else if (!d->anybody)
		doctor_note(d, "there is no agent yet whose name could be looked up");
	else if (!pw && local_by_id(&d->facts.users, (uint32_t)d->uid))
		doctor_problem(
		    d, NULL,
		    "%s has the uid %lld, which /etc/passwd has for %s, who keeps it: the agent is not "
		    "served. Give that account another uid, or end the agent: agentauthctl retire %s",
		    d->anybody, (long long)d->uid, local_by_id(&d->facts.users, (uint32_t)d->uid)->name,
		    d->anybody);
	else if (!pw)
		doctor_problem(d, NULL,
			       "%s is published and this host does not know it; getent passwd %s asks for it",
			       d->anybody, d->anybody);
	else
		doctor_fine(d, "%s is known here, with the registry's uid", d->anybody);
}

static bool is_among(const gid_t *groups, int n, gid_t gid)
{
	for (int i = 0; i < n; i++)
		if (groups[i] == gid)
			return true;
	return false;
}

void doctor_groups(struct doctor *d)
{
	const struct group *group = getgrnam(d->group);
	gid_t groups[1024];
	int n = sizeof(groups) / sizeof(groups[0]);

	if (!d->anybody || !d->gid)
		return;
	if (group && group->gr_gid != d->gid)
		doctor_problem(d, NULL,
			       "the group %s has gid %u here and %u in the registry: another source has a "
			       "group of that name, and "
			       "sshd's block for agents holds for its members",
			       d->group, (unsigned)group->gr_gid, d->gid);
	else if (getgrouplist(d->anybody, (gid_t)d->uid, groups, &n) < 0 ||
		 !is_among(groups, n, (gid_t)d->gid))
		doctor_problem(
		    d, NULL,
		    "id %s does not have the group %s: an initgroups line, or an action in brackets, of "
		    "nsswitch.conf keeps it away",
		    d->anybody, d->group);
	else
		doctor_fine(d, "%s is in the group %s", d->anybody, d->group);
}

/* ---- local groups that give power ------------------------------------------------ */

/* A line is "NAME:x:GID:MEMBER,MEMBER". */
static void look_at_group(struct doctor *d, char *line)
{
	char *save, *name = strtok_r(line, ":", &save), *member = NULL;
	const char *power = name ? power_of_group(&d->facts, name) : NULL;

	for (int i = 0; i < 3 && name && power; i++)
		member = strtok_r(NULL, i < 2 ? ":" : ":\n", &save);
	for (member = member ? strtok_r(member, ", \t\n", &save) : NULL; member;
	     member = strtok_r(NULL, ", \t\n", &save))
		if (doctor_is_agent(d, member))
			doctor_problem(d, xasprintf("gpasswd -d %s %s", member, name),
				       "%s is in the local group %s: %s", member, name, power);
}

/* Sudoers, polkit and pam_group can let an agent do as others do. Groups and doas have findings of their own, which
 * say what to do. */
static void look_at_remnants(struct doctor *d)
{
	struct aa_host *host = d->published ? published_host(d->published) : NULL;
	const char *home = host ? host->accounts.home : NULL;
	struct remnants remnants;

	remnants_read(&remnants, &d->facts, d->ctl->paths.sysconfdir, home ? home : "/home/agents");
	for (size_t i = 0; i < remnants.n; i++) {
		const struct remnant *r = &remnants.v[i];

		if (r->power && r->name && !strstr(r->what, "member of the group") &&
		    !strstr(r->what, "/doas.conf") && doctor_is_agent(d, r->name))
			doctor_problem(d, NULL, "%s is an agent, and %s; take that away", r->name, r->what);
	}
	remnants_free(&remnants);
	aa_host_free(host);
}

void doctor_power(struct doctor *d)
{
	char *file = xasprintf("%s/group", d->ctl->paths.sysconfdir), *text = NULL, *next;
	unsigned before = d->problems;

	if (slurp(file, &text) == 0)
		for (char *line = text; line; line = next) {
			next = strchr(line, '\n');
			if (next)
				*next++ = '\0';
			look_at_group(d, line);
		}
	look_at_remnants(d);
	if (d->problems == before)
		doctor_fine(d, "no agent is in a local group that gives power, nor named by a rule");
	free(text);
	free(file);
}

/* ---- homes ---------------------------------------------------------------------- */

void doctor_homes(struct doctor *d)
{
	struct aa_host *host = d->published ? published_host(d->published) : NULL;
	const char *home = host ? host->accounts.home : NULL;

	if (!home || access(home, F_OK) < 0)
		doctor_fine(d, "no agent has a home yet");
	else if (doctor_is_nosuid(home))
		doctor_fine(d, "%s is mounted nosuid", home);
	else
		doctor_note(d,
			    "%s is not mounted nosuid: a setgid file that an agent leaves there gives to "
			    "others what a role's group "
			    "may read; a file system of its own with the option nosuid ends that",
			    home);
	aa_host_free(host);
}
