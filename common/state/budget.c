/* SPDX-License-Identifier: Apache-2.0 */
/* budget.c: counts the commands of a role, see budget.h. */
#include "config.h"

#include "common/state/budget.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/file/folder.h"
#include "common/file/trusted.h"
#include "common/verify/rate.h"

#define FOLDER "state/budget"
#define LOCK_TRIES 100 /* of 10 ms */

struct times {
	size_t n;
	int64_t v[AA_RATE_MOST + 1];
};

/* ---- the file ------------------------------------------------------------------------ */

/* A sudo with the lock has real uid 0, so that its agent cannot stop it there; one that is stuck is not waited for. */
static int lock(int fd, bool writes)
{
	const struct timespec step = {0, 10000000};

	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, (writes ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK)
			break;
		(void)nanosleep(&step, NULL);
	}
	return -EBUSY;
}

static int open_locked(const struct aa_context *ctx, const char *agent, const char *role)
{
	char name[AA_AGENT_NAME_MAX + AA_ROLE_NAME_MAX + 2], path[PATH_MAX];
	int folder, fd = -ENAMETOOLONG, err;

	(void)snprintf(name, sizeof(name), "%s.%s", agent, role);
	if (aa_path_join(path, sizeof(path), ctx->statedir, FOLDER) < 0)
		return -ENAMETOOLONG;
	if (!ctx->dry && (err = aa_folder_make(path, NULL, 0)) < 0)
		return err;
	folder = aa_folder_open(ctx->statedir, FOLDER);
	if (folder < 0)
		return folder;
	fd = aa_trusted_open_own(folder, name, ctx->dry ? O_RDONLY : O_RDWR | O_CREAT, 077, ctx->owner);
	close(folder);
	err = fd < 0 ? fd : lock(fd, !ctx->dry);
	if (err == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return err;
}

/* Fills the times up: a budget whose past is not known is used up for one stretch of time. */
static void fill(struct times *times, const struct aa_rate *rate, int64_t now)
{
	times->n = (size_t)rate->most;
	for (size_t i = 0; i < times->n; i++)
		times->v[i] = now;
}

/* Reads the times that still count. *ret_ahead: one was ahead, and is to be written as now, so that it is over in time.
 * False: no writer of ours left such a file. */
static bool read_times(int fd, const struct aa_rate *rate, int64_t now, struct times *times, bool *ret_ahead)
{
	ssize_t size = pread(fd, times->v, sizeof(times->v), 0);
	size_t n = size < 0 ? 0 : (size_t)size / sizeof(times->v[0]);

	times->n = 0;
	if (size < 0 || (size_t)size % sizeof(times->v[0]) || n > AA_RATE_MOST)
		return false;
	for (size_t i = 0; i < n; i++) {
		int64_t at = times->v[i] > now ? now : times->v[i];

		if (at <= 0)
			return false;
		*ret_ahead = *ret_ahead || at != times->v[i];
		if (now - at < rate->seconds)
			times->v[times->n++] = at;
	}
	return true;
}

/* Cuts off the rest of the file last, so that a writer that is killed leaves rather more than less. */
static bool write_times(int fd, const struct times *times)
{
	size_t size = times->n * sizeof(times->v[0]);

	return pwrite(fd, times->v, size, 0) == (ssize_t)size && ftruncate(fd, (off_t)size) == 0;
}

/* Takes one from the budget. False: it is used up, or that cannot be told. */
static bool take(const struct aa_context *ctx, const char *agent, const char *role,
		 const struct aa_rate *rate)
{
	int fd = open_locked(ctx, agent, role);
	struct times times;
	bool whole, within, mends = false;

	if (fd < 0)
		return ctx->dry && fd == -ENOENT;
	whole = read_times(fd, rate, ctx->now, &times, &mends);
	if (!whole)
		fill(&times, rate, ctx->now);
	within = times.n < (size_t)rate->most;
	if (within)
		times.v[times.n++] = ctx->now;
	if (!ctx->dry && (within || mends || !whole) && !write_times(fd, &times))
		within = false;
	close(fd);
	return within;
}

/* ---- roles ----------------------------------------------------------------------------- */

static bool is_within(const struct aa_context *ctx, const struct aa_agent *agent, const struct aa_role *role,
		      const struct aa_command *command)
{
	struct aa_rate rate;

	if (!role->max_sudo || !aa_command_rule(&role->sudo, command))
		return true;
	return aa_step(ctx->trace, AA_STEP_BUDGET, role->name,
		       aa_rate_parse(role->max_sudo, &rate) && take(ctx, agent->name, role->name, &rate)
			   ? AA_OK
			   : AA_APPROVAL_DENIED) == AA_OK;
}

enum aa_reason aa_budget_waits(const struct aa_context *ctx, const struct aa_agent *agent,
			       const struct aa_command *command, struct aa_command_rule *ret)
{
	*ret = (struct aa_command_rule){.role = "", .text = ""};
	for (size_t i = 0; i < agent->roles.n && !ret->role[0]; i++) {
		struct aa_role *role = NULL;
		enum aa_reason reason = aa_policy_role(ctx->policy, agent->roles.v[i], &role);

		if (reason != AA_OK)
			return reason;
		if (!is_within(ctx, agent, role, command)) {
			(void)snprintf(ret->text, sizeof(ret->text), "max_sudo %s", role->max_sudo);
			(void)snprintf(ret->role, sizeof(ret->role), "%s", role->name);
		}
		aa_role_free(role);
	}
	return AA_OK;
}
