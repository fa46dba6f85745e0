/* SPDX-License-Identifier: Apache-2.0 */
/* test_audit_note.c: what became of the log since its last line is said before the next one, and nothing else is. */
#include <config.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/capability.h>

#include "common/state/audit.h"
#include "common/state/audit_chain.h"
#include "common/state/audit_unwritten.h"
#include "tests/unit/state/audit_steps.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

static void append_some(const struct fixture *f, int n)
{
	for (int i = 0; i < n; i++)
		assert_int_equal(append(f, "auth"), AA_OK);
}

static off_t size_of_log(const struct fixture *f)
{
	struct stat st;

	assert_int_equal(stat(f->log, &st), 0);
	return st.st_size;
}

static void turn_log(const struct fixture *f, const char *name)
{
	char aside[320];

	snprintf(aside, sizeof(aside), "%s/%s", f->dir, name);
	assert_int_equal(rename(f->log, aside), 0);
}

/* One note, of this kind and with this many lines (0: it does not say). */
static void assert_said(const struct fixture *f, const char *found, int lines)
{
	json_t *said = note(f, found);

	assert_non_null(said);
	assert_member(said, "event", "log");
	assert_member(said, "service", "agentauth");
	assert_member(said, "result", "error");
	assert_non_null(json_object_get(said, "detail"));
	assert_int_equal(json_integer_value(json_object_get(said, "lines")), lines);
	json_decref(said);
	assert_int_equal(notes(f), 1);
}

/* The head as a writer would have left it that was killed before it wrote another. */
static void keep_head(const struct fixture *f, char **ret, size_t *ret_len)
{
	*ret = support_read_file(f->head, ret_len);
}

static void restore_head(const struct fixture *f, char *head, size_t len)
{
	support_write_file(f->head, head, len);
	free(head);
}

/* ---- nothing to say ------------------------------------------------------------------ */

TEST(a_new_log_and_one_that_was_turned_are_nothing_to_say, log)
{
	struct fixture *f = *state;
	struct aa_audit_walk before;

	append_some(f, 3);
	before = verify(f);
	turn_log(f, "audit.jsonl-20270115-1");
	append_some(f, 3);
	assert_int_equal(notes(f), 0);
	assert_int_equal(support_walk(f->log, before.last.hash).n_faults, 0);
	before = verify(f);
	turn_log(f, "audit.jsonl.1");
	append_some(f, 1);
	assert_int_equal(notes(f), 0);
	assert_int_equal(verify(f).last.seq, 7);
}

/* Without delaycompress the file that was turned is another one by the time that the next line comes. */
TEST(a_log_that_was_turned_and_packed_at_once_is_nothing_to_say, log)
{
	struct fixture *f = *state;
	char packed[320];

	append_some(f, 3);
	snprintf(packed, sizeof(packed), "%s/audit.jsonl-20270115-1.gz", f->dir);
	support_write_file(packed, "packed", 6);
	assert_int_equal(unlink(f->log), 0);
	append_some(f, 1);
	assert_int_equal(notes(f), 0);
	assert_int_equal(verify(f).last.seq, 4);
}

TEST(a_line_whose_writer_was_killed_before_the_head_keeps_its_number, log)
{
	struct fixture *f = *state;
	size_t len;
	char *head;

	append_some(f, 3);
	keep_head(f, &head, &len);
	append_some(f, 1);
	restore_head(f, head, len);
	append_some(f, 1);
	assert_int_equal(notes(f), 0);
	assert_int_equal(verify(f).n_faults, 0);
	assert_int_equal(verify(f).last.seq, 5);
}

TEST(and_it_keeps_it_where_the_log_was_turned_behind_it, log)
{
	struct fixture *f = *state;
	struct aa_audit_walk before;
	size_t len;
	char *head;

	append_some(f, 3);
	keep_head(f, &head, &len);
	append_some(f, 1);
	before = verify(f);
	restore_head(f, head, len);
	turn_log(f, "audit.jsonl-20270115-1");
	append_some(f, 1);
	assert_int_equal(notes(f), 0);
	assert_int_equal(support_walk(f->log, before.last.hash).n_faults, 0);
	assert_int_equal(verify(f).last.seq, 5);
}

/* What a version before the inode wrote. */
TEST(a_head_of_an_older_version_is_taken_as_it_is, log)
{
	struct fixture *f = *state;
	size_t len;
	char *head;

	append_some(f, 3);
	keep_head(f, &head, &len);
	head[106] = '\n';
	restore_head(f, head, 107);
	append_some(f, 1);
	assert_int_equal(notes(f), 0);
	assert_int_equal(verify(f).last.seq, 4);
	keep_head(f, &head, &len);
	head[106] = '\n';
	restore_head(f, head, 107);
	assert_int_equal(truncate(f->head, 107), 0);
	assert_int_equal(unlink(f->log), 0);
	append_some(f, 1);
	assert_int_equal(notes(f), 0); /* nothing tells a rotation from that */
	assert_int_equal(verify(f).last.seq, 5);
}

/* ---- what is said --------------------------------------------------------------------- */

TEST(a_log_that_was_deleted_or_emptied_is_said_once, log)
{
	struct fixture *f = *state;

	append_some(f, 3);
	assert_int_equal(unlink(f->log), 0);
	append_some(f, 3);
	assert_said(f, "log_gone", 0);
	assert_int_equal(verify(f).first_seq, 4);
	assert_int_equal(verify(f).last.seq, 7);
	assert_int_equal(truncate(f->log, 0), 0);
	append_some(f, 1);
	assert_said(f, "log_gone", 0);
	assert_int_equal(verify(f).first_seq, 8);
}

/* With the head, so that nothing in the folder tells. */
TEST(a_folder_that_was_emptied_is_told_from_a_new_one, log)
{
	struct fixture *f = *state;
	char path[320];

	snprintf(path, sizeof(path), "%s/state", f->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	f->audit.statedir = f->dir;
	append_some(f, 3);
	assert_int_equal(notes(f), 0);
	assert_int_equal(unlink(f->log), 0);
	assert_int_equal(unlink(f->head), 0);
	append_some(f, 2);
	assert_said(f, "log_gone", 0);
	assert_int_equal(verify(f).first_seq, 1);
	/* the control: another folder is a new one */
	snprintf(path, sizeof(path), "%s/elsewhere", f->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	f->audit.logdir = path;
	snprintf(f->log, sizeof(f->log), "%s/elsewhere/audit.jsonl", f->dir);
	append_some(f, 2);
	assert_int_equal(notes(f), 0);
}

TEST(lines_that_were_cut_off_are_said_and_stay_missing, log)
{
	struct fixture *f = *state;
	struct aa_audit_walk check;
	off_t size;

	append_some(f, 3);
	size = size_of_log(f);
	append_some(f, 2);
	assert_int_equal(truncate(f->log, size), 0);
	append_some(f, 2);
	assert_said(f, "log_cut", 2);
	check = verify(f);
	assert_int_equal(check.n_faults, 1);
	assert_int_equal(check.faults[0].kind, AA_AUDIT_REMOVED);
	assert_int_equal(check.faults[0].seq, 4);
	assert_int_equal(check.faults[0].count, 2);
	assert_int_equal(check.last.seq, 8);
}

/* Within a line, and of a file that was turned since. */
TEST(a_cut_within_a_line_and_one_before_a_turn_are_said, log)
{
	struct fixture *f = *state;

	append_some(f, 3);
	assert_int_equal(truncate(f->log, size_of_log(f) - 40), 0);
	append_some(f, 2);
	assert_said(f, "log_cut", 1);
	assert_int_equal(verify(f).torn, 1);
	assert_int_equal(verify(f).n_faults, 1);
	assert_int_equal(truncate(f->log, size_of_log(f) - 40), 0);
	turn_log(f, "audit.jsonl-20270115-1");
	append_some(f, 1);
	assert_said(f, "log_cut", 1);
}

/* As by a writer that was killed, or a full disk whose rest could not be taken back. */
TEST(a_torn_line_is_closed_said_and_followed, log)
{
	struct fixture *f = *state;
	struct aa_audit_walk check;
	int fd;

	append_some(f, 3);
	fd = open(f->log, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "{\"time\":\"2027", 13), 13);
	close(fd);
	check = verify(f);
	assert_int_equal(check.n_faults, 1); /* nothing follows it yet */
	assert_int_equal(check.faults[0].kind, AA_AUDIT_TORN);
	append_some(f, 2);
	assert_said(f, "line_cut", 0);
	check = verify(f);
	assert_int_equal(check.n_faults, 0);
	assert_int_equal(check.torn, 1);
	assert_int_equal(check.last.seq, 6);
}

TEST(a_head_that_is_gone_or_lies_is_said_and_the_log_decides, log)
{
	static const char *const heads[] = {"", "x", "00000000000000000009 ", "\xff\xff\xff"};
	struct fixture *f = *state;

	for (unsigned i = 0; i < COUNT(heads); i++) {
		append_some(f, 1);
		support_write_file(f->head, heads[i], strlen(heads[i]));
		append_some(f, 1);
		assert_int_equal(notes(f), i + 1);
	}
	assert_int_equal(unlink(f->head), 0);
	append_some(f, 1);
	json_decref(note(f, "head_gone"));
	assert_int_equal(notes(f), COUNT(heads) + 1);
	assert_int_equal(verify(f).n_faults, 0);
	assert_int_equal(verify(f).last.seq, 3 * COUNT(heads) + 2);
	/* with the log turned away nothing goes on, and that is said, too */
	turn_log(f, "audit.jsonl-20270115-1");
	assert_int_equal(unlink(f->head), 0);
	append_some(f, 1);
	assert_said(f, "head_gone", 0);
}

/* As if the last line had been written by a clock that was this much ahead. */
static void put_last_line_ahead(const struct fixture *f, int64_t us)
{
	struct aa_audit_tail end = {.inode = 0};
	size_t len;
	char *head;
	int fd;

	keep_head(f, &head, &len);
	assert_int_equal(sscanf(head, "%20" SCNu64 " %64s %20" SCNu64 " %20" SCNu64 " %20" SCNd64,
				&end.link.seq, end.link.hash, &end.size, &end.inode, &end.time_us),
			 5);
	free(head);
	end.time_us += us;
	fd = open(f->head, O_WRONLY);
	assert_true(aa_audit_write_head(fd, &end));
	close(fd);
}

TEST(a_clock_that_was_set_back_is_said_once, log)
{
	struct fixture *f = *state;
	json_t *said;

	append_some(f, 1);
	put_last_line_ahead(f, 500000); /* the control: no more than NTP does */
	append_some(f, 1);
	assert_int_equal(notes(f), 0);
	put_last_line_ahead(f, 3600 * INT64_C(1000000));
	append_some(f, 2);
	assert_said(f, "clock_back", 0);
	said = note(f, "clock_back");
	assert_true(strcmp(json_string_value(json_object_get(said, "since")),
			   json_string_value(json_object_get(said, "until"))) > 0);
	json_decref(said);
	assert_int_equal(verify(f).n_faults, 0);
}

TEST(lines_that_could_not_be_written_are_counted_and_said_by_the_next, log)
{
	struct fixture *f = *state;
	char aside[320];
	json_t *said;

	f->audit.rundir = f->dir;
	append_some(f, 1);
	snprintf(aside, sizeof(aside), "%s/aside", f->dir);
	assert_int_equal(rename(f->log, aside), 0);
	assert_int_equal(mkdir(f->log, 0700), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(append(f, "auth"), AA_AUDIT_UNAVAILABLE);
	assert_int_equal(rmdir(f->log), 0);
	assert_int_equal(rename(aside, f->log), 0);
	append_some(f, 2);
	assert_said(f, "not_written", 5);
	said = note(f, "not_written");
	assert_true(strcmp(json_string_value(json_object_get(said, "since")),
			   json_string_value(json_object_get(said, "until"))) <= 0);
	json_decref(said);
	assert_int_equal(verify(f).n_faults, 0);
	assert_int_equal(verify(f).last.seq, 4);
}

/* Nobody fills /run with them. */
TEST(what_is_counted_has_an_end, log)
{
	const struct fixture *f = *state;
	struct aa_unwritten unwritten;
	char path[320];

	snprintf(path, sizeof(path), "%s/audit.unwritten", f->dir);
	aa_audit_unwritten_add(f->dir, geteuid(), 1);
	assert_int_equal(truncate(path, AA_UNWRITTEN_MAX * 8), 0);
	aa_audit_unwritten_add(f->dir, geteuid(), 2);
	assert_true(aa_audit_unwritten_read(f->dir, geteuid(), &unwritten));
	assert_int_equal(unwritten.count, AA_UNWRITTEN_MAX);
	assert_int_equal(unwritten.first_us, 1);
	aa_audit_unwritten_forget(f->dir);
	assert_false(aa_audit_unwritten_read(f->dir, geteuid(), &unwritten));
}
