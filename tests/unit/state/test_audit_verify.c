/* SPDX-License-Identifier: Apache-2.0 */
/* test_audit_verify.c: what was done to a log is found, and at the right line. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/state/audit_steps.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

#define LINES 12

static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";

/* A log of LINES lines, as an array to work on; v[0] is line 1. */
struct pages {
	char *v[2 * LINES];
	size_t n;
	struct aa_audit_walk whole; /* of the log as it was written */
};

static struct pages write_log(const struct fixture *f)
{
	struct pages p = {.n = 0};
	char *text, *save = NULL, *line;
	size_t len;

	for (int i = 0; i < LINES; i++)
		assert_int_equal(append(f, "auth"), AA_OK);
	p.whole = verify(f);
	text = support_read_file(f->log, &len);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		p.v[p.n++] = strdup(line);
	free(text);
	assert_int_equal(p.n, LINES);
	return p;
}

/* As on a new host: a log that is gone while its head is there would be said. */
static void forget_log(const struct fixture *f)
{
	assert_int_equal(unlink(f->log), 0);
	assert_int_equal(unlink(f->head), 0);
}

static char *taken(struct pages *p, size_t line)
{
	char *text = p->v[line - 1];

	memmove(&p->v[line - 1], &p->v[line], (p->n-- - line) * sizeof(char *));
	return text;
}

static void put(struct pages *p, size_t line, char *text)
{
	memmove(&p->v[line], &p->v[line - 1], (p->n++ - (line - 1)) * sizeof(char *));
	p->v[line - 1] = text;
}

/* The line as it would stand behind `line` with a number of its own; prev NULL: the true one. */
static char *forged(uint64_t seq, const char *prev)
{
	char *text = NULL;

	assert_true(asprintf(&text,
			     "{\"time\":\"2027-01-15T08:00:00.000000Z\",\"seq\":%llu,\"prev\":\"%s\","
			     "\"host\":\"web01.example.com\",\"event\":\"auth\"}",
			     (unsigned long long)seq, prev) > 0);
	return text;
}

static void prev_of(const struct pages *p, size_t line, char ret[65])
{
	const char *at = strstr(p->v[line - 1], "\"prev\":\"");

	assert_non_null(at);
	(void)snprintf(ret, 65, "%s", at + strlen("\"prev\":\""));
}

static struct aa_audit_walk walk_pages(struct pages *p, bool with_head)
{
	struct aa_audit_walk walk = {0};

	for (size_t i = 0; i < p->n; i++) {
		assert_int_equal(aa_audit_walk_line(&walk, p->v[i], strlen(p->v[i])), 0);
		free(p->v[i]);
	}
	aa_audit_walk_end(&walk, p->whole.last.seq, with_head ? p->whole.last.hash : NULL);
	return walk;
}

static void assert_fault(struct pages *p, enum aa_audit_fault_kind kind, uint64_t line, uint64_t seq,
			 uint64_t count)
{
	struct aa_audit_walk walk = walk_pages(p, true);

	for (size_t i = 1; i < walk.n_faults; i++)
		print_error("also: %d at line %d\n", walk.faults[i].kind, (int)walk.faults[i].line);
	assert_int_equal(walk.n_faults, 1);
	assert_int_equal(walk.faults[0].kind, kind);
	assert_int_equal(walk.faults[0].line, line);
	assert_int_equal(walk.faults[0].seq, seq);
	assert_int_equal(walk.faults[0].count, count);
}

TEST(a_log_that_nobody_touched_is_whole_with_its_head_and_without, log)
{
	const struct fixture *f = *state;

	for (int with_head = 0; with_head < 2; with_head++) {
		struct pages p = write_log(f);

		assert_int_equal(walk_pages(&p, with_head).n_faults, 0);
		forget_log(f);
	}
}

TEST(a_changed_byte_is_found_in_its_line_wherever_it_is, log)
{
	const struct fixture *f = *state;

	for (size_t line = 1; line <= LINES; line++) {
		struct pages p = write_log(f);

		strstr(p.v[line - 1], "auth")[0] = 'A';
		assert_fault(&p, AA_AUDIT_CHANGED, line, p.whole.first_seq + line - 1, 1);
		forget_log(f);
	}
}

static struct pages copied(const struct pages *from)
{
	struct pages p = *from;

	for (size_t i = 0; i < p.n; i++)
		p.v[i] = strdup(from->v[i]);
	return p;
}

static void drop(struct pages *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->v[i]);
}

/* Each byte of the line but its number, which says where the line stands: what is no JSON any more, what is no prev. */
TEST(a_changed_byte_is_found_in_its_line_whatever_it_is, log)
{
	struct pages whole = write_log(*state);
	const char *line = whole.v[4], *seq = strstr(line, "\"seq\":");

	for (size_t i = 0; line[i]; i++) {
		struct pages p;

		if (line + i >= seq && line + i <= strchr(seq, ','))
			continue;
		p = copied(&whole);
		p.v[4][i] = line[i] == '~' ? '^' : '~';
		assert_fault(&p, AA_AUDIT_CHANGED, 5, whole.whole.first_seq + 4, 1);
	}
	drop(&whole);
}

TEST(removed_lines_are_counted, log)
{
	const struct fixture *f = *state;

	for (size_t n = 1; n < 4; n++) {
		struct pages p = write_log(f);
		uint64_t first = p.whole.first_seq;

		for (size_t i = 0; i < n; i++)
			free(taken(&p, 5));
		assert_fault(&p, AA_AUDIT_REMOVED, 5, first + 4, n);
		forget_log(f);
	}
}

TEST(lines_that_were_cut_off_at_the_end_are_known_of_from_the_head, log)
{
	struct pages p = write_log(*state);

	free(taken(&p, LINES));
	free(taken(&p, LINES - 1));
	assert_fault(&p, AA_AUDIT_CUT_OFF, LINES - 2, LINES - 1, 2);
}

TEST(a_line_that_was_put_in_is_told_from_its_neighbours, log)
{
	const struct fixture *f = *state;
	char prev[65];

	/* Behind line 5, with the true hash and number; without the hash; with a number of its own; and with none. */
	for (int how = 0; how < 6; how++) {
		struct pages p = write_log(f);
		uint64_t first = p.whole.first_seq, seq = first + 5;
		char *line;

		prev_of(&p, 6, prev);
		switch (how) {
		case 0:
			line = forged(seq, prev);
			break;
		case 1:
			line = forged(seq, zeros);
			break;
		case 2:
			line = forged(seq = 70000, prev);
			break;
		case 3:
			line = forged(seq = first + 2, prev);
			break;
		case 4:
			line = strdup("{\"unchained\":true}");
			seq = first + 4;
			break;
		default:
			line = strdup("no JSON");
			seq = first + 4;
			break;
		}
		put(&p, 6, line);
		assert_fault(&p, AA_AUDIT_PUT_IN, 6, seq, 1);
		forget_log(f);
	}
}

/* Until the next line holds their hashes nothing proves lines that went round the lock; and they are no change of the last line
 * that audit.head has, and hide none. */
TEST(lines_at_the_end_that_went_round_the_lock_are_no_fault_and_hide_none, log)
{
	const struct fixture *f = *state;

	for (int changed = 0; changed < 2; changed++) {
		struct pages p = write_log(f);
		uint64_t last = p.whole.last.seq;

		put(&p, LINES + 1, strdup("{\"event\":\"admin\",\"unchained\":true}"));
		put(&p, LINES + 2, strdup("{\"event\":\"auth\",\"unchained\":true}"));
		if (changed) {
			memcpy(strstr(p.v[LINES - 1], "auth"), "AUTH", 4);
			assert_fault(&p, AA_AUDIT_CHANGED, LINES, last, 1);
		} else
			assert_int_equal(walk_pages(&p, true).n_faults, 0);
		forget_log(f);
	}
}

TEST(a_line_that_was_moved_is_one_fault, log)
{
	const struct fixture *f = *state;
	static const struct {
		size_t from, to,
		    at; /* `at`: the line that is called moved; of two that changed places either is */
	} moves[] = {{4, 9, 9}, {9, 4, 4}, {5, 6, 5}};

	for (size_t i = 0; i < COUNT(moves); i++) {
		struct pages p = write_log(f);
		uint64_t first = p.whole.first_seq;
		char *line = taken(&p, moves[i].from);

		put(&p, moves[i].to, line);
		assert_fault(&p, AA_AUDIT_MOVED, moves[i].at,
			     first + (moves[i].from == 5 ? 6 : moves[i].from) - 1, 1);
		forget_log(f);
	}
}

TEST(a_block_that_was_copied_is_one_fault, log)
{
	struct pages p = write_log(*state);

	for (size_t i = 0; i < 3; i++)
		put(&p, 9 + i, strdup(p.v[1 + i]));
	assert_fault(&p, AA_AUDIT_PUT_IN, 9, 2, 3);
}

TEST(several_faults_are_all_told, log)
{
	struct pages p = write_log(*state);
	struct aa_audit_walk walk;

	strstr(p.v[1], "auth")[0] = 'A';
	free(taken(&p, 6));
	strstr(p.v[8], "auth")[0] = 'A';
	walk = walk_pages(&p, true);
	assert_int_equal(walk.n_faults, 3);
	assert_int_equal(walk.faults[0].line, 2);
	assert_int_equal(walk.faults[0].kind, AA_AUDIT_CHANGED);
	assert_int_equal(walk.faults[1].kind, AA_AUDIT_REMOVED);
	assert_int_equal(walk.faults[1].line, 6);
	assert_int_equal(walk.faults[2].kind, AA_AUDIT_CHANGED);
	assert_int_equal(walk.faults[2].line, 9);
}

TEST(a_log_that_begins_anew_says_so, log)
{
	const struct fixture *f = *state;
	struct pages p = write_log(f), q;

	forget_log(f);
	q = write_log(f);
	p.whole = q.whole;
	for (size_t i = 0; i < LINES; i++)
		put(&p, p.n + 1, q.v[i]);
	assert_fault(&p, AA_AUDIT_RESTARTED, LINES + 1, LINES, 1);
}

TEST(a_log_that_is_no_log_is_not_told_line_by_line, log)
{
	struct aa_audit_walk walk = {0};
	char *line;

	(void)state;
	for (uint64_t i = 0; i < 1000; i++) {
		line = forged(3 * i + 1, zeros);
		assert_int_equal(aa_audit_walk_line(&walk, line, strlen(line)), 0);
		free(line);
	}
	aa_audit_walk_end(&walk, 0, NULL);
	assert_int_equal(walk.n_faults, AA_AUDIT_FAULTS_MAX);
	assert_true(walk.more_faults > 800);
}
