/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_audit.c: any bytes as the audit log, line by line: through the proof of the chain, a query, the line for people, both
 * exports, the counters and the report. Holds: each line is counted once; what reaches a terminal has no byte that a terminal
 * obeys; an export is JSON that can be read again and has the record's own line in it. */
#include "config.h"

#include <string.h>

#include "common/state/audit_verify.h"
#include "fuzz/fuzz.h"
#include "tools/agentauthctl/audit/log_query.h"
#include "tools/agentauthctl/commands/audit/audit.h"
#include "tools/agentauthctl/commands/audit/export_record.h"
#include "tools/agentauthctl/metrics/log_count.h"
#include "tools/agentauthctl/report/findings.h"
#include "tools/agentauthctl/report/gather.h"

#define NOW 1800057600 /* 2027-01-16 00:00:00 */

static void is_harmless(char *text)
{
	FUZZ_HOLDS(text);
	for (const char *c = text; *c; c++)
		FUZZ_HOLDS(((unsigned char)*c >= ' ' && *c != 0x7f) || *c == '\n');
	free(text);
}

static void has_its_line(json_t *event, const char *member, const struct log_line *line)
{
	char *text = json_dumps(event, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_t *again = text ? json_loads(text, 0, NULL) : NULL;
	const char *original = again ? export_text(again, member) : NULL;

	/* JSON has no text that is no UTF-8. */
	FUZZ_HOLDS(again && (!original || strlen(original) == line->len));
	json_decref(again);
	json_decref(event);
	free(text);
}

struct reading {
	struct gather gather;
	struct log_count count;
};

static void take_record(struct reading *r, const struct log_line *line)
{
	const struct log_query all = {.n = 0};
	json_t *record = log_query_take(&all, line);

	if (!record)
		return;
	is_harmless(audit_text(record, false));
	is_harmless(audit_text(record, true));
	has_its_line(export_ocsf(record, line), "raw_data", line);
	has_its_line(export_ecs(record, line), "event.original", line);
	log_count_take(&r->count, record);
	gather_record(&r->gather, record);
	json_decref(record);
}

/* Gives each line, with a zero behind it, and returns how many there are. */
static uint64_t read_lines(struct reading *r, struct aa_audit_walk *walk, char *bytes)
{
	uint64_t n = 0;

	for (char *at = bytes, *end; *at; at = end) {
		struct log_line line = {.text = at, .number = n + 1};

		end = at + strcspn(at, "\n");
		line.len = (size_t)(end - at);
		if (*end)
			*end++ = '\0';
		FUZZ_HOLDS(aa_audit_walk_line(walk, line.text, line.len) == 0);
		take_record(r, &line);
		n++;
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct report_facts facts = {.host = "fuzz"};
	struct report report = {.facts = &facts, .since = NOW - 7 * REPORT_DAY, .until = NOW, .now = NOW};
	struct reading r = {.count = {json_object(), json_object(), json_object(), json_object(), true}};
	struct aa_audit_walk walk = {0};
	char *bytes;

	if (size > 16384)
		return 0;
	bytes = malloc(size + 1);
	FUZZ_HOLDS(bytes);
	memcpy(bytes, data, size);
	bytes[size] = '\0';
	gather_begin(&r.gather, &report, 30 * REPORT_DAY, NULL);
	FUZZ_HOLDS(read_lines(&r, &walk, bytes) == walk.lines);
	aa_audit_walk_end(&walk, 0, NULL);
	gather_end(&r.gather);
	findings_look(&report);
	for (size_t i = 0; i < report.n_findings; i++)
		FUZZ_HOLDS(report.findings[i].title && report.findings[i].detail);
	report_free(&report);
	json_decref(r.count.series);
	json_decref(r.count.requests);
	json_decref(r.count.services);
	json_decref(r.count.fetched);
	free(bytes);
	return 0;
}
