/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_init.c makes the directories, a first agentauth.conf and the first generation. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/registry/accounts.h"
#include "common/registry/generation.h"
#include "common/state/decision.h"
#include "tools/agentauthctl/commands/ctl.h"
#include "tools/agentauthctl/commands/ctl_publish.h"
#include "tools/agentauthctl/names/id_overlaps.h"

static const char first_text[] =
    "# agentauth.conf: this host, the identity providers it trusts, and what agents may do. See "
    "agentauth.conf(5).\n"
    "# After a change: agentauthctl check, agentauthctl diff, agentauthctl apply.\n"
    "\n"
    "host = {\n"
    "\taudience = [ \"ssh://%s\" ];  # how agents name this host in what they present, to the letter\n"
    "\tclock_skew = 30;          # seconds that clocks may differ\n"
    "\tmax_assertion_ttl = 300;  # how long an agent's own assertion may live\n"
    "\tmax_token_ttl = 3600;     # how long an identity provider's token may live\n"
    "\tnonce = \"optional\";       # \"required\": an assertion must answer the prompt it was asked with\n"
    "\taudit_failure = \"deny\";   # \"warn\": logins go on when the audit log cannot be written\n"
    "};\n"
    "\n"
    "accounts = {\n"
    "\t# Agents' uids; the gids of roles come behind them, up to gid, that of all agents. The same on every "
    "host.\n"
    "\tuid_min = %u;\n"
    "\tuid_max = %u;\n"
    "\tgid = %u;\n"
    "};\n"
    "\n"
    "# What roles there are; agentauthctl role add NAME writes one here.\n"
    "roles = {\n"
    "};\n";

/* This is the one moment at which the resolver decides how agents name this host. From then on the name stands in the
 * text. */
static int write_text(struct ctl *ctl, int fd)
{
	struct host_facts facts = {0};
	char *text;
	int r;

	if (host_facts_read(&facts, ctl->paths.sysconfdir, &ctl->problems) < 0) {
		host_facts_free(&facts);
		return -EIO;
	}
	text =
	    xasprintf(first_text, facts.fqdn, AA_UID_MIN_DEFAULT, AA_UID_MAX_DEFAULT, AA_GID_AGENTS_DEFAULT);
	r = conf_text_write(fd, CONF_FILE, text, strlen(text));
	if (r == 0 && !facts.fqdn_is_known)
		ctl_warning(ctl,
			    "the resolver knows no full name for this host, so that it is ssh://%s to "
			    "agents; if others "
			    "call it otherwise, change host.audience in " CONF_FILE
			    " and run agentauthctl apply",
			    facts.fqdn);
	free(text);
	host_facts_free(&facts);
	return r;
}

static enum ctl_status make_directory(struct ctl *ctl, const char *path, mode_t mode)
{
	struct position position = {.file = path};

	if (access(path, F_OK) == 0)
		return CTL_DONE;
	if (ctl->dry_run) {
		if (!ctl->json)
			printf("%s would be made.\n", path);
		return CTL_DONE;
	}
	/* The mode is the one that was asked for, whatever the umask. */
	if (mkdir(path, 0700) < 0 || chmod(path, mode) < 0) {
		problem_error(&ctl->problems, &position, "cannot be made: %s", strerror(errno));
		return CTL_FAILED;
	}
	if (!ctl->json)
		printf("Made %s.\n", path);
	return CTL_DONE;
}

static enum ctl_status make_directories(struct ctl *ctl)
{
	const struct paths *p = &ctl->paths;
	const struct {
		const char *base, *name;
		mode_t mode;
	} all[] = {
	    {p->confdir, "", 0755},	  {p->confdir, "/" AGENTS_DIR, 0750},
	    {p->statedir, "", 0755},	  {p->statedir, "/generations", 0755},
	    {p->statedir, "/keys", 0755}, {p->statedir, "/state", 0700},
	    {ctl->logdir, "", 0700},
	};
	enum ctl_status status = CTL_DONE;

	for (size_t i = 0; i < sizeof(all) / sizeof(*all) && status == CTL_DONE; i++) {
		char *path = all[i].base ? xasprintf("%s%s", all[i].base, all[i].name) : NULL;

		if (path)
			status = make_directory(ctl, path, all[i].mode);
		free(path);
	}
	return status;
}

static enum ctl_status make_state(struct ctl *ctl)
{
	int r = ctl->dry_run ? 0 : aa_decision_init(ctl->paths.statedir);

	return r < 0 ? ctl_fail(ctl, "%s/state cannot be made ready: %s", ctl->paths.statedir, strerror(-r))
		     : CTL_DONE;
}

static enum ctl_status make_text_at(struct ctl *ctl, const char *path)
{
	struct position position = {.file = path};
	int fd = -1, r;

	if (access(path, F_OK) == 0)
		return CTL_DONE;
	if (ctl->dry_run) {
		if (!ctl->json)
			printf("%s would be written.\n", path);
		return CTL_DONE;
	}
	if (conf_dir_open(ctl->paths.confdir, ctl->paths.owner, &ctl->problems, &fd) < 0)
		return CTL_FAILED;
	r = write_text(ctl, fd);
	close(fd);
	if (r < 0) {
		problem_error(&ctl->problems, &position, "cannot be written: %s", strerror(-r));
		return CTL_FAILED;
	}
	if (!ctl->json)
		printf("Wrote a first %s.\n", path);
	return CTL_DONE;
}

static enum ctl_status make_text(struct ctl *ctl)
{
	char *path = xasprintf("%s/" CONF_FILE, ctl->paths.confdir);
	enum ctl_status status = make_text_at(ctl, path);

	free(path);
	return status;
}

static void tell_next(const struct ctl *ctl, const struct workspace *workspace)
{
	const struct model *m = &workspace->model;
	char *audience = m->host.audience.n ? xstrdup(m->host.audience.v[0]) : model_default_audience(m);

	if (!ctl->json)
		printf("\nThis host is %s to agents. Next, for its logins to ask agentauth, with a root "
		       "shell left open:\n"
		       "  agentauthctl enable\n"
		       "  agentauthctl role add deploy --service sshd --service sudo --sudo '(root) "
		       "/usr/bin/systemctl restart app'\n"
		       "on the agent's machine, where the private key stays:\n"
		       "  agentauth keygen\n"
		       "here again, with the public key that keygen printed in the place of KEY:\n"
		       "  agentauthctl register builder-7 --role deploy --owner you@example.com --key 'KEY'\n"
		       "and then, for what is in the way of the agent's login on this host:\n"
		       "  agentauthctl doctor\n",
		       audience);
	free(audience);
}

static void warn_overlap(void *data, const char *what)
{
	ctl_warning(data, "%s", what);
}

static bool has_agents(const struct ids *ids)
{
	for (size_t i = 0; i < ids->n; i++)
		if (ids->v[i].kind == ID_AGENT)
			return true;
	return false;
}

/* tell_overlaps() says what else gives out the ids that agents are going to have, and what to do about it. */
static void tell_overlaps(struct ctl *ctl, const struct workspace *workspace)
{
	const struct model *m = &workspace->model;
	const struct id_range range = {m->host.accounts.uid_min, m->host.accounts.uid_max, model_gid_max(m)};
	const char *etc = ctl->paths.sysconfdir;
	char *cure;

	if (id_overlaps_find(&range, &workspace->facts, etc, warn_overlap, ctl) == 0)
		return;
	cure = id_overlaps_cure(&workspace->facts, etc);
	if (has_agents(&workspace->ids))
		ctl_warning(ctl,
			    "agents that are registered keep their ids: give another range to what overlaps");
	else if (cure)
		ctl_warning(
		    ctl,
		    "before the first role and agent are made, write %s into accounts in %s/" CONF_FILE
		    " and run agentauthctl apply; ids had better be the same on all hosts of a fleet",
		    cure, ctl->paths.confdir);
	else
		ctl_warning(ctl,
			    "no range that comes into question is free: give another one to what overlaps");
	free(cure);
}

static enum ctl_status publish_in(struct ctl *ctl, struct workspace *workspace, uint32_t before)
{
	struct publish_result result = {0};
	enum ctl_status status;

	tell_overlaps(ctl, workspace);
	status = ctl_publish(ctl, workspace, NULL, NULL, &result);
	ctl_tell_published(ctl, &result, false);
	if (status == CTL_DONE && !before)
		tell_next(ctl, workspace);
	if (before && result.outcome == PUBLISH_WOULD && !ctl->json)
		printf("Generation %u serves on: agentauthctl apply publishes it.\n", before);
	publish_result_free(&result);
	return status;
}

static enum ctl_status publish_first(struct ctl *ctl)
{
	struct workspace workspace;
	uint32_t before = 0;
	enum ctl_status status;

	/* Once a generation serves, what somebody changes in the text is theirs to publish. */
	if (aa_generation_number(ctl->paths.statedir, &before) == 0)
		ctl->dry_run = true;
	else
		before = 0;
	status = ctl_open(ctl, &workspace, true);
	if (status == CTL_DONE)
		status = publish_in(ctl, &workspace, before);
	workspace_close(&workspace);
	return status;
}

static int run_init(struct ctl *ctl, const struct arguments *arguments)
{
	(void)arguments;
	if (make_directories(ctl) != CTL_DONE || make_state(ctl) != CTL_DONE || make_text(ctl) != CTL_DONE)
		return CTL_FAILED;
	if (ctl->dry_run && access(ctl->paths.statedir, F_OK) < 0)
		return CTL_DONE;
	return publish_first(ctl);
}

const struct command cmd_init = {
    .name = "init",
    .also = "setup",
    .words = "",
    .summary = "make the directories and a first configuration, and publish it",
    .about = "What is there already is left as it is, so that init may be run again at any time. Once "
	     "something is published, apply publishes what the text holds beyond it.",
    .run = run_init,
};
