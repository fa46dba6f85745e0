/* SPDX-License-Identifier: Apache-2.0 */
/* findings.c: see findings.h. Each kind has its own function, and says nothing where the log or the registry does not reach
 * far enough to know. */
#include "config.h"

#include "tools/agentauthctl/report/findings.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/text/shown.h"
#include "common/text/utc.h"
#include "common/verify/reason.h"
#include "tools/agentauthctl/report/words.h"
#include "tools/cli/alloc.h"

#define NAMED 5 /* names in a sentence, before the others are counted */

/* Takes the three texts over. */
static void add(struct report *r, enum report_weight weight, const char *kind, char *title, char *detail,
		char *command)
{
	grow(&r->findings, &r->cap_findings, r->n_findings + 1, sizeof(*r->findings));
	r->findings[r->n_findings++] = (struct report_finding){
	    .weight = weight, .kind = kind, .title = title, .detail = detail, .command = command};
}

/* ---- the log ------------------------------------------------------------------ */

static void look_at_chain(struct report *r)
{
	if (r->seal_differs)
		add(r, FINDING_NOW, "seal-differs",
		    xasprintf("Record %" PRIu64 " is not the one that was sealed", r->facts->sealed_seq),
		    xstrdup("It and all before it may have been written anew."),
		    xstrdup("agentauthctl audit verify"));
	if (r->faults)
		add(r, FINDING_NOW, "chain-broken",
		    xasprintf("The log is not whole: %" PRIu64 " %s", r->faults,
			      r->faults == 1 ? "place does not fit" : "places do not fit"),
		    xasprintf("The first is at line %" PRIu64 " of %s. Somebody changed the log, or it was "
			      "damaged.",
			      r->fault_line, r->fault_file ? r->fault_file : "the log"),
		    xstrdup("agentauthctl audit verify"));
	if (r->invalid)
		add(r, FINDING_LOOK, "no-records",
		    xasprintf("%" PRIu64 " %s", r->invalid,
			      r->invalid == 1 ? "line of the log is no record"
					      : "lines of the log are no records"),
		    xstrdup("Nothing that they say is counted here."), xstrdup("agentauthctl audit verify"));
}

/* Each is said once, with the lines or programs that are known of it. */
static void look_at_said(struct report *r)
{
	char at[WORDS_TIME];

	words_minute(r->gone.first, at);
	if (r->gone.times)
		add(r, FINDING_NOW, "log-lost-lines",
		    xasprintf("Lines of the log were gone when it went on, %" PRIu64 " %s", r->gone.times,
			      r->gone.times == 1 ? "time" : "times"),
		    xasprintf("First at %s UTC. Somebody deleted or cut the log, or a crash took its end.",
			      at),
		    xstrdup("agentauthctl audit show --event log"));
	words_minute(r->unwritten.first, at);
	if (r->unwritten.times)
		add(r, FINDING_LOOK, "log-not-written",
		    xasprintf("The log could not take %" PRIu64 " %s", r->unwritten.lines,
			      r->unwritten.lines == 1 ? "line" : "lines"),
		    xasprintf("It said so first at %s UTC. The system's log has them.", at),
		    xstrdup("agentauthctl audit show --event log"));
	words_minute(r->programs.first, at);
	if (r->programs.times)
		add(r, FINDING_LOOK, "programs-lost",
		    xstrdup("Programs of agents may be missing in the log of programs"),
		    xasprintf("%" PRIu64 " were counted, %" PRIu64 " %s, first at %s UTC.", r->programs.lines,
			      r->programs.times, r->programs.times == 1 ? "time" : "times", at),
		    xstrdup("agentauthctl audit show --service record"));
}

static void look_at_clock(struct report *r)
{
	char at[AA_UTC_SIZE];

	aa_utc_print(r->clock_back_at, at);
	if (r->clock_back)
		add(r, FINDING_LOOK, "clock-set-back",
		    xasprintf("The clock was set back %" PRIu64 " %s", r->clock_back,
			      r->clock_back == 1 ? "time" : "times"),
		    xasprintf("First at %s. Times near it, and how long sessions took, may be wrong.", at),
		    xstrdup("agentauthctl audit verify"));
	if (r->later)
		add(r, FINDING_LOOK, "clock-ahead",
		    xasprintf("%" PRIu64 " %s of a time that has not come yet", r->later,
			      r->later == 1 ? "record is" : "records are"),
		    xstrdup("The clock was ahead when they were written. They are not counted here."),
		    xstrdup("agentauthctl doctor"));
}

/* ---- agents --------------------------------------------------------------------- */

/* "agentauthctl audit show --agent NAME MORE", the name as a shell takes it. */
static char *show_command(const char *option, const char *name, const char *more)
{
	char word[4 * TALLY_NAME_MAX + 16];

	(void)aa_shown_word(word, sizeof(word), name);
	return xasprintf("agentauthctl audit show %s %s%s", option, word, more);
}

static char *span_options(const char *options, int64_t from, int64_t to)
{
	char since[AA_UTC_SIZE], until[AA_UTC_SIZE];

	aa_utc_print(from, since);
	aa_utc_print(to + 60, until);
	return xasprintf("%s --since %.16s --until %.16s", options, since, until);
}

static void look_at_burst(struct report *r, const struct report_agent *a)
{
	const struct report_burst *b = &a->worst;
	int64_t minutes = (b->last - b->begin) / 60 + 1;
	char when[WORDS_TIME], *options;

	if (b->n < FINDING_BURST)
		return;
	words_minute(b->begin, when);
	options = span_options(" --result denied --why", b->begin, b->last);
	add(r, FINDING_NOW, "burst-of-denials",
	    xasprintf("%s was refused %" PRIu64 " times within %" PRId64 " %s", a->name, b->n, minutes,
		      minutes == 1 ? "minute" : "minutes"),
	    xasprintf("From %s UTC on, the last for %s.", when, b->reason),
	    show_command("--agent", a->name, options));
	free(options);
}

static void look_at_sources(struct report *r, const struct report_agent *a)
{
	struct buffer names = {0};
	size_t new = 0, before = 0;
	int64_t first = 0;
	char *options;

	for (size_t i = 0; i < a->sources.n; i++) {
		const struct tally_row *row = &a->sources.v[i];

		before += row->n[N_SESSIONS_BEFORE] > 0;
		if (row->n[N_SESSIONS_BEFORE] || !row->n[N_SESSIONS])
			continue;
		if (new ++ < NAMED)
			buffer_printf(&names, "%s%s", new > 1 ? ", " : "", row->name);
		first = first ? first : row->first;
	}
	if (new &&before && a->sources.rest.n[N_SESSIONS_BEFORE] == 0) {
		options = span_options(" --event session-open", first, first);
		add(r, FINDING_LOOK, "new-source",
		    xasprintf("%s came from %s that it never came from before", a->name,
			      new == 1 ? "an address" : "addresses"),
		    new > NAMED ? xasprintf("%s and %zu more.", names.data, new - NAMED)
				: xasprintf("%s.", names.data),
		    show_command("--agent", a->name, options));
		free(options);
	}
	buffer_free(&names);
}

static void look_at_hours(struct report *r, const struct report_agent *a)
{
	char when[WORDS_TIME], *options;

	if (!a->odd_hour)
		return;
	words_minute(a->odd_hour, when);
	options = span_options(" --by-session", a->odd_hour, a->odd_hour + 3600);
	add(r, FINDING_LOOK, "unusual-hour",
	    xasprintf("%s began %" PRIu64 " %s at an hour that is unusual for it", a->name, a->odd_hours,
		      a->odd_hours == 1 ? "session" : "sessions"),
	    xasprintf("At %s UTC; before, it had none within an hour of that time of day.", when),
	    show_command("--agent", a->name, options));
	free(options);
}

static void look_at_agents(struct report *r)
{
	for (size_t i = 0; i < r->n_active; i++)
		look_at_burst(r, &r->v[i]);
	for (size_t i = 0; i < r->n_active; i++) {
		look_at_sources(r, &r->v[i]);
		look_at_hours(r, &r->v[i]);
	}
}

static void look_at_approvals(struct report *r)
{
	char since[AA_UTC_SIZE], until[AA_UTC_SIZE];

	aa_utc_print(r->since, since);
	aa_utc_print(r->until + 59, until);
	if (r->approvals.timeout)
		add(r, FINDING_LOOK, "approval-timeout",
		    xasprintf("Nobody answered %" PRIu64 " of %" PRIu64 " requests for approval",
			      r->approvals.timeout, r->approvals.asked),
		    xstrdup("Their commands did not run."),
		    xasprintf(
			"agentauthctl audit show --event approval --reason approval_timeout --since %.16s "
			"--until %.16s",
			since, until));
}

/* ---- what nobody uses -------------------------------------------------------------- */

static void look_at_role(struct report *r, const struct report_role *role)
{
	const struct tally_row *row = NULL;
	bool ran, entered;
	char word[4 * TALLY_NAME_MAX + 16], from[WORDS_TIME];

	for (size_t i = 0; i < r->roles.n && !row; i++)
		if (strcmp(r->roles.v[i].name, role->name) == 0)
			row = &r->roles.v[i];
	ran = row && (row->n[N_RAN] || row->n[N_RAN_BEFORE] || row->n[N_ASKED]);
	entered = row && (row->n[N_SESSIONS] || row->n[N_SESSIONS_BEFORE]);
	if (!role->held || (role->sudo ? ran : entered))
		return;
	words_day(r->first, from);
	(void)aa_shown_word(word, sizeof(word), role->name);
	add(r, FINDING_TIDY, "role-unused", xasprintf("Nobody used the role %s: it may go", role->name),
	    xasprintf("%zu %s it, and since %s %s.", role->held,
		      role->held == 1 ? "agent has" : "agents have", from,
		      role->sudo ? "no command ran by it" : "no session had it"),
	    xasprintf("agentauthctl role show %s", word));
}

static void look_at_roles(struct report *r)
{
	if (!r->first || r->until - r->first < FINDING_HISTORY_DAYS * REPORT_DAY)
		return;
	for (size_t i = 0; i < r->facts->n_roles; i++)
		look_at_role(r, &r->facts->roles[i]);
}

static bool long_ago(const struct report *r, int64_t last, int64_t since, int days)
{
	int64_t at = last > since ? last : since;

	return at < r->now - days * REPORT_DAY;
}

static void look_at_known(struct report *r)
{
	for (size_t i = 0; i < r->facts->n_known; i++) {
		struct report_known *k = &r->facts->known[i];

		if (!k->active)
			continue;
		if (long_ago(r, k->last_login, k->since, FINDING_UNUSED_DAYS)) {
			grow(&r->idle, &r->cap_idle, r->n_idle + 1, sizeof(struct report_known *));
			r->idle[r->n_idle++] = k;
		} else if (k->may_sudo && long_ago(r, k->last_sudo, k->since, FINDING_SOBER_DAYS)) {
			grow(&r->sober, &r->cap_sober, r->n_sober + 1, sizeof(struct report_known *));
			r->sober[r->n_sober++] = k;
		}
	}
	for (size_t i = 0; i < r->facts->n_keys; i++)
		if (long_ago(r, r->facts->keys[i].last_use, r->facts->keys[i].since, FINDING_UNUSED_DAYS)) {
			grow(&r->stale, &r->cap_stale, r->n_stale + 1, sizeof(struct report_key *));
			r->stale[r->n_stale++] = &r->facts->keys[i];
		}
}

static char *names_of(struct report_known *const *v, size_t n)
{
	struct buffer b = {0};

	for (size_t i = 0; i < n && i < NAMED; i++)
		buffer_printf(&b, "%s%s", i ? ", " : "", v[i]->name);
	if (n > NAMED)
		buffer_printf(&b, " and %zu more", n - NAMED);
	buffer_puts(&b, ".");
	return buffer_take(&b);
}

static void look_at_unused(struct report *r)
{
	char word[4 * TALLY_NAME_MAX + 16];

	look_at_known(r);
	if (r->n_idle)
		add(r, FINDING_TIDY, "agent-unused",
		    xasprintf("%zu %s not log in for %d days or more", r->n_idle,
			      r->n_idle == 1 ? "agent did" : "agents did", FINDING_UNUSED_DAYS),
		    names_of(r->idle, r->n_idle),
		    xasprintf("agentauthctl list --unused %dd", FINDING_UNUSED_DAYS));
	if (r->n_sober)
		add(r, FINDING_TIDY, "sudo-unused",
		    xasprintf("%zu %s may use sudo and did not for %d days", r->n_sober,
			      r->n_sober == 1 ? "agent" : "agents", FINDING_SOBER_DAYS),
		    names_of(r->sober, r->n_sober), xstrdup("agentauthctl list --wide"));
	if (r->n_stale) {
		(void)aa_shown_word(word, sizeof(word), r->stale[0]->agent);
		add(r, FINDING_TIDY, "key-unused",
		    xasprintf("%zu %s used for %d days or more", r->n_stale,
			      r->n_stale == 1 ? "key was not" : "keys were not", FINDING_UNUSED_DAYS),
		    xstrdup("They are listed below."), xasprintf("agentauthctl show %s", word));
	}
}

/* ---- all ---------------------------------------------------------------------------- */

/* Puts the findings into the order of their weight, and leaves those of one weight as they were found. */
static void order(struct report *r)
{
	struct report_finding *sorted = xcalloc(r->n_findings + 1, sizeof(*sorted));
	size_t n = 0;

	for (int weight = FINDING_NOW; weight <= FINDING_TIDY; weight++)
		for (size_t i = 0; i < r->n_findings; i++)
			if ((int)r->findings[i].weight == weight)
				sorted[n++] = r->findings[i];
	free(r->findings);
	r->findings = sorted;
	r->cap_findings = r->n_findings + 1;
}

void findings_look(struct report *r)
{
	look_at_chain(r);
	look_at_said(r);
	look_at_clock(r);
	look_at_agents(r);
	look_at_approvals(r);
	look_at_roles(r);
	if (r->facts->registry)
		look_at_unused(r);
	order(r);
}

const char *finding_weight(const struct report_finding *finding)
{
	static const char *const words[] = {"Look now", "Worth a look", "Could be tidied"};

	return words[finding->weight];
}
