/* SPDX-License-Identifier: Apache-2.0 */
/* test_audit.c: every line follows the one before, whatever happens to the file and whatever stands in it. */
#include <config.h>

#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/state/audit.h"
#include "common/state/audit_record.h"
#include "common/state/audit_verify.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

#define WRITERS 16
#define LINES 200

struct fixture {
	char *dir;
	char log[300], head[300], lock[300];
	struct aa_audit audit;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->dir = support_tmpdir();
	snprintf(f->log, sizeof(f->log), "%s/audit.jsonl", f->dir);
	snprintf(f->head, sizeof(f->head), "%s/audit.head", f->dir);
	snprintf(f->lock, sizeof(f->lock), "%s/audit.lock", f->dir);
	f->audit = (struct aa_audit){
	    .logdir = f->dir, .host = "web01.example.com", .owner = geteuid(), .quiet = true};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	support_remove(f->dir);
	free(f->dir);
	free(f);
	return 0;
}

FIXTURE(here, setup, teardown);

static enum aa_reason append(const struct fixture *f, const char *event)
{
	json_t *record = json_object();

	aa_audit_set(record, "event", event);
	return aa_audit_append(&f->audit, record);
}

static struct aa_audit_check verify(const struct fixture *f)
{
	struct aa_audit_check check;

	assert_int_equal(aa_audit_verify(f->log, NULL, &check), 0);
	return check;
}

/* The n-th line, from 1, parsed. */
static json_t *line(const struct fixture *f, unsigned n)
{
	size_t len;
	char *text = support_read_file(f->log, &len), *at = text;
	json_t *json;

	for (unsigned i = 1; i < n; i++) {
		at = strchr(at, '\n');
		assert_non_null(at);
		at++;
	}
	json = json_loadb(at, strcspn(at, "\n"), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	free(text);
	return json;
}

/* ---- the chain ------------------------------------------------------------------- */

TEST(lines_follow_each_other, here)
{
	struct fixture *f = *state;
	struct aa_audit_check check;
	json_t *first, *second;

	for (int i = 0; i < 20; i++)
		assert_int_equal(append(f, "auth"), AA_OK);
	check = verify(f);
	assert_int_equal(check.bad_line, 0);
	assert_null(check.why);
	assert_int_equal(check.lines, 20);
	assert_int_equal(check.first_seq, 1);
	assert_int_equal(check.last_seq, 20);
	first = line(f, 1);
	second = line(f, 2);
	assert_string_equal(json_string_value(json_object_get(first, "prev")),
			    "0000000000000000000000000000000000000000000000000000000000000000");
	assert_string_not_equal(json_string_value(json_object_get(second, "prev")),
				json_string_value(json_object_get(first, "prev")));
	assert_string_equal(json_string_value(json_object_get(first, "host")), "web01.example.com");
	assert_string_equal(json_string_value(json_object_get(first, "event")), "auth");
	assert_int_equal(strlen(json_string_value(json_object_get(first, "time"))),
			 strlen("2026-01-01T00:00:00.000000Z"));
	json_decref(first);
	json_decref(second);
}

TEST(every_change_is_found, here)
{
	struct fixture *f = *state;
	size_t len, third;
	char *text, *bent;

	for (int i = 0; i < 5; i++)
		assert_int_equal(append(f, "auth"), AA_OK);
	text = support_read_file(f->log, &len);
	assert_int_equal(verify(f).bad_line, 0);
	/* a byte of line 2 */
	bent = strdup(text);
	strchr(bent, '\n')[20] ^= 1;
	support_write_file(f->log, bent, len);
	assert_int_equal(verify(f).bad_line, 3);
	free(bent);
	/* line 2 taken out */
	bent = strdup(text);
	third = (size_t)(strchr(strchr(bent, '\n') + 1, '\n') + 1 - bent);
	memmove(strchr(bent, '\n') + 1, bent + third, len - third + 1);
	support_write_file(f->log, bent, strlen(bent));
	assert_int_equal(verify(f).bad_line, 2);
	free(bent);
	/* a line put in */
	bent = malloc(len + 200);
	sprintf(bent, "%.*s{\"seq\":3,\"prev\":\"00\"}\n%s", (int)third, text, text + third);
	support_write_file(f->log, bent, strlen(bent));
	assert_int_equal(verify(f).bad_line, 3);
	free(bent);
	/* one that calls itself unchained is part of what the next line hashes */
	bent = malloc(len + 200);
	sprintf(bent, "%.*s{\"unchained\":true}\n%s", (int)third, text, text + third);
	support_write_file(f->log, bent, strlen(bent));
	assert_int_equal(verify(f).bad_line, 4);
	free(bent);
	support_write_file(f->log, text, len);
	assert_int_equal(verify(f).bad_line, 0);
	free(text);
}

TEST(verify_says_what_it_could_not_read, here)
{
	struct fixture *f = *state;
	struct aa_audit_check check = {.lines = 77};

	assert_true(aa_audit_verify(f->log, NULL, &check) < 0);
	assert_int_equal(check.lines, 77);
	support_write_file(f->log, "", 0);
	assert_int_equal(aa_audit_verify(f->log, NULL, &check), 0);
	assert_int_equal(check.lines, 0);
	assert_int_equal(check.bad_line, 0);
}

TEST(the_chain_goes_on_after_a_rotation, here)
{
	struct fixture *f = *state;
	struct aa_audit_check first, second;
	char aside[300];

	snprintf(aside, sizeof(aside), "%s/audit.jsonl.1", f->dir);
	for (int i = 0; i < 3; i++)
		assert_int_equal(append(f, "auth"), AA_OK);
	first = verify(f);
	assert_int_equal(rename(f->log, aside), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(append(f, "auth"), AA_OK);
	assert_int_equal(aa_audit_verify(f->log, first.last_hash, &second), 0);
	assert_int_equal(second.bad_line, 0);
	assert_int_equal(second.first_seq, 4);
	assert_int_equal(second.last_seq, 6);
	assert_int_equal(aa_audit_verify(f->log, second.last_hash, &second), 0);
	assert_int_equal(second.bad_line, 1);
	/* copytruncate, too */
	assert_int_equal(truncate(f->log, 0), 0);
	assert_int_equal(append(f, "auth"), AA_OK);
	second = verify(f);
	assert_int_equal(second.first_seq, 7);
}

TEST(a_torn_line_is_closed_and_followed, here)
{
	struct fixture *f = *state;
	struct aa_audit_check check;
	struct stat st;

	for (int i = 0; i < 3; i++)
		assert_int_equal(append(f, "auth"), AA_OK);
	assert_int_equal(stat(f->log, &st), 0);
	assert_int_equal(truncate(f->log, st.st_size - 40), 0);
	check = verify(f);
	assert_int_equal(check.bad_line, 3); /* nothing follows it yet */
	for (int i = 0; i < 2; i++)
		assert_int_equal(append(f, "auth"), AA_OK);
	check = verify(f);
	assert_int_equal(check.bad_line, 0);
	assert_int_equal(check.torn, 1);
	assert_int_equal(check.lines, 5);
}

/* Neither the head nor the last line tells: the seq is that of the last whole line. */
TEST(the_log_alone_is_enough_to_go_on, here)
{
	struct fixture *f = *state;
	struct aa_audit_check check;
	struct stat st;

	for (int i = 0; i < 3; i++)
		assert_int_equal(append(f, "auth"), AA_OK);
	assert_int_equal(unlink(f->head), 0);
	assert_int_equal(append(f, "auth"), AA_OK);
	check = verify(f);
	assert_int_equal(check.bad_line, 0);
	assert_int_equal(check.last_seq, 4);
	assert_int_equal(stat(f->log, &st), 0);
	assert_int_equal(truncate(f->log, st.st_size - 10), 0);
	assert_int_equal(unlink(f->head), 0);
	assert_int_equal(append(f, "auth"), AA_OK);
	check = verify(f);
	assert_int_equal(check.bad_line, 0);
	assert_int_equal(check.torn, 1);
	assert_int_equal(check.last_seq, 4);
}

TEST(a_head_that_lies_is_not_believed, here)
{
	static const char *const heads[] = {"", "x", "00000000000000000009 ", "\xff\xff\xff"};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		assert_int_equal(append(f, "auth"), AA_OK);
		support_write_file(f->head, heads[i], strlen(heads[i]));
		assert_int_equal(append(f, "auth"), AA_OK);
		assert_int_equal(verify(f).bad_line, 0);
	}
	assert_int_equal(verify(f).last_seq, 8);
}

/* ---- what stands in it ---------------------------------------------------------------- */

TEST(hostile_text_is_one_escaped_value, here)
{
	static const char *const hostile[] = {
	    "a\nb",
	    "a\r\nb",
	    "\x1b[2J\x1b]0;owned\x07",
	    "\"},{\"event\":\"auth\",\"result\":\"ok",
	    "\\\"\\",
	    "\xff\xfe\xc0\xaf",
	    "\xed\xa0\x80",
	    "\xc2\x9b"
	    "31m",
	    "\xe2\x80\xa8line separator, \xe2\x80\xae right to left",
	    "\xf0\x9f\xa4\x96",
	    "\xf4\x90\x80\x80",
	    "\xe2\x82",
	    "\x7f",
	};
	struct fixture *f = *state;
	size_t len, n = sizeof(hostile) / sizeof(hostile[0]);
	char *text;

	for (size_t i = 0; i < n; i++) {
		json_t *record = json_pack("{s:s}", "event", "auth");

		aa_audit_set(record, "agent", hostile[i]);
		aa_audit_set(record, "result", "denied");
		assert_int_equal(aa_audit_append(&f->audit, record), AA_OK);
	}
	text = support_read_file(f->log, &len);
	for (size_t i = 0; i < len; i++)
		assert_true(text[i] == '\n' || (text[i] >= 0x20 && text[i] < 0x7f));
	assert_null(strstr(text, "\"result\":\"ok"));
	assert_int_equal(verify(f).lines, n);
	assert_int_equal(verify(f).bad_line, 0);
	for (unsigned i = 1; i <= n; i++) {
		json_t *json = line(f, i);
		const char *value = json_string_value(json_object_get(json, "agent"));

		assert_string_equal(json_string_value(json_object_get(json, "result")), "denied");
		assert_int_equal(strcspn(value, "\r\n\x1b\x07\x7f"), strlen(value));
		json_decref(json);
	}
	free(text);
}

TEST(text_that_is_fine_stays_as_it_is, here)
{
	static const char fine[] = "Gr\xc3\xbc\xc3\x9f"
				   "e, \xe4\xbd\xa0\xe5\xa5\xbd \xf0\x9f\xa4\x96";
	struct fixture *f = *state;
	json_t *record = json_pack("{s:s}", "event", "auth"), *json;

	aa_audit_set(record, "task", fine);
	aa_audit_set(record, "nothing", NULL);
	assert_int_equal(aa_audit_append(&f->audit, record), AA_OK);
	json = line(f, 1);
	assert_string_equal(json_string_value(json_object_get(json, "task")), fine);
	assert_null(json_object_get(json, "nothing"));
	json_decref(json);
}

TEST(long_text_is_cut_between_characters, here)
{
	char text[4000];

	for (size_t start = 0; start < 4; start++) {
		json_t *record = json_object();
		const char *value;

		memset(text, 'a', start);
		for (size_t i = start; i + 4 < sizeof(text); i += 4)
			memcpy(text + i, "\xf0\x9f\xa4\x96", 5);
		aa_audit_set(record, "task", text);
		value = json_string_value(json_object_get(record, "task"));
		assert_non_null(value);
		assert_true(strlen(value) >= AA_AUDIT_STRING_MAX && strlen(value) <= AA_AUDIT_STRING_MAX + 6);
		assert_string_equal(value + strlen(value) - 3, "\xe2\x80\xa6");
		json_decref(record);
	}
}

/* The four that make the chain are this module's own. */
TEST(a_record_cannot_set_the_chains_members, here)
{
	struct fixture *f = *state;
	json_t *record = json_pack("{s:s, s:s, s:i, s:s, s:s}", "event", "auth", "time", "never", "seq", 99,
				   "prev", "x", "host", "elsewhere"),
	       *json;

	assert_int_equal(aa_audit_append(&f->audit, record), AA_OK);
	assert_int_equal(verify(f).bad_line, 0);
	assert_int_equal(verify(f).last_seq, 1);
	json = line(f, 1);
	assert_string_equal(json_string_value(json_object_get(json, "host")), "web01.example.com");
	json_decref(json);
	assert_int_equal(aa_audit_append(&f->audit, NULL), AA_AUDIT_UNAVAILABLE);
}

/* ---- what the file may be ----------------------------------------------------------------- */

TEST(a_link_a_fifo_and_a_second_name_are_not_written_to, here)
{
	struct fixture *f = *state;
	char aside[300], *text;
	const char *const files[] = {f->log, f->head, f->lock};
	size_t len;

	snprintf(aside, sizeof(aside), "%s/precious", f->dir);
	support_write_file(aside, "precious", 8);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(append(f, "auth"), AA_OK);
		assert_int_equal(unlink(files[i]), 0);
		assert_int_equal(symlink(aside, files[i]), 0);
		assert_int_equal(append(f, "auth"), AA_AUDIT_UNAVAILABLE);
		assert_int_equal(unlink(files[i]), 0);
		assert_int_equal(mkfifo(files[i], 0600), 0);
		assert_int_equal(append(f, "auth"), AA_AUDIT_UNAVAILABLE); /* and at once */
		assert_int_equal(unlink(files[i]), 0);
		assert_int_equal(link(aside, files[i]), 0);
		assert_int_equal(append(f, "auth"), AA_AUDIT_UNAVAILABLE);
		assert_int_equal(unlink(files[i]), 0);
		assert_int_equal(mkdir(files[i], 0700), 0);
		assert_int_equal(append(f, "auth"), AA_AUDIT_UNAVAILABLE);
		assert_int_equal(rmdir(files[i]), 0);
	}
	assert_int_equal(append(f, "auth"), AA_OK);
	text = support_read_file(aside, &len);
	assert_string_equal(text, "precious");
	free(text);
}

TEST(a_log_that_others_may_write_is_not_written_to, here)
{
	struct fixture *f = *state;

	assert_int_equal(append(f, "auth"), AA_OK);
	assert_int_equal(chmod(f->log, 0620), 0);
	assert_int_equal(append(f, "auth"), AA_AUDIT_UNAVAILABLE);
	assert_int_equal(chmod(f->log, 0640), 0);
	assert_int_equal(append(f, "auth"), AA_OK);
	assert_int_equal(chmod(f->dir, 0770), 0);
	assert_int_equal(append(f, "auth"), AA_AUDIT_UNAVAILABLE);
	assert_int_equal(chmod(f->dir, 0755), 0);
	assert_int_equal(append(f, "auth"), AA_OK);
	f->audit.logdir = "/nonexistent/log";
	assert_int_equal(append(f, "auth"), AA_AUDIT_UNAVAILABLE);
}

/* Read-only says nothing to root: a child that is nobody asks, of a log that is its own. */
TEST(a_directory_that_cannot_be_written_denies, here)
{
	struct fixture *f = *state;
	int status;

	assert_int_equal(append(f, "auth"), AA_OK);
	assert_int_equal(unlink(f->lock), 0);
	assert_int_equal(chmod(f->dir, 0555), 0);
	if (fork() == 0) {
		if (getuid() == 0 && setuid(65534) < 0)
			_exit(98);
		_exit(append(f, "auth"));
	}
	assert_true(wait(&status) > 0 && WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), AA_AUDIT_UNAVAILABLE);
	assert_int_equal(chmod(f->dir, 0755), 0);
}

/* From now on this process may not raise a hard limit, as root may. */
static void give_up_resources(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		_exit(97);
	data[0].effective &= ~(1u << CAP_SYS_RESOURCE);
	data[0].permitted &= ~(1u << CAP_SYS_RESOURCE);
	if (syscall(SYS_capset, &header, data) < 0)
		_exit(97);
}

/* `ulimit -f 0; su AGENT` would be an attempt that nobody hears of. */
TEST(a_limit_of_the_callers_hides_no_line, here)
{
	const struct rlimit none = {0, RLIM_INFINITY};
	struct fixture *f = *state;
	int status;

	if (fork() == 0) {
		struct rlimit after;

		if (setrlimit(RLIMIT_FSIZE, &none) < 0 || append(f, "auth") != AA_OK)
			_exit(1);
		_exit(getrlimit(RLIMIT_FSIZE, &after) < 0 || after.rlim_cur != 0);
	}
	assert_true(wait(&status) > 0);
	assert_int_equal(status, 0);
	assert_int_equal(verify(f).lines, 1);
}

/* A file that may not grow: the line is taken back, and the next one follows the last whole one. */
TEST(a_full_disk_denies_and_leaves_the_chain_whole, here)
{
	struct fixture *f = *state;
	struct stat st;
	int status;

	assert_int_equal(append(f, "auth"), AA_OK);
	assert_int_equal(stat(f->log, &st), 0);
	for (rlim_t more = 0; more < 120; more += 40) {
		const struct rlimit limit = {(rlim_t)st.st_size + more, (rlim_t)st.st_size + more};

		if (fork() == 0) {
			signal(SIGXFSZ, SIG_IGN);
			give_up_resources();
			_exit(setrlimit(RLIMIT_FSIZE, &limit) < 0 ? 98 : (int)append(f, "auth"));
		}
		assert_true(wait(&status) > 0 && WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), AA_AUDIT_UNAVAILABLE);
	}
	assert_int_equal(append(f, "auth"), AA_OK);
	assert_int_equal(verify(f).bad_line, 0);
	assert_int_equal(verify(f).lines, 2);
}

/* ---- the lock ------------------------------------------------------------------------------- */

static int64_t ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

TEST(a_lock_that_is_held_is_waited_for_so_long_and_no_longer, here)
{
	struct fixture *f = *state;
	int64_t began;
	int fd;

	assert_int_equal(append(f, "auth"), AA_OK);
	fd = open(f->lock, O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	began = ms();
	assert_int_equal(append(f, "auth"), AA_AUDIT_UNAVAILABLE);
	assert_true(ms() - began >= AA_AUDIT_WAIT_MS && ms() - began < AA_AUDIT_WAIT_MS + 2000);
	/* administrative commands go round it, and say so */
	f->audit.go_round = true;
	assert_int_equal(append(f, "admin"), AA_OK);
	close(fd);
	f->audit.go_round = false;
	assert_int_equal(append(f, "auth"), AA_OK);
	assert_int_equal(verify(f).bad_line, 0);
	assert_int_equal(verify(f).unchained, 1);
	assert_int_equal(verify(f).last_seq, 2);
}

TEST(a_lock_that_is_given_back_in_time_is_taken, here)
{
	struct fixture *f = *state;
	const struct timespec wait_a_bit = {0, 300000000};
	int status, gate[2];
	char c;

	assert_int_equal(append(f, "auth"), AA_OK);
	assert_int_equal(pipe(gate), 0);
	if (fork() == 0) {
		int fd = open(f->lock, O_RDWR | O_CLOEXEC);

		if (flock(fd, LOCK_EX) < 0 || write(gate[1], "x", 1) != 1)
			_exit(1);
		nanosleep(&wait_a_bit, NULL);
		_exit(0);
	}
	assert_int_equal(read(gate[0], &c, 1), 1);
	assert_int_equal(append(f, "auth"), AA_OK);
	assert_true(wait(&status) > 0);
	close(gate[0]);
	close(gate[1]);
	assert_int_equal(verify(f).lines, 2);
}

TEST(sixteen_writers_make_one_chain, here)
{
	struct fixture *f = *state;
	int status;

	for (int i = 0; i < WRITERS; i++) {
		if (fork() != 0)
			continue;
		for (int k = 0; k < LINES; k++)
			if (append(f, k % 2 ? "auth"
					    : "a somewhat longer event, so that lines differ in length") !=
			    AA_OK)
				_exit(1);
		_exit(0);
	}
	for (int i = 0; i < WRITERS; i++) {
		assert_true(wait(&status) > 0);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	assert_int_equal(verify(f).bad_line, 0);
	assert_int_equal(verify(f).lines, WRITERS * LINES);
	assert_int_equal(verify(f).last_seq, WRITERS * LINES);
}

/* Writers that are killed at any moment leave whole lines, or one that the next writer closes. */
TEST(killed_writers_leave_the_chain_whole, here)
{
	struct fixture *f = *state;
	const struct timespec step = {0, 3000000};

	for (int round = 0; round < 40; round++) {
		int begun[2];
		char byte;
		pid_t pid;

		assert_int_equal(pipe(begun), 0);
		pid = fork();
		if (pid == 0)
			for (bool first = true;; first = false) {
				(void)append(f, "auth");
				if (first && write(begun[1], "x", 1) != 1)
					_exit(1);
			}
		/* However slow the machine is, each has written a line when its time begins. */
		assert_int_equal(read(begun[0], &byte, 1), 1);
		close(begun[0]);
		close(begun[1]);
		nanosleep(&step, NULL);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	}
	assert_int_equal(append(f, "auth"), AA_OK);
	assert_int_equal(verify(f).bad_line, 0);
	assert_true(verify(f).lines > 40);
}

/* The signal mask, the uids and the descriptors are as they were. */
TEST(leaves_the_process_as_it_was, here)
{
	struct fixture *f = *state;
	sigset_t before, after;
	uid_t r, e, s;
	int fd = dup(0), now;

	close(fd);
	assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &before), 0);
	for (int i = 0; i < 10; i++)
		assert_int_equal(append(f, "auth"), AA_OK);
	f->audit.logdir = "/nonexistent";
	assert_int_equal(append(f, "auth"), AA_AUDIT_UNAVAILABLE);
	assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &after), 0);
	for (int sig = 1; sig < 32; sig++)
		assert_int_equal(sigismember(&before, sig), sigismember(&after, sig));
	assert_int_equal(getresuid(&r, &e, &s), 0);
	assert_true(r == getuid() && e == geteuid() && s == e);
	now = dup(0);
	close(now);
	assert_int_equal(fd, now);
}

/* As sudo runs: real uid the agent's, effective uid 0. Meanwhile the agent may not signal us; afterwards all is as before. */
TEST(takes_the_lock_as_root_where_it_may, here)
{
	struct fixture *f = *state;
	int status;

	if (getuid() != 0)
		skip();
	if (fork() == 0) {
		uid_t r, e, s;

		if (setresuid(65534, 0, 0) < 0 || append(f, "sudo") != AA_OK || getresuid(&r, &e, &s) < 0)
			_exit(1);
		_exit(r == 65534 && e == 0 && s == 0 ? 0 : 2);
	}
	assert_true(wait(&status) > 0 && WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(verify(f).lines, 1);
}

TEST(sync_writes_the_same_lines, here)
{
	struct fixture *f = *state;

	f->audit.sync = true;
	assert_int_equal(append(f, "auth"), AA_OK);
	assert_int_equal(append(f, "auth"), AA_OK);
	assert_int_equal(verify(f).last_seq, 2);
}
