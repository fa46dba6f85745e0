/* SPDX-License-Identifier: Apache-2.0 */
/* test_approval.c: requests that wait for a person: until when one is open, and which answer is a yes. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/state/approval.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/test.h"

#define END (NOW + AA_APPROVAL_WAIT)

static uint32_t drawn; /* the number of the next request is 100000 more */

/* In place of the kernel's: numbers are known, and can be taken already. */
ssize_t getrandom(void *bytes, size_t n, unsigned int flags)
{
	(void)flags;
	memset(bytes, 0, n);
	memcpy(bytes, &drawn, n < sizeof(drawn) ? n : sizeof(drawn));
	return (ssize_t)n;
}

static char id[AA_APPROVAL_ID_SIZE];

static const char *file(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/approvals/%s", test_dir, name);
	return path;
}

static const char *file_of(const char *suffix)
{
	char name[32];

	snprintf(name, sizeof(name), "%s.%s", id, suffix);
	return file(name);
}

static int ask(uint32_t number)
{
	drawn = number;
	return aa_approval_request(test_dir, json_pack("{s:s}", "agent", "builder-7"), NOW, id);
}

static int answer(bool approve, int64_t now)
{
	return aa_approval_answer(test_dir, geteuid(), id, approve, "alice", NULL, now);
}

static bool is_open(const char *number, int64_t now)
{
	json_t *request = aa_approval_get(test_dir, geteuid(), number, now);

	json_decref(request);
	return request != NULL;
}

static enum aa_request_state poll(int64_t now)
{
	json_t *said = NULL;
	enum aa_request_state state = aa_approval_poll(test_dir, geteuid(), id, END, now, &said);

	assert_true((said != NULL) == (state == AA_REQUEST_APPROVED || state == AA_REQUEST_DENIED));
	json_decref(said);
	return state;
}

static void count(void *data, json_t *request)
{
	(*(unsigned *)data)++;
	json_decref(request);
}

/* ---- the request ------------------------------------------------------------------------------- */

TEST(a_request_is_open_until_its_end, folder)
{
	assert_int_equal(ask(1), 0);
	assert_true(is_open(id, END - 1));
	assert_false(is_open(id, END));
	assert_int_equal(answer(true, END), -ENOENT);
	assert_int_equal(answer(true, END - 1), 0);
}

/* A number may be used again by then, and a pid may be another process's. */
TEST(a_request_of_another_boot_or_process_is_over, folder)
{
	static const char *const members[] = {"boot_id", "start", "pid"};

	for (size_t i = 0; i < COUNT(members); i++) {
		unsigned open = 0, gone = 0;

		assert_int_equal(ask(1), 0);
		support_bend_file(file_of("json"), "task", json_string("x"));
		assert_true(is_open(id, NOW));
		support_bend_file(file_of("json"), members[i],
				  i == 0 ? json_string("another") : json_integer(0x7ffffff0));
		assert_false(is_open(id, NOW));
		assert_int_equal(answer(true, NOW), -ENOENT);
		assert_int_equal(aa_approval_each(test_dir, geteuid(), NOW, count, NULL, &open), 0);
		assert_int_equal(open, 0);
		assert_int_equal(access(file_of("json"), F_OK), -1);
		assert_int_equal(ask(1), 0);
		support_bend_file(file_of("json"), members[i],
				  i == 0 ? json_string("another") : json_integer(0x7ffffff0));
		assert_int_equal(aa_approval_each(test_dir, geteuid(), NOW, count, count, &gone), 0);
		assert_int_equal(gone, 1);
	}
}

TEST(half_of_a_request_is_not_made, folder)
{
	drawn = 1;
	assert_int_equal(aa_approval_request(test_dir, json_pack("{s:s}", "command", "/bin/id"), NOW, id),
			 -ENOMEM);
	assert_int_equal(ask(1), 0);
}

/* A number that is taken is another request's, whose answer is not this one's. */
TEST(a_number_that_is_taken_is_not_taken_again, folder)
{
	assert_int_equal(ask(7), 0);
	assert_string_equal(id, "100007");
	assert_int_equal(answer(true, NOW), 0);
	strcpy(id, "none");
	assert_int_equal(ask(7), -EEXIST);
	assert_string_equal(id, "none");
	assert_int_equal(ask(8), 0);
	assert_int_equal(poll(NOW), AA_REQUEST_OPEN);
	strcpy(id, "100007");
	assert_int_equal(poll(NOW), AA_REQUEST_APPROVED);
}

TEST(a_request_is_named_by_six_digits, folder)
{
	static const char *const names[] = {"abcdef", "12345x", "+12345", "../x12"};

	assert_int_equal(ask(1), 0);
	for (size_t i = 0; i < COUNT(names); i++) {
		char name[32], was[512];

		snprintf(was, sizeof(was), "%s", file_of("json"));
		snprintf(name, sizeof(name), "%s.json", names[i]);
		assert_int_equal(link(was, file(name)), 0);
		assert_true(is_open(id, NOW));
		assert_false(is_open(names[i], NOW));
		assert_int_equal(aa_approval_answer(test_dir, geteuid(), names[i], true, "alice", NULL, NOW),
				 -ENOENT);
	}
	assert_false(is_open("", NOW));
	assert_false(is_open("1000010", NOW));
}

/* ---- the answer ---------------------------------------------------------------------------------- */

TEST(the_first_answer_stands, folder)
{
	assert_int_equal(ask(1), 0);
	assert_int_equal(poll(NOW), AA_REQUEST_OPEN);
	assert_int_equal(answer(false, NOW), 0);
	assert_int_equal(answer(true, NOW), -EEXIST);
	assert_int_equal(poll(NOW), AA_REQUEST_DENIED);
	assert_int_equal(ask(2), 0);
	assert_int_equal(answer(true, NOW), 0);
	assert_int_equal(answer(false, NOW), -EEXIST);
	assert_int_equal(poll(NOW), AA_REQUEST_APPROVED);
}

/* A sudo that was stopped past the end runs nothing. */
TEST(an_answer_is_good_until_the_requests_end, folder)
{
	assert_int_equal(ask(1), 0);
	assert_int_equal(answer(true, NOW), 0);
	assert_int_equal(poll(END), AA_REQUEST_APPROVED);
	assert_int_equal(poll(END + 1), AA_REQUEST_TIMED_OUT);
}

TEST(an_answer_that_was_there_before_is_none, folder)
{
	assert_int_equal(ask(1), 0);
	aa_approval_withdraw(test_dir, id);
	support_write_file(file_of("answer"), "{\"answer\":\"approve\"}", 20);
	assert_int_equal(poll(NOW), AA_REQUEST_APPROVED);
	assert_int_equal(ask(1), 0);
	assert_int_equal(poll(NOW), AA_REQUEST_OPEN);
}

TEST(only_approve_is_a_yes, folder)
{
	static const struct {
		const char *text;
		enum aa_request_state state;
	} answers[] = {
	    {"{\"answer\":\"approve\"}", AA_REQUEST_APPROVED},
	    {"{\"answer\":\"Approve\"}", AA_REQUEST_DENIED},
	    {"{\"answer\":\"approved\"}", AA_REQUEST_DENIED},
	    {"{\"answer\":\"deny\"}", AA_REQUEST_DENIED},
	    {"{\"answer\":true}", AA_REQUEST_DENIED},
	    {"{}", AA_REQUEST_DENIED},
	    /* what is no answer leaves the request open */
	    {"{\"answer\":\"deny\",\"answer\":\"approve\"}", AA_REQUEST_OPEN},
	    {"[\"approve\"]", AA_REQUEST_OPEN},
	    {"", AA_REQUEST_OPEN},
	};

	assert_int_equal(ask(1), 0);
	for (size_t i = 0; i < COUNT(answers); i++) {
		support_write_file(file_of("answer"), answers[i].text, strlen(answers[i].text));
		assert_int_equal(poll(NOW), answers[i].state);
	}
}

TEST(an_answer_that_others_could_have_written_is_none, folder)
{
	assert_int_equal(ask(1), 0);
	assert_int_equal(answer(true, NOW), 0);
	assert_int_equal(chmod(file_of("answer"), 0666), 0);
	assert_int_equal(poll(NOW), AA_REQUEST_OPEN);
	assert_int_equal(chmod(file_of("answer"), 0600), 0);
	assert_int_equal(poll(NOW), AA_REQUEST_APPROVED);
}

/* ---- what is left over ----------------------------------------------------------------------------- */

/* Whoever locks a slot must find it under its name, or there would be more of them than three. */
TEST(old_files_go_but_slots_stay, folder)
{
	int slot = aa_approval_slot(test_dir, "builder-7");
	struct stat st;
	unsigned n = 0;

	assert_true(slot >= 0);
	support_write_file(file("100001.json.tmp"), "", 0);
	assert_int_equal(stat(file("100001.json.tmp"), &st), 0);
	assert_int_equal(
	    aa_approval_each(test_dir, geteuid(), st.st_mtime + 2 * AA_APPROVAL_WAIT, count, NULL, &n), 0);
	assert_int_equal(access(file("100001.json.tmp"), F_OK), 0);
	assert_int_equal(
	    aa_approval_each(test_dir, geteuid(), st.st_mtime + 2 * AA_APPROVAL_WAIT + 1, count, NULL, &n),
	    0);
	assert_int_equal(access(file("100001.json.tmp"), F_OK), -1);
	assert_int_equal(access(file("builder-7.slot.0"), F_OK), 0);
	close(slot);
}
