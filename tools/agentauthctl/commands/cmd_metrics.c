/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_metrics.c: counts for Prometheus what the audit log says, and what is so now. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/file/replace.h"
#include "common/file/trusted.h"
#include "tools/agentauthctl/commands/audit/audit.h"
#include "tools/agentauthctl/commands/metrics_gauges.h"
#include "tools/agentauthctl/metrics/series.h"

/* ---- the output ---------------------------------------------------------- */

static enum ctl_status cannot_write(struct ctl *ctl, const char *file, int r)
{
	return ctl_fail(ctl, "%s cannot be written: %s", file,
			r == -EPERM	? "others could write into its folder"
			: r == -ELOOP	? "its folder is a symbolic link"
			: r == -EBADMSG ? "where its folder should be there is none"
					: strerror(-r));
}

/* The collector reads files named *.prom at any time: the new one gets its name once it is whole. */
static enum ctl_status write_file(struct ctl *ctl, const char *file, const struct buffer *text)
{
	const struct aa_replace how = {.mode = 0644};
	char *one = xstrdup(file), *other = xstrdup(file);
	const char *folder = dirname(one), *name = basename(other);
	int dirfd, r = aa_trusted_open_folder(AT_FDCWD, folder, O_NOFOLLOW, ctl->paths.owner, &dirfd);
	enum ctl_status status = CTL_DONE;

	if (r == 0) {
		r = aa_replace(dirfd, name, text->data, text->len, &how);
		close(dirfd);
	}
	if (r < 0)
		status = cannot_write(ctl, file, r);
	free(one);
	free(other);
	return status;
}

static enum ctl_status put(struct ctl *ctl, const struct arguments *arguments, const json_t *series)
{
	const char *file = arguments_value(arguments, "output");
	enum ctl_status status = CTL_DONE;
	struct buffer text = {0};

	series_text(series, &text);
	if (file)
		status = write_file(ctl, file, &text);
	else if (!ctl->json)
		fputs(text.data, stdout);
	ctl_answer(ctl, "metrics", series_json(series));
	buffer_free(&text);
	return status;
}

/* ---- the counters -------------------------------------------------------- */

static enum ctl_status read_state(struct ctl *ctl, int dirfd, struct metrics_state *ret)
{
	int r = metrics_state_read(dirfd, ctl->paths.owner, ret);

	if (r == -EBADMSG)
		ctl_warning(ctl, "%s/" METRICS_STATE " is damaged: all counters begin anew", ctl->logdir);
	else if (r < 0 && r != -ENOENT)
		return ctl_fail(ctl, "%s/" METRICS_STATE " cannot be read: %s", ctl->logdir, strerror(-r));
	return CTL_DONE;
}

/* The counters are kept before they are shown, so that none is ever less than somebody has seen. */
static enum ctl_status go_on(struct ctl *ctl, int dirfd, struct metrics_state *state)
{
	struct progress progress = {.program = "agentauthctl", .what = "MB of the log", .off = ctl->json};
	struct log_follow follow = {.logdir = ctl->logdir,
				    .log = &log_decisions,
				    .owner = ctl->paths.owner,
				    .problems = &ctl->problems,
				    .progress = &progress};
	int r;

	if (!metrics_state_go_on(state, &follow, ctl->now))
		return CTL_FAILED;
	audit_tell_faults(ctl, &follow.walk);
	r = ctl->dry_run ? 0 : metrics_state_write(dirfd, state);
	if (r < 0)
		return ctl_fail(ctl, "%s/" METRICS_STATE " cannot be written: %s", ctl->logdir, strerror(-r));
	return CTL_DONE;
}

static enum ctl_status count_and_put(struct ctl *ctl, const struct arguments *arguments, int dirfd)
{
	struct metrics_state state;
	enum ctl_status status = read_state(ctl, dirfd, &state);
	json_t *series = NULL;

	state.count.per_agent = arguments_have(arguments, "per-agent");
	if (status == CTL_DONE)
		status = go_on(ctl, dirfd, &state);
	if (status == CTL_DONE) {
		series = json_deep_copy(state.count.series);
		if (!metrics_gauges(ctl, &state, series))
			status = CTL_FAILED;
		if (put(ctl, arguments, series) != CTL_DONE)
			status = CTL_FAILED;
	}
	json_decref(series);
	metrics_state_free(&state);
	return status;
}

/* Of two runs at a time the second waits: it would count the same lines, and write an older file. */
static int open_locked(const struct ctl *ctl, int *ret_dirfd)
{
	int fd, r = aa_trusted_open_folder(AT_FDCWD, ctl->logdir, O_NOFOLLOW, ctl->paths.owner, ret_dirfd);

	if (r < 0)
		return r;
	fd = aa_trusted_open_own(*ret_dirfd, "metrics.lock", O_RDWR | O_CREAT, 022, ctl->paths.owner);
	if (fd >= 0 && flock(fd, LOCK_EX) == 0)
		return fd;
	r = fd < 0 ? fd : -errno;
	if (fd >= 0)
		close(fd);
	close(*ret_dirfd);
	return r;
}

static int run_metrics(struct ctl *ctl, const struct arguments *arguments)
{
	enum ctl_status status;
	int dirfd, lock;

	if (!ctl->logdir)
		return audit_no_logdir(ctl);
	lock = open_locked(ctl, &dirfd);
	if (lock < 0)
		return ctl_fail(ctl, "%s cannot be opened: %s", ctl->logdir, strerror(-lock));
	status = count_and_put(ctl, arguments, dirfd);
	close(lock);
	close(dirfd);
	return status;
}

const struct command cmd_metrics = {
    .name = "metrics",
    .also = "prometheus stats statistics",
    .words = "",
    .summary = "count logins, refusals, sudo, sessions and more, for Prometheus",
    .about = "The text format of Prometheus, for the textfile collector of its node_exporter. Each run "
	     "counts what "
	     "came to the audit log since the last one, also over rotations, and looks at what is so now. "
	     "The place in "
	     "the log and the counters are kept in " METRICS_STATE
	     " beside the log; where that is lost, all begin anew with the log that is there.\n\n"
	     "agentauth-metrics.timer runs it every minute; a board for Grafana and alerts for Prometheus "
	     "are among the "
	     "installed files. No label has what an agent or a stranger says.",
    .options =
	(const struct option_spec[]){{"output", "FILE",
				      "write this file, whole or not at all, and nothing to standard output",
				      0, NULL},
				     {"per-agent", NULL,
				      "also logins, sudo and sessions of each agent: many series where there "
				      "are many agents",
				      0, NULL},
				     {0}},
    .run = run_metrics,
};
