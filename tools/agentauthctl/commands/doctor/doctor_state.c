/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_state.c checks what a publish must be able to read beside the text: the ids and the journal. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/state/decision.h"
#include "common/state/session_find.h"
#include "tools/agentauthctl/commands/doctor/doctor.h"
#include "tools/agentauthctl/publish/generations.h"
#include "tools/agentauthctl/publish/ids.h"
#include "tools/agentauthctl/publish/journal.h"
#include "tools/agentauthctl/publish/workspace.h"

static bool check_ids(struct doctor *d, int state_fd)
{
	const struct paths *paths = &d->ctl->paths;
	struct problems problems = {0};
	struct ids ids = {0};
	bool whole = ids_read(&ids, state_fd, paths->statedir, paths->owner, &problems) == 0;

	for (size_t i = 0; i < problems.n; i++) {
		const struct problem *p = &problems.v[i];

		if (p->line)
			doctor_problem(d, NULL, "%s:%u: %s", p->file, p->line, p->what);
		else
			doctor_problem(d, NULL, "%s %s", p->file, p->what);
	}
	problems_free(&problems);
	ids_free(&ids);
	return whole;
}

/* While an agentauthctl works, its journal is no leftover. */
static bool somebody_works(int state_fd)
{
	int fd = openat(state_fd, WORKSPACE_LOCK, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
	bool works = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;

	if (fd >= 0)
		close(fd);
	return works;
}

static bool check_journal(struct doctor *d, int state_fd)
{
	const char *statedir = d->ctl->paths.statedir;
	struct journal journal;
	int r = somebody_works(state_fd) ? -ENOENT : journal_read(state_fd, d->ctl->paths.owner, &journal);

	if (r == -ENOENT)
		return true;
	if (r == -EBADMSG)
		doctor_problem(d, NULL, "%s: %s", statedir, journal_damage());
	else if (r < 0)
		doctor_problem(d, NULL, "%s/journal cannot be read: %s", statedir, strerror(-r));
	else
		doctor_mendable(d, DOCTOR_PROBLEM, doctor_fix_words,
				"a command was interrupted while it published generation %u, and nothing has "
				"ended or undone its work yet",
				(unsigned)journal.number);
	return false;
}

/* A generation that was not finished takes room, and nothing reads it. */
static void look_for_unfinished(struct doctor *d, int state_fd)
{
	size_t n = somebody_works(state_fd) ? 0 : generations_unfinished(state_fd);

	if (n)
		doctor_mendable(d, DOCTOR_NOTE, doctor_fix_words,
				"%zu unfinished generation%s left of commands that were killed", n,
				n == 1 ? " is" : "s are");
}

void doctor_state(struct doctor *d)
{
	int fd = open(d->ctl->paths.statedir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ids, journal;

	if (fd < 0)
		return; /* the check of the registry says so */
	ids = check_ids(d, fd);
	journal = check_journal(d, fd);
	look_for_unfinished(d, fd);
	if (ids && journal)
		doctor_fine(d, "%s holds what the next change needs", d->ctl->paths.statedir);
	close(fd);
}

/* ---- decisions ------------------------------------------------------------------ */

/* Folders that are missing cannot tell that nothing was decided. --fix makes none: an agent that was suspended would be
 * let in again. */
void doctor_decisions(struct doctor *d)
{
	const char *statedir = d->ctl->paths.statedir;
	const char *nobody = "nobody"; /* of all questions that a login asks, about no agent */

	if (!d->published)
		return; /* the check of the registry says so */
	if (aa_decision_agent(statedir, nobody) == AA_REGISTRY_UNAVAILABLE ||
	    aa_decision_credential(statedir, nobody, nobody, nobody, nobody, d->ctl->now, NULL) ==
		AA_REGISTRY_UNAVAILABLE)
		doctor_problem(
		    d, xstrdup("agentauthctl init"),
		    "%s/state does not tell who is suspended and what is revoked. Put it back from a "
		    "backup; if it is made anew, nobody and nothing is",
		    statedir);
	else
		doctor_fine(d, "%s/state tells who is suspended and what is revoked", statedir);
}

/* ---- sessions ------------------------------------------------------------------- */

struct gone {
	int64_t now;
	long n;
};

static bool count_gone(void *data, struct aa_session *session)
{
	struct gone *gone = data;

	gone->n += !aa_session_holds_slot(session, gone->now);
	aa_session_free(session);
	return true;
}

long doctor_count_gone(const struct ctl *ctl)
{
	struct gone gone = {ctl->now, 0};

	(void)aa_session_each(ctl->rundir, ctl->paths.owner, count_gone, &gone);
	return gone.n;
}
