/* SPDX-License-Identifier: Apache-2.0 */
/* test_kernel_audit.c: records of the kernel's audit, put together to programs that were started: what an agent chose in them,
 * and what is missing of them. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/audit.h>

#include "tests/unit/support/test.h"
#include "tools/agentauthctl/record/kernel_audit.h"

static struct exec_event last;
static unsigned taken;

static void take(void *data, const struct exec_event *event)
{
	(void)data;
	last = *event;
	taken++;
}

static struct kernel_audit *begin(void)
{
	taken = 0;
	memset(&last, 0, sizeof(last));
	return kernel_audit_new(take, NULL);
}

static void give(struct kernel_audit *t, int type, unsigned serial, const char *text)
{
	char record[9000];
	int n = snprintf(record, sizeof(record), "audit(1795991889.728:%u): %s", serial, text);

	kernel_audit_record(t, type, record, (size_t)n);
}

#define CALL \
	"arch=c000003e syscall=59 success=yes exit=0 items=2 ppid=21 pid=28 auid=70007 uid=0 gid=0 euid=0 " \
	"suid=0 tty=(none) " \
	"ses=44 comm=\"true\" exe=\"/usr/bin/true\" subj=unconfined key=\"agentauth-exec\""

static void whole(struct kernel_audit *t, unsigned serial, const char *words)
{
	give(t, AUDIT_SYSCALL, serial, CALL);
	give(t, AUDIT_EXECVE, serial, words);
	give(t, AUDIT_CWD, serial, "cwd=\"/home/agents\"");
	give(t, AUDIT_EOE, serial, "");
}

TEST(a_program_is_put_together_of_its_records)
{
	struct kernel_audit *t = begin();

	whole(t, 7, "argc=3 a0=\"true\" a1=\"one\" a2=74776F20776F726473");
	assert_int_equal(taken, 1);
	assert_int_equal(last.seconds, 1795991889);
	assert_int_equal(last.micros, 728000);
	assert_int_equal(last.pid, 28);
	assert_int_equal(last.ppid, 21);
	assert_int_equal(last.login_uid, 70007);
	assert_int_equal(last.audit_session, 44);
	assert_int_equal(last.uid, 0);
	assert_string_equal(last.path, "/usr/bin/true");
	assert_string_equal(last.directory, "/home/agents");
	assert_int_equal(last.kept, sizeof("true\0one\0two words"));
	assert_memory_equal(last.words, "true\0one\0two words", last.kept);
	assert_int_equal(last.length, last.kept);
	kernel_audit_free(t);
}

TEST(a_call_that_failed_started_nothing)
{
	struct kernel_audit *t = begin();

	give(t, AUDIT_SYSCALL, 7, "syscall=59 success=no exit=-2 pid=28 auid=70007 exe=\"/bin/sh\"");
	give(t, AUDIT_EXECVE, 7, "argc=1 a0=\"x\"");
	give(t, AUDIT_EOE, 7, "");
	assert_int_equal(taken, 0);
	whole(t, 8, "argc=1 a0=\"x\"");
	assert_int_equal(taken, 1);
	kernel_audit_free(t);
}

TEST(records_of_several_programs_may_be_mixed_and_words_come_in_any_order)
{
	struct kernel_audit *t = begin();

	give(t, AUDIT_EXECVE, 8, "a1=\"second\"");
	give(t, AUDIT_SYSCALL, 7, CALL);
	give(t, AUDIT_SYSCALL, 8, CALL);
	give(t, AUDIT_EXECVE, 7, "argc=1 a0=\"seven\"");
	give(t, AUDIT_EXECVE, 8, "argc=2 a0=\"first\"");
	give(t, AUDIT_EOE, 8, "");
	assert_int_equal(taken, 1);
	assert_memory_equal(last.words, "first\0second", 13);
	give(t, AUDIT_EOE, 7, "");
	assert_int_equal(taken, 2);
	assert_memory_equal(last.words, "seven", 6);
	kernel_audit_free(t);
}

TEST(a_long_word_comes_in_pieces_and_is_cut_where_the_log_would_cut_it)
{
	struct kernel_audit *t = begin();
	char piece[7000] = "a1[1]=";

	memset(piece + 6, '4', 6000); /* 3,000 bytes of "D" */
	give(t, AUDIT_SYSCALL, 7, CALL);
	give(t, AUDIT_EXECVE, 7, "argc=2 a0=\"p\" a1_len=6004 a1[0]=4142");
	give(t, AUDIT_EXECVE, 7, piece);
	give(t, AUDIT_EOE, 7, "");
	assert_int_equal(taken, 1);
	assert_memory_equal(last.words, "p\0ABDDDD", 8);
	assert_int_equal(last.kept, EXEC_WORDS_KEPT);
	assert_int_equal(last.length, 2 + 2 + 3000 + 1);
	kernel_audit_free(t);
}

TEST(a_piece_that_is_missing_ends_what_is_shown)
{
	struct kernel_audit *t = begin();

	whole(t, 7, "argc=4 a0=\"p\" a1=\"q\" a3=\"s\"");
	assert_int_equal(taken, 1);
	assert_memory_equal(last.words, "p\0q", 4);
	assert_int_equal(last.kept, 4);
	assert_true(last.length > last.kept);
	kernel_audit_free(t);
}

/* The kernel writes what holds a quote or a blank in hexadecimal; nothing in it is a field. */
TEST(what_an_agent_chose_is_no_field)
{
	struct kernel_audit *t = begin();

	give(t, AUDIT_SYSCALL, 7,
	     "success=yes ppid=21 pid=28 auid=70007 uid=70007 euid=70007 ses=44 "
	     "comm=2220657865 exe=2F746D702F2220617569643D302065786500");
	give(t, AUDIT_EXECVE, 7, "argc=1 a0=6120617569643D30");
	give(t, AUDIT_EOE, 7, "");
	assert_int_equal(last.login_uid, 70007);
	assert_string_equal(last.path, "/tmp/\" auid=0 exe");
	assert_string_equal(last.words, "a auid=0");
	kernel_audit_free(t);
}

TEST(numbers_that_never_came_are_counted_once)
{
	struct kernel_audit *t = begin();

	whole(t, 100, "argc=1 a0=\"x\"");
	whole(t, 103, "argc=1 a0=\"x\""); /* 101 and 102 may still come */
	assert_int_equal(kernel_audit_lost(t), 0);
	whole(t, 102, "argc=1 a0=\"x\"");
	kernel_audit_flush(t);
	assert_int_equal(kernel_audit_lost(t), 1);
	assert_int_equal(kernel_audit_lost(t), 0);
	whole(t, 104, "argc=1 a0=\"x\"");
	whole(t, 100104, "argc=1 a0=\"x\""); /* an overflow */
	kernel_audit_flush(t);
	assert_int_equal(kernel_audit_lost(t), 99999);
	assert_int_equal(taken, 5);
	kernel_audit_free(t);
}

TEST(an_end_that_never_came_holds_nothing_back)
{
	struct kernel_audit *t = begin();

	for (unsigned i = 1; i <= 70; i++) {
		give(t, AUDIT_SYSCALL, i, CALL);
		give(t, AUDIT_EXECVE, i, "argc=1 a0=\"x\"");
	}
	assert_int_equal(taken, 6);
	kernel_audit_flush(t);
	assert_int_equal(taken, 70);
	kernel_audit_free(t);
}

TEST(records_cut_anywhere_are_no_harm)
{
	static const char *const records[] = {
	    CALL,	   "argc=2 a0=\"p\" a1[0]=4142 a1[1]=4 a=1 a1[=\"\" a1[x]=\"\" a99999999999=",
	    "cwd=\"/home", "=",
	    "a0",	   "audit("};
	struct kernel_audit *t = begin();

	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++)
		for (size_t len = 0; len <= strlen(records[i]); len++) {
			char record[600];
			int n = snprintf(record, sizeof(record), "audit(1.001:%zu): %.*s", i * 1000 + len + 1,
					 (int)len, records[i]);
			char *exact = malloc((size_t)n);

			assert_non_null(exact);
			memcpy(exact, record, (size_t)n);
			for (int type = AUDIT_SYSCALL; type <= AUDIT_EOE; type++)
				kernel_audit_record(t, type, exact, (size_t)n);
			kernel_audit_record(t, AUDIT_EXECVE, exact, len < (size_t)n ? len : (size_t)n);
			free(exact);
		}
	kernel_audit_flush(t);
	kernel_audit_free(t);
}
