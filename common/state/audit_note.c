/* SPDX-License-Identifier: Apache-2.0 */
/* audit_note.c: makes the records of the event "log". */
#include "config.h"

#include "common/state/audit_note.h"

#include <string.h>

#include "common/state/audit_record.h"
#include "common/state/audit_text.h"
#include "common/verify/reason.h"

static const struct loss {
	const char *found, *detail;
} losses[] = {
    [AA_AUDIT_NO_LOSS] = {"", ""},
    [AA_AUDIT_LOG_GONE] = {"log_gone", "the log that had the lines before this one was deleted or emptied"},
    [AA_AUDIT_LOG_CUT] = {"log_cut",
			  "lines before this one are missing: the log was cut off, or a crash of the host "
			  "lost what was not on the disk yet"},
    [AA_AUDIT_LINE_CUT] = {"line_cut",
			   "the line before this one was cut short, by a crash, a kill or a full disk"},
    [AA_AUDIT_HEAD_GONE] = {"head_gone", "audit.head, which knew the last line, was deleted or damaged"},
};

static json_t *note(const char *found, const char *detail)
{
	json_t *record = json_object();

	aa_audit_set(record, "event", "log");
	aa_audit_set(record, "service", "agentauth");
	aa_audit_set(record, "result", "error");
	aa_audit_set(record, "reason", aa_reason_name(AA_INTERNAL));
	aa_audit_set(record, "found", found);
	aa_audit_set(record, "detail", detail);
	return record;
}

static void set_lines(json_t *record, uint64_t lines)
{
	if (lines)
		aa_audit_put(record, "lines", json_integer((json_int_t)lines));
}

static void set_time(json_t *record, const char *key, int64_t time_us)
{
	char time[AA_AUDIT_TIME_SIZE];

	aa_audit_time(time_us, time);
	aa_audit_set(record, key, time);
}

json_t *aa_audit_note_loss(const struct aa_audit_tail *end)
{
	json_t *record = note(losses[end->loss].found, losses[end->loss].detail);

	set_lines(record, end->lost);
	return record;
}

json_t *aa_audit_note_clock(int64_t before_us, int64_t now_us)
{
	json_t *record = note("clock_back", "the clock was set back since the line before this one");

	set_time(record, "since", before_us);
	set_time(record, "until", now_us);
	return record;
}

json_t *aa_audit_note_unwritten(const struct aa_unwritten *unwritten)
{
	json_t *record = note("not_written",
			      unwritten->count < AA_UNWRITTEN_MAX
				  ? "the log could not take these lines; the system's log has them"
				  : "the log could not take at least these lines; the system's log has them");

	set_lines(record, unwritten->count);
	set_time(record, "since", unwritten->first_us);
	set_time(record, "until", unwritten->last_us);
	return record;
}

/* A quote within a text is escaped, so that the member is found nowhere else. */
json_t *aa_audit_note_read(const char *line, size_t len)
{
	static const char member[] = "\"event\":\"log\"";

	if (!memmem(line, len, member, sizeof(member) - 1))
		return NULL;
	return json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
}
