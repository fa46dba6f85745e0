/* SPDX-License-Identifier: Apache-2.0 */
/* context.c: opens one generation for one decision, and logs it. */
#include "config.h"

#include "common/state/context.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/registry/generation.h"
#include "common/state/elevation.h"

int aa_context_open(struct aa_context *ctx)
{
	int err, n = snprintf(ctx->keysdir, sizeof(ctx->keysdir), "%s/keys", ctx->statedir);

	ctx->gen_fd = ctx->accounts.fd = -1;
	ctx->policy = NULL;
	if (n < 0 || (size_t)n >= sizeof(ctx->keysdir))
		return -ENAMETOOLONG;
	err = aa_generation_open(ctx->statedir, ctx->owner, &ctx->gen_fd);
	if (err == 0)
		err = aa_accounts_openat(ctx->gen_fd, ctx->owner, &ctx->accounts);
	return err == -ENOENT ? -EIO : err; /* no registry is not "no such agent" */
}

int aa_context_find(struct aa_context *ctx, const char *name, struct aa_account *ret)
{
	int err = aa_context_open(ctx);

	return err < 0 ? err : aa_account_by_name(&ctx->accounts, name, ret);
}

enum aa_reason aa_context_agent(struct aa_context *ctx, const struct aa_account *account,
				struct aa_agent **ret)
{
	struct aa_agent *agent = NULL;
	enum aa_reason reason = aa_policy_openat(ctx->gen_fd, ctx->owner, &ctx->policy);

	if (reason == AA_OK && (account->flags & AA_ACCOUNT_RETIRED))
		return aa_step(ctx->trace, AA_STEP_ACCOUNT, NULL, AA_AGENT_RETIRED);
	if (reason == AA_OK)
		reason = aa_policy_agent(ctx->policy, account->name, &agent);
	if (reason == AA_AGENT_UNKNOWN || (agent && agent->uid != account->uid))
		reason = AA_REGISTRY_UNAVAILABLE;
	reason = aa_step(ctx->trace, AA_STEP_ACCOUNT, NULL, reason);
	if (reason != AA_OK) {
		aa_agent_free(agent);
		return reason;
	}
	aa_elevation_add(ctx->statedir, ctx->policy, ctx->now, ctx->trace, agent);
	*ret = agent;
	return AA_OK;
}

void aa_context_close(struct aa_context *ctx)
{
	aa_policy_close(ctx->policy);
	ctx->policy = NULL;
	if (ctx->accounts.fd >= 0)
		aa_accounts_close(&ctx->accounts);
	if (ctx->gen_fd >= 0)
		close(ctx->gen_fd);
	ctx->gen_fd = ctx->accounts.fd = -1;
}

/* Gives the number of lines that identical refusals have in a minute; 0: each has one. A host that bears many
 * failures in a minute has them in its log, too. */
static unsigned lines_a_minute(const struct aa_host *host)
{
	unsigned tenth = (unsigned)host->max_failures / 10;

	if (host->max_failures == 0)
		return 0;
	return tenth > 5 ? tenth : 5;
}

enum aa_reason aa_context_audit(struct aa_context *ctx, json_t *record)
{
	/* go_round: a caller can stop a process that holds the lock, by freezing its own cgroup. That must stop
	 * nobody else. */
	struct aa_audit audit = {.logdir = ctx->logdir,
				 .owner = ctx->owner,
				 .host = ctx->hostname,
				 .rundir = ctx->rundir,
				 .statedir = ctx->statedir,
				 .go_round = true};
	const struct aa_host *host;
	bool written;

	if (!ctx->policy && ctx->gen_fd >= 0)
		(void)aa_policy_openat(ctx->gen_fd, ctx->owner, &ctx->policy);
	host = ctx->policy ? aa_policy_host(ctx->policy) : NULL;
	if (host) {
		audit.host = host->name;
		audit.sync = host->audit_sync == AA_AUDIT_SYNC_ALWAYS;
		audit.brake = lines_a_minute(host);
	} else {
		(void)gethostname(ctx->hostname, sizeof(ctx->hostname));
		ctx->hostname[sizeof(ctx->hostname) - 1] = '\0';
	}
	if (ctx->dry)
		json_decref(record);
	written = ctx->dry ? aa_audit_can_append(&audit) : aa_audit_append(&audit, record) == AA_OK;
	if (!written && (!host || host->audit_failure == AA_AUDIT_FAILURE_DENY || ctx->starved))
		return aa_step(ctx->trace, AA_STEP_LOG, NULL, AA_AUDIT_UNAVAILABLE);
	return aa_step(ctx->trace, AA_STEP_LOG, NULL, AA_OK);
}
