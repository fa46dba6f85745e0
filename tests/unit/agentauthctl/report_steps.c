/* SPDX-License-Identifier: Apache-2.0 */
/* report_steps.c: see report_steps.h. */
#include "config.h"

#include "tests/unit/agentauthctl/report_steps.h"

#include <stdlib.h>
#include <string.h>

#include "common/text/utc.h"
#include "tools/cli/alloc.h"

struct reported reported;

int week_begins(void **state)
{
	(void)state;
	memset(&reported, 0, sizeof(reported));
	reported.facts.host = "web01.example.com";
	reported.facts.registry = true;
	reported.report.facts = &reported.facts;
	reported.report.since = WEEK;
	reported.report.until = reported.report.now = NOW;
	gather_begin(&reported.gather, &reported.report, 28 * DAY, NULL);
	return 0;
}

int week_ends(void **state)
{
	(void)state;
	report_free(&reported.report);
	return 0;
}

void seen(int64_t when, const char *members)
{
	char utc[AA_UTC_SIZE], *text;
	json_t *record;

	aa_utc_print(when, utc);
	text = xasprintf("{\"time\":\"%.19s.000000Z\",%s}", utc, members);
	record = json_loads(text, 0, NULL);
	assert_non_null(record);
	gather_record(&reported.gather, record);
	json_decref(record);
	free(text);
}

void seen_session(int64_t from, int64_t to, const char *id, const char *members)
{
	char *open = xasprintf(OPENED ",\"agent\":\"builder-7\",\"session\":\"%s\"%s", id, members),
	     *close = xasprintf(CLOSED ",\"agent\":\"builder-7\",\"session\":\"%s\"%s", id, members);

	seen(from, open);
	seen(to, close);
	free(open);
	free(close);
}

void week_is_over(void)
{
	gather_end(&reported.gather);
	findings_look(&reported.report);
}

size_t found(const char *kind)
{
	size_t n = 0;

	for (size_t i = 0; i < reported.report.n_findings; i++)
		n += strcmp(reported.report.findings[i].kind, kind) == 0;
	return n;
}

const struct report_agent *agent_of(const char *name)
{
	const struct report_agent *found = NULL;

	for (size_t i = 0; i < reported.report.agents.n; i++)
		if (strcmp(reported.report.v[i].name, name) == 0)
			found = &reported.report.v[i];
	assert_non_null(found);
	return found;
}

const struct tally_row *row_of(const struct tally *tally, const char *name)
{
	const struct tally_row *found = NULL;

	for (size_t i = 0; i < tally->n; i++)
		if (strcmp(tally->v[i].name, name) == 0)
			found = &tally->v[i];
	assert_non_null(found);
	return found;
}
