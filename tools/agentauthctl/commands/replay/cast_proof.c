/* SPDX-License-Identifier: Apache-2.0 */
/* cast_proof.c: what the audit log says of recordings, see cast_proof.h. */
#include "config.h"

#include "tools/agentauthctl/commands/replay/cast_proof.h"

#include <string.h>

#include "common/jose/sha256.h"
#include "tools/agentauthctl/audit/log_query.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/commands/audit/audit.h"
#include "tools/cli/progress.h"

/* The lines on a recording that failed or was cut come before the one that has its hash. */
static bool take_record(void *data, json_t *record, const struct log_line *line)
{
	const char *name = view_text(record, "recording");

	(void)line;
	if (*name && json_object_get(record, "sha256"))
		(void)json_object_set(data, name, record);
	json_decref(record);
	return true;
}

json_t *cast_records(struct ctl *ctl, const char *session)
{
	struct progress progress = {.program = "agentauthctl", .what = "MB of the log", .off = ctl->json};
	struct log_query query = {.n = 0};
	struct log_files files = {.index_fd = -1};
	json_t *records = json_object();

	log_query_add(&query, "event", LOG_EQUALS, "recording");
	log_query_add(&query, "session", LOG_BEGINS, session);
	if (audit_open(ctl, &log_decisions, true, &files) == CTL_DONE)
		(void)log_query_walk(&query, &files, &ctl->problems, &progress, take_record, records);
	log_files_close(&files);
	log_query_free(&query);
	return records;
}

enum cast_state cast_compare(const struct cast *cast, const json_t *records)
{
	const json_t *record = json_object_get(records, cast->name);
	char sha256[AA_SHA256_HEX_SIZE];

	if (!cast->head)
		return CAST_UNREADABLE;
	if (!record)
		return cast->open ? CAST_OPEN : CAST_UNKNOWN;
	if (aa_sha256_hex(sha256, cast->text, cast->len) < 0 ||
	    strcmp(sha256, view_text(record, "sha256")) != 0)
		return CAST_CHANGED;
	return strcmp(view_text(record, "step"), "unfinished") == 0 ? CAST_UNFINISHED : CAST_SEALED;
}

const char *cast_state_name(enum cast_state state)
{
	static const char *const names[] = {
	    [CAST_SEALED] = "ok",	[CAST_UNFINISHED] = "unfinished",  [CAST_OPEN] = "open",
	    [CAST_CHANGED] = "CHANGED", [CAST_UNKNOWN] = "not in the log", [CAST_UNREADABLE] = "UNREADABLE",
	};

	return names[state];
}
