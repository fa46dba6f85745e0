/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_issuers.c checks what is kept of issuers' keys. Nobody is asked for them here. */
#include "config.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "common/text/utc.h"
#include "tools/agentauthctl/commands/cmd_issuer.h"
#include "tools/agentauthctl/commands/doctor/doctor.h"

static char *cure(const struct aa_issuer *issuer)
{
	return xasprintf("agentauthctl issuer refresh %s", issuer->name);
}

/* ---- keys ------------------------------------------------------------------------ */

static bool is_file_there(const struct ctl *ctl, const struct aa_issuer *issuer)
{
	char *path = issuer->jwks_file ? xstrdup(issuer->jwks_file)
				       : xasprintf("%s/keys/%s", ctl->paths.statedir, issuer->name);
	struct stat st;
	bool there = lstat(path, &st) == 0;

	free(path);
	return there;
}

static void look_at_absent(struct doctor *d, const struct aa_issuer *issuer)
{
	if (issuer->jwks_file)
		doctor_problem(d, cure(issuer), "of %s the jwks_file %s cannot be used", issuer->name,
			       issuer->jwks_file);
	else if (is_file_there(d->ctl, issuer))
		doctor_problem(
		    d, cure(issuer),
		    "what is kept of the keys of %s is damaged, or of another issuer that had its name",
		    issuer->name);
	else
		doctor_problem(d, cure(issuer), "the keys of %s were never fetched", issuer->name);
}

/* Keys are fetched again when a quarter of their time is over; half of it is late. */
static bool is_late(const struct ctl *ctl, const struct aa_issuer *issuer, const struct keys_state *state)
{
	return state->stale && state->stale - ctl->now < issuer->jwks_max_age / 2;
}

static void look_at_keys(struct doctor *d, const struct aa_issuer *issuer, const struct keys_state *state)
{
	char when[32];

	aa_utc_print(state->fetched, when);
	if (!state->there)
		look_at_absent(d, issuer);
	else if (state->usable == 0)
		doctor_problem(d, cure(issuer), "of the keys of %s its algorithms admit none", issuer->name);
	else if (state->stale && d->ctl->now > state->stale)
		doctor_problem(d, cure(issuer),
			       "the keys of %s are of %s, which is longer ago than jwks_max_age",
			       issuer->name, when);
	else if (!state->named)
		doctor_note(
		    d,
		    "the keys of %s were fetched by an earlier version, and do not say whose they are: "
		    "agentauthctl issuer refresh %s",
		    issuer->name, issuer->name);
	else if (is_late(d->ctl, issuer, state))
		doctor_note(d,
			    "the keys of %s are of %s, and nothing has fetched them again: is "
			    "agentauth-refresh.timer on? agentauthctl issuer refresh %s",
			    issuer->name, when, issuer->name);
	else
		doctor_fine(d, "%zu key%s of %s can be used", state->usable, state->usable == 1 ? "" : "s",
			    issuer->name);
}

/* ---- the clock --------------------------------------------------------------------- */

/* A difference of the clocks is taken off what clock_skew bears. */
static void look_at_clock(struct doctor *d, const struct key_store *store, const struct aa_issuer *issuer,
			  int64_t skew)
{
	int64_t ahead, seen;
	char when[32];

	if (!keys_clock(store, issuer, &ahead, &seen) || llabs(ahead) <= skew)
		return;
	aa_utc_print(seen, when);
	doctor_problem(d,
		       xasprintf("timedatectl set-ntp true && agentauthctl issuer refresh %s", issuer->name),
		       "this clock was %lld seconds %s that of %s when its keys were asked for at %s, and "
		       "clock_skew is %lld: its tokens seem %s",
		       llabs(ahead), ahead > 0 ? "ahead of" : "behind", issuer->name, when, (long long)skew,
		       ahead > 0 ? "to have expired" : "to be of the future");
}

void doctor_issuers(struct doctor *d)
{
	const struct key_store store = ctl_key_store(d->ctl);
	struct aa_host *host = d->published ? published_host(d->published) : NULL;
	struct aa_issuer **issuers = NULL;
	size_t n = 0;

	if (!host || ctl_issuers(d->ctl, &issuers, &n) != CTL_DONE)
		goto out; /* the check of the registry says so */
	for (size_t i = 0; i < n; i++) {
		struct keys_state state = keys_state(&store, issuers[i], NULL);

		look_at_keys(d, issuers[i], &state);
		look_at_clock(d, &store, issuers[i], host->clock_skew);
	}
	if (n == 0)
		doctor_fine(d, "there is no issuer");
out:
	ctl_issuers_free(issuers, n);
	aa_host_free(host);
}
