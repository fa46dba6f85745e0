/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_registry.c checks what is published, our own directories, and what ends sessions. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "tools/agentauthctl/commands/doctor/doctor.h"

#define SPACE_MIN (64 * 1024 * 1024)
#define INODES_MIN 1000

void doctor_registry(struct doctor *d)
{
	int64_t generation;
	struct aa_host *host;

	if (!d->published) {
		const char *statedir = d->ctl->paths.statedir;

		doctor_problem(
		    d,
		    xstrdup(access(statedir, F_OK) != 0 ? "agentauthctl init" : "agentauthctl apply --yes"),
		    "nothing is published that can be read");
		return;
	}
	if (!published_accounts_are_whole(d->ctl->paths.statedir, d->ctl->paths.owner)) {
		doctor_problem(d, xstrdup("agentauthctl apply --yes"),
			       "the accounts that are published cannot be read to their end: who an agent is "
			       "cannot be told");
		return;
	}
	host = published_host(d->published);
	generation = host ? host->generation : 0;
	aa_host_free(host);
	doctor_fine(d, "generation %lld serves, with %zu agent%s and %zu role%s", (long long)generation,
		    d->n_agents, d->n_agents == 1 ? "" : "s", d->n_roles, d->n_roles == 1 ? "" : "s");
}

/* ---- directories ---------------------------------------------------------------- */

static void check_place(struct doctor *d, const char *path)
{
	char *cure = xasprintf("install -d -o root -g root -m 0700 %s", path);
	struct stat st;

	if (lstat(path, &st) < 0)
		doctor_problem(d, cure, "%s is not there", path);
	else if (!S_ISDIR(st.st_mode) || st.st_uid != d->ctl->paths.owner || (st.st_mode & 022))
		doctor_problem(d, cure, "%s must be a directory of root's that nobody else can write", path);
	else {
		doctor_fine(d, "%s", path);
		free(cure);
	}
}

void doctor_rundir(struct doctor *d)
{
	check_place(d, d->ctl->rundir);
}

void doctor_logdir(struct doctor *d)
{
	if (d->ctl->logdir)
		check_place(d, d->ctl->logdir);
}

static void check_space(struct doctor *d, const char *path)
{
	struct statvfs fs;

	if (!path || statvfs(path, &fs) < 0)
		return; /* the checks of directories say so */
	if ((uint64_t)fs.f_bavail * fs.f_frsize < SPACE_MIN)
		doctor_problem(d, xasprintf("df -h %s; du -xah %s | sort -h | tail", path, path),
			       "less than 64 MB are free where %s is", path);
	else if (fs.f_files && fs.f_favail < INODES_MIN)
		doctor_problem(d, xasprintf("df -i %s", path), "fewer than %d files can be made where %s is",
			       INODES_MIN, path);
	else
		doctor_fine(d, "there is room for %s", path);
}

void doctor_space(struct doctor *d)
{
	check_space(d, d->ctl->logdir);
	check_space(d, d->ctl->rundir);
}

/* ---- sessions ------------------------------------------------------------------- */

static bool timer_is_active(void)
{
	struct buffer output = {0};
	bool active = doctor_ask(&output, "systemctl",
				 (const char *const[4]){"is-active", "agentauth-reap.timer"}) == 0;

	buffer_free(&output);
	return active;
}

void doctor_deadlines(struct doctor *d)
{
	char *cron = xasprintf("%s/cron.d/agentauth-reap", d->ctl->paths.sysconfdir);

	if (timer_is_active())
		doctor_fine(d, "agentauth-reap.timer ends sessions that are past theirs");
	else if (access(cron, F_OK) == 0)
		doctor_fine(d, "%s ends sessions that are past theirs", cron);
	else if (access("/run/systemd/system", F_OK) == 0)
		doctor_problem(d, xstrdup("systemctl enable --now agentauth-reap.timer"),
			       "agentauth-reap.timer does not run");
	else
		doctor_problem(d,
			       xasprintf("install -m 0644 " DOCTOR_SHARE "/cron.d/agentauth-reap %s", cron),
			       "neither agentauth-reap.timer nor cron ends sessions");
	free(cron);
}

void doctor_mixing(struct doctor *d)
{
	if (d->n_mixing == 0)
		doctor_fine(d, "no agent can have sessions of different roles at one time");
	else
		doctor_note(d,
			    "%zu agent%s (%s%s) may have sessions of different roles at one time, which are "
			    "no boundary between "
			    "each other: use two agents, or mixed_sessions = \"refuse\"",
			    d->n_mixing, d->n_mixing == 1 ? "" : "s", d->mixing.data,
			    d->n_mixing > 3 ? ", ..." : "");
}
