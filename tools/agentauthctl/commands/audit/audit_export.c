/* SPDX-License-Identifier: Apache-2.0 */
/* audit_export.c: prints the records that are asked for in the words of others, a line of JSON each. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "tools/agentauthctl/commands/audit/audit.h"
#include "tools/agentauthctl/commands/audit/export_record.h"
#include "tools/cli/progress.h"

/* The lines go on where one reads them; once nobody does, there is nothing more to do. */
static bool put(void *data, json_t *record, const struct log_line *line)
{
	json_t *(*const *convert)(const json_t *, const struct log_line *) = data;
	json_t *event = (*convert)(record, line);
	int r = json_dumpf(event, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);

	(void)putchar('\n');
	json_decref(event);
	json_decref(record);
	return r == 0 && !ferror(stdout);
}

static enum ctl_status export(struct ctl *ctl, const struct log_query *query, bool ecs) {
	json_t *(*convert)(const json_t *, const struct log_line *) = ecs ? export_ecs : export_ocsf;
	struct progress progress = {.program = "agentauthctl", .what = "MB of the log", .off = ctl->json};
	struct log_files files;
	enum ctl_status status = audit_open(ctl, &log_decisions, true, &files);

	if (status == CTL_DONE && !log_query_walk(query, &files, &ctl->problems, &progress, put, &convert))
	    status = CTL_FAILED;
	log_files_close(&files);
	return status;
}

static int run_export(struct ctl *ctl, const struct arguments *arguments)
{
	bool ocsf = arguments_have(arguments, "ocsf"), ecs = arguments_have(arguments, "ecs");
	struct log_query query = {.n = 0};
	enum ctl_status status = CTL_DONE;

	if (ocsf == ecs)
		return ctl_usage(ctl, "the format is --ocsf or --ecs");
	status = audit_filters(ctl, arguments, &query);
	if (status == CTL_DONE)
		status = audit_times(ctl, arguments, &query);
	if (status == CTL_DONE)
		status = export(ctl, &query, ecs);
	log_query_free(&query);
	return status;
}

const struct command audit_export = {
    .name = "export",
    .words = "",
    .summary = "print records for a SIEM, as OCSF or ECS has them",
    .about =
	"Each record is an object of its own line. It has the same id (metadata.uid, event.id) whenever it "
	"is exported, so that what is read twice is stored once. Several options ask for the records that "
	"fit all of them. doc/siem.md says what becomes of each "
	"event and member.",
    .options =
	(const struct option_spec[]){
	    {"ocsf", NULL, "events of the Open Cybersecurity Schema Framework 1.9", 0, NULL},
	    {"ecs", NULL, "documents of the Elastic Common Schema", 0, NULL},
	    AUDIT_TIMES,
	    AUDIT_FILTERS,
	    {0}},
    .run = run_export,
};
