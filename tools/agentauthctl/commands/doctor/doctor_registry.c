/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_registry.c checks what is published, our own directories, and what ends sessions. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "common/state/audit_chain.h"
#include "common/state/audit_note.h"
#include "common/state/audit_verify.h"
#include "common/state/recorder.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/commands/doctor/doctor.h"

#define SPACE_MIN (64 * 1024 * 1024)
#define INODES_MIN 1000
#define CHAIN_BYTES (4 * 1024 * 1024) /* of the log's end */

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

/* look_at_place() returns true where there is the folder, or a reason that it is not needed. */
static bool look_at_place(struct doctor *d, const char *path, bool made_when_needed)
{
	const char *const words[] = {"install", "-d", "-o", "root", "-g", "root", "-m", "0700", path, NULL};
	struct stat st;

	if (lstat(path, &st) < 0 && made_when_needed)
		return true;
	if (lstat(path, &st) < 0)
		doctor_mendable(d, DOCTOR_PROBLEM, words, "%s is not there", path);
	else if (!S_ISDIR(st.st_mode))
		doctor_problem(d, NULL, "%s is no directory, and a link to one does not count", path);
	else if (st.st_uid != d->ctl->paths.owner || (st.st_mode & 022))
		doctor_mendable(d, DOCTOR_PROBLEM, words,
				"%s must be a directory of root's that nobody else can write", path);
	else
		return true;
	return false;
}

/* RUNDIR is made by the first login. */
void doctor_rundir(struct doctor *d)
{
	const char *const reap[] = {"agentauthctl", "session", "reap", NULL};
	long gone;

	if (!look_at_place(d, d->ctl->rundir, true))
		return;
	gone = doctor_count_gone(d->ctl);
	if (gone > 0)
		doctor_mendable(d, DOCTOR_NOTE, reap, "%ld record%s left of sessions that are gone", gone,
				gone == 1 ? " is" : "s are");
	else
		doctor_fine(d, "%s has no record of a session that is gone", d->ctl->rundir);
}

void doctor_logdir(struct doctor *d)
{
	if (d->ctl->logdir && look_at_place(d, d->ctl->logdir, false))
		doctor_fine(d, "%s", d->ctl->logdir);
}

/* ---- the log -------------------------------------------------------------------- */

/* skip_to_end() goes to the first line that begins within the last CHAIN_BYTES. */
static bool skip_to_end(FILE *f)
{
	struct stat st;
	int c = 0;

	if (fstat(fileno(f), &st) < 0)
		return false;
	if (st.st_size <= CHAIN_BYTES)
		return true;
	if (fseeko(f, st.st_size - CHAIN_BYTES - 1, SEEK_SET) < 0)
		return false;
	while (c != '\n' && c != EOF)
		c = getc(f);
	return true;
}

/* walk_lines() takes the lines of the log's end, and gives the last one that the log says of itself. The first line's prev is
 * taken as it stands. */
static int walk_lines(const char *file, struct aa_audit_walk *walk, json_t **ret_note)
{
	FILE *f = fopen(file, "re");
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	int r = f ? 0 : -errno;

	if (f && !skip_to_end(f))
		r = -EIO;
	while (r == 0 && (n = getline(&line, &cap, f)) > 0) {
		json_t *note = aa_audit_note_read(line, (size_t)n);

		r = aa_audit_walk_line(walk, line, (size_t)n - (line[n - 1] == '\n'));
		if (note)
			json_decref(*ret_note);
		*ret_note = note ? note : *ret_note;
	}
	free(line);
	if (f)
		(void)fclose(f);
	return r;
}

/* audit.head is read before the lines: what is written meanwhile is behind both. */
static int walk_end(const struct ctl *ctl, const char *file, struct aa_audit_walk *walk, json_t **ret_note)
{
	struct aa_audit_link head;
	int dir, r = aa_trusted_open_folder(AT_FDCWD, ctl->logdir, O_NOFOLLOW, ctl->paths.owner, &dir);
	bool has_head = r == 0 && aa_audit_read_head(dir, AA_AUDIT_HEAD, ctl->paths.owner, &head) == 0;

	if (r == 0)
		close(dir);
	r = r < 0 ? r : walk_lines(file, walk, ret_note);
	if (r == 0 && walk->lines)
		aa_audit_walk_end(walk, has_head ? head.seq : 0, has_head ? head.hash : NULL);
	return r;
}

void doctor_chain(struct doctor *d)
{
	char *file = xasprintf("%s/" AA_AUDIT_LOG, d->ctl->logdir ? d->ctl->logdir : "");
	struct aa_audit_walk walk = {0};
	json_t *note = NULL;
	int r = d->ctl->logdir ? walk_end(d->ctl, file, &walk, &note) : -ENOENT;

	if (r == -ENOENT || r == -EPERM)
		doctor_fine(d, "there is no log to look at"); /* the checks before say so */
	else if (r < 0)
		doctor_problem(d, NULL, "%s cannot be read: %s", file, strerror(-r));
	else if (walk.n_faults)
		doctor_problem(d, xstrdup("agentauthctl audit verify"),
			       "lines of %s are not as they were written, by seq %llu", file,
			       (unsigned long long)walk.faults[0].seq);
	else
		doctor_fine(d, "the last %llu lines of %s follow each other", (unsigned long long)walk.lines,
			    file);
	if (note)
		doctor_note(d, "the log says of itself, at %.16sZ: %s (agentauthctl audit show --event log)",
			    view_text(note, "time"), view_text(note, "detail"));
	json_decref(note);
	free(file);
}

/* ---- room ----------------------------------------------------------------------- */

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
	check_space(d, d->ctl->paths.statedir);
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
		doctor_problem(d, xstrdup("agentauthctl enable --yes timers"),
			       "neither agentauth-reap.timer nor cron ends sessions");
	free(cron);
}

/* Lists the roles that have programs recorded; NULL: none has. */
static char *recorded_roles(const struct doctor *d)
{
	struct buffer b = {0};

	for (size_t i = 0; i < d->n_roles; i++)
		if (aa_list_has(&d->roles[i]->record, "exec"))
			buffer_printf(&b, "%s%s", b.len ? ", " : "", d->roles[i]->name);
	return b.len ? buffer_take(&b) : NULL;
}

void doctor_recorder(struct doctor *d)
{
	char *roles = recorded_roles(d), word[AA_RECORDER_WORD];
	bool runs = aa_recorder_runs(d->ctl->rundir, d->ctl->paths.owner, word);

	if (!roles)
		doctor_fine(d, "no role has programs recorded");
	else if (runs)
		doctor_fine(d, strcmp(word, "audit") == 0
				   ? "programs are recorded by the kernel's audit"
				   : "programs are recorded by the kernel's perf events");
	else if (access("/run/systemd/system", F_OK) == 0)
		doctor_problem(d, xstrdup("systemctl enable --now agentauth-record.service"),
			       "the programs of %s are to be recorded, and no recorder runs", roles);
	else
		doctor_problem(d, xstrdup("agentauthctl enable --yes record"),
			       "the programs of %s are to be recorded, and no recorder runs", roles);
	free(roles);
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
