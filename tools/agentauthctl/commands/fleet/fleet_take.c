/* SPDX-License-Identifier: Apache-2.0 */
/* fleet_take.c verifies what lies in a release directory and publishes it: without network, and believing nobody but the
 * keys of fleet.conf. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/agentauthctl/commands/ctl_publish.h"
#include "tools/agentauthctl/commands/fleet/fleet.h"
#include "tools/agentauthctl/commands/fleet/fleet_enforce.h"
#include "tools/agentauthctl/fleet/source.h"
#include "tools/agentauthctl/fleet/take.h"

#define INCOMING "incoming" /* in STATEDIR: what agentauth-sync writes */

struct taking {
	struct ctl *ctl;
	struct fleet_conf conf;
	struct stops stops;
	int dirfd;
};

/* ---- stops ------------------------------------------------------------------ */

/* A carrier may bring any number of stops that are none: one line of the log tells of all of them. */
static void tell_refused(struct ctl *ctl, size_t refused, struct fleet_refusal *refusal)
{
	size_t used = strlen(refusal->why);

	if (refused > 1)
		snprintf(refusal->why + used, sizeof(refusal->why) - used, " (and %zu more are not taken)",
			 refused - 1);
	(void)fleet_refused(ctl, refusal);
}

/* take_stops() does not need this host's text to be in order, nor the release that lies beside the stops. */
static enum ctl_status take_stops(struct taking *t)
{
	struct ctl *ctl = t->ctl;
	struct fleet_refusal refusal;
	size_t refused = 0;
	int r = stop_store_read(ctl->paths.statedir, ctl->paths.owner, &t->stops);

	if (r == 0)
		r = stops_gather(&t->conf, t->dirfd, ctl->paths.statedir, ctl->dry_run, &t->stops, &refused,
				 &refusal);
	if (r < 0)
		(void)ctl_fail(ctl,
			       "%s/" TAKEN_FOLDER "/" STOPS_FOLDER
			       ": %s. When that is mended, run the command again",
			       ctl->paths.statedir, strerror(-r));
	if (refused)
		tell_refused(ctl, refused, &refusal);
	return fleet_enforce(ctl, &t->stops) == CTL_DONE && r >= 0 && !refused ? CTL_DONE : CTL_FAILED;
}

/* see_agent() shuts out before it is published who a stop is about. */
static bool see_agent(void *data, const struct aa_agent *agent, bool local, struct fleet_refusal *refusal)
{
	struct taking *t = data;

	if (local)
		ctl_warning(
		    t->ctl,
		    "%s was an agent of this host's own, and is the fleet's now, whose text takes its place",
		    agent->name);
	return fleet_suspend(t->ctl, &t->stops, agent) == CTL_DONE ||
	       fleet_refuse(refusal, AA_INTERNAL, "agent %s is to be stopped, and cannot be", agent->name);
}

/* ---- the release ---------------------------------------------------------------- */

static void tell(struct ctl *ctl, const struct fleet_take *t, const struct publish_result *result)
{
	ctl_answer(ctl, "signers", json_string(t->signers));
	ctl_answer(ctl, "fleet_agents", json_integer((json_int_t)t->agents.n));
	if (!ctl->json)
		printf("Fleet release %u, signed by %s, %s %zu agent%s of the fleet to this host.\n",
		       t->release.number, t->signers, ctl->dry_run ? "would give" : "gives", t->agents.n,
		       t->agents.n == 1 ? "" : "s");
	ctl_tell_published(ctl, result, true);
}

static enum ctl_status begin(struct ctl *ctl, const struct fleet_take *t)
{
	int r = ctl->dry_run ? 0 : fleet_take_begin(t);

	return r < 0 ? ctl_fail(ctl, "%s/" TAKEN_FOLDER " cannot be written: %s. Nothing was changed",
				ctl->paths.statedir, strerror(-r))
		     : CTL_DONE;
}

static enum ctl_status end(struct ctl *ctl, const struct fleet_take *t)
{
	int r = ctl->dry_run ? 0 : fleet_take_end(t);

	if (r < 0)
		return ctl_fail(ctl,
				"fleet release %u serves, and cannot be noted in %s/" TAKEN_FOLDER
				": %s. When that is "
				"mended, run the command again",
				t->release.number, ctl->paths.statedir, strerror(-r));
	if (!ctl->dry_run)
		fleet_logged(ctl, NULL, "fleet release %u, signed by %s, is taken", t->release.number,
			     t->signers);
	return CTL_DONE;
}

static enum ctl_status publish_release(struct ctl *ctl, struct fleet_take *t)
{
	const struct text_change change = fleet_take_change(t);
	struct publish_result result = {0};
	enum ctl_status status = begin(ctl, t);

	ctl->yes = true; /* who signed has said so */
	if (status == CTL_DONE)
		status = ctl_change(ctl, t->ws, &change, NULL, &result);
	if (status == CTL_DONE)
		status = end(ctl, t);
	if (status == CTL_DONE)
		tell(ctl, t, &result);
	publish_result_free(&result);
	return status;
}

static enum ctl_status take(struct ctl *ctl, struct fleet_take *t)
{
	if (!fleet_take_prepare(t, ctl->now))
		return fleet_refused(ctl, &t->refusal);
	ctl_answer(ctl, "release", json_integer((json_int_t)t->release.number));
	if (!fleet_take_is_had(t))
		return publish_release(ctl, t);
	ctl_answer(ctl, "outcome", json_string("unchanged"));
	if (!ctl->json)
		printf("Fleet release %u is what this host has.\n", t->release.number);
	return CTL_DONE;
}

static enum ctl_status in_workspace(struct ctl *ctl, struct fleet_take *t)
{
	struct workspace workspace;
	size_t errors = ctl->problems.errors;
	enum ctl_status status = ctl_open(ctl, &workspace, true);
	int r;

	t->ws = &workspace;
	if (status == CTL_DONE && ctl->problems.errors > errors)
		status =
		    ctl_fail(ctl, "this host's own text is not in order, so that no release can be taken");
	r = status == CTL_DONE ? taken_read(ctl->paths.statedir, ctl->paths.owner, &t->own) : 0;
	if (r < 0)
		status = ctl_fail(ctl, "%s/" TAKEN_FOLDER " cannot be read: %s", ctl->paths.statedir,
				  strerror(-r));
	if (status == CTL_DONE)
		status = take(ctl, t);
	fleet_take_free(t);
	workspace_close(&workspace);
	return status;
}

/* A carrier may have brought stops before the first release. */
static bool has_release(const struct taking *t)
{
	return faccessat(t->dirfd, RELEASE_MANIFEST, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	       faccessat(t->dirfd, STOPS_FOLDER, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
}

static enum ctl_status take_all(struct taking *t)
{
	struct fleet_take take = {.conf = &t->conf, .dirfd = t->dirfd, .each = see_agent, .data = t};
	enum ctl_status stopped = take_stops(t), status = CTL_DONE;

	if (has_release(t))
		status = in_workspace(t->ctl, &take);
	/* Agents that the release brought are shut out already, and those that a lift is about may be let in. */
	if (status == CTL_DONE && t->stops.n)
		status = fleet_enforce(t->ctl, &t->stops);
	return stopped == CTL_DONE ? status : stopped;
}

static int run_take(struct ctl *ctl, const struct arguments *arguments)
{
	char *incoming = xasprintf("%s/" INCOMING, ctl->paths.statedir);
	const char *dir = arguments->n_words ? arguments->words[0] : incoming;
	struct taking t = {.ctl = ctl, .dirfd = -1};
	enum ctl_status status = fleet_open_conf(ctl, &t.conf);
	int r = status == CTL_DONE ? source_open(dir, &t.dirfd) : 0;

	if (r < 0)
		status = ctl_fail(ctl, "%s cannot be opened: %s", quoted(dir), strerror(-r));
	if (status == CTL_DONE)
		status = take_all(&t);
	if (t.dirfd >= 0)
		close(t.dirfd);
	stops_free(&t.stops);
	fleet_conf_free(&t.conf);
	free(incoming);
	return status;
}

const struct command fleet_take = {
    .name = "take",
    .words = "[DIR]",
    .max_words = 1,
    .values = ":folders",
    .summary = "verify a release and publish it on this host; no network is asked",
    .about = "DIR holds a release; without it the one that a carrier has brought, in STATEDIR/incoming. It "
	     "is taken where "
	     "as many release keys of fleet.conf as its threshold says have signed it, it has not expired, "
	     "it is newer "
	     "than any that this host has had, every file is what was signed, and it gives nothing beyond "
	     "the ceiling. "
	     "Otherwise nothing changes, and the audit log says why.\n\n"
	     "Stops are taken before, whatever becomes of the release: whom they are about is suspended and "
	     "what runs "
	     "ends, also after a reboot, a rollback, and where the carrier brings them no more, until a lift "
	     "is taken.\n\n"
	     "Agents of the host's own stay beside the fleet's. A name that both have is the fleet's.",
    .options = (const struct option_spec[]){{0}},
    .run = run_take,
};
