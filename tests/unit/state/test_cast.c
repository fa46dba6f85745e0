/* SPDX-License-Identifier: Apache-2.0 */
/* test_cast.c: recordings of terminals: written, sealed, swept. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/jose/sha256.h"
#include "common/state/cast.h"
#include "common/state/cast_store.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

#define SESSION "00112233445566778899aabbccddeeff"

static json_t *logged; /* the last record */
static enum aa_reason log_answer;

static int setup(void **state)
{
	log_answer = AA_OK;
	return test_dir_setup(state);
}

static int teardown(void **state)
{
	json_decref(logged);
	logged = NULL;
	return test_dir_teardown(state);
}

FIXTURE(here, setup, teardown);

static enum aa_reason keep(void *data, json_t *record)
{
	(void)data;
	json_decref(logged);
	logged = record;
	return log_answer;
}

static struct aa_cast *begun(void)
{
	json_t *about = json_pack("{s:s, s:i, s:s, s:s, s:s}", "agent", "builder-7", "uid", 70007, "session",
				  SESSION, "runas", "root", "command", "/usr/bin/id -u");
	struct aa_cast *cast = NULL;

	assert_int_equal(aa_cast_begin(test_dir, geteuid(), about, 100, 30, &cast), 0);
	json_decref(about);
	return cast;
}

/* The path of a recording, with a star for what its name is not known to be. */
static const char *path(const char *folder, const char *name)
{
	static char buf[512];

	snprintf(buf, sizeof(buf), "%s/recordings/builder-7/%s%s%s", test_dir, folder, name,
		 *name ? ".cast" : "");
	return buf;
}

static char *text_of(const char *file)
{
	size_t len;

	return support_read_file(file, &len);
}

static int seal(const char *name, const char *step)
{
	char file[128];

	snprintf(file, sizeof(file), "%s.cast", name);
	return aa_cast_seal(test_dir, geteuid(), "builder-7", file, step, keep, NULL);
}

/* Each line of an asciicast is JSON by itself. */
static json_t *line_of(const char *text, unsigned number)
{
	json_t *json;

	while (number-- && text)
		text = strchr(text, '\n') + 1;
	json = json_loadb(text, strcspn(text, "\n"), 0, NULL);
	assert_non_null(json);
	return json;
}

static void assert_event(const char *text, unsigned number, const char *code, const char *data)
{
	json_t *event = line_of(text, number);

	assert_int_equal(json_array_size(event), 3);
	assert_true(json_is_real(json_array_get(event, 0)));
	assert_in_range((long)json_real_value(json_array_get(event, 0)), 0, 60);
	assert_string_equal(json_string_value(json_array_get(event, 1)), code);
	assert_string_equal(json_string_value(json_array_get(event, 2)), data);
	json_decref(event);
}

TEST(a_recording_is_an_asciicast_from_its_first_line_on, here)
{
	struct aa_cast *cast = begun();
	char name[AA_CAST_NAME_SIZE], *text;
	json_t *head;
	struct stat st;

	strcpy(name, aa_cast_name(cast));
	assert_int_equal(aa_cast_output(cast, AA_CAST_TTY, "a\r\n\xe2\x82", 5), 0);
	assert_int_equal(aa_cast_event(cast, 'r', "120x40"), 0);
	assert_int_equal(aa_cast_output(cast, AA_CAST_TTY, "\xac", 1), 0);
	assert_int_equal(aa_cast_output(cast, AA_CAST_STDERR, "e\n\xc3", 3), 0);
	text = text_of(path("open/", name));
	head = line_of(text, 0);
	assert_int_equal(json_integer_value(json_object_get(head, "version")), 2);
	assert_int_equal(json_integer_value(json_object_get(head, "width")), 100);
	assert_int_equal(json_integer_value(json_object_get(head, "height")), 30);
	assert_member(head, "title", "builder-7, session 00112233: /usr/bin/id -u");
	json_decref(head);
	free(text);
	aa_cast_close(cast);
	text = text_of(path("open/", name));
	assert_event(text, 1, "o", "a\r\n");
	assert_event(text, 2, "r", "120x40");
	assert_event(text, 3, "o", "\xe2\x82\xac");
	assert_event(text, 4, "o", "e\r\n");
	assert_event(text, 5, "o", "\xef\xbf\xbd");
	free(text);
	assert_int_equal(stat(path("open/", name), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(path("", ""), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

TEST(a_sealed_recording_has_its_hash_in_the_log_and_leaves_the_folder_of_open_ones, here)
{
	struct aa_cast *cast = begun();
	char name[AA_CAST_NAME_SIZE], sha256[AA_SHA256_HEX_SIZE], *text;
	struct stat st;

	strcpy(name, aa_cast_name(cast));
	assert_int_equal(aa_cast_output(cast, AA_CAST_TTY, "hello", 5), 0);
	assert_int_equal(seal(name, "recorded"), -EBUSY); /* it is written to */
	aa_cast_close(cast);
	log_answer = AA_AUDIT_UNAVAILABLE;
	assert_int_equal(seal(name, "recorded"), -EAGAIN);
	assert_int_equal(access(path("open/", name), F_OK), 0);
	log_answer = AA_OK;
	assert_int_equal(seal(name, "recorded"), 0);
	assert_int_equal(access(path("open/", name), F_OK), -1);
	assert_int_equal(stat(path("", name), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0400);
	text = text_of(path("", name));
	assert_int_equal(aa_sha256_hex(sha256, text, strlen(text)), 0);
	assert_int_equal(json_integer_value(json_object_get(logged, "bytes")), strlen(text));
	free(text);
	assert_member(logged, "event", "recording");
	assert_member(logged, "step", "recorded");
	assert_member(logged, "recording", name);
	assert_member(logged, "sha256", sha256);
	assert_member(logged, "agent", "builder-7");
	assert_member(logged, "session", SESSION);
	assert_member(logged, "command", "/usr/bin/id -u");
	assert_int_equal(seal(name, "recorded"), -ENOENT);
}

TEST(a_recording_whose_writer_was_killed_is_sealed_by_the_sweep_and_one_that_is_written_to_is_not, here)
{
	struct aa_cast *cast = begun();
	char name[AA_CAST_NAME_SIZE];

	strcpy(name, aa_cast_name(cast));
	assert_int_equal(aa_cast_sweep(test_dir, geteuid(), time(NULL), keep, NULL), 0);
	assert_null(logged);
	aa_cast_close(cast);
	assert_int_equal(aa_cast_sweep(test_dir, geteuid(), time(NULL), keep, NULL), 0);
	assert_member(logged, "step", "unfinished");
	assert_int_equal(access(path("", name), F_OK), 0);
}

TEST(a_file_without_a_first_line_is_removed_once_nobody_can_be_writing_it, here)
{
	aa_cast_close(begun());
	support_write_file(path("open/", "x"), "{\"version\": 2", 13);
	assert_int_equal(aa_cast_sweep(test_dir, geteuid(), time(NULL), keep, NULL), 0);
	assert_int_equal(access(path("open/", "x"), F_OK), 0);
	assert_int_equal(aa_cast_sweep(test_dir, geteuid(), time(NULL) + 3600, keep, NULL), 0);
	assert_int_equal(access(path("open/", "x"), F_OK), -1);
}

TEST(old_recordings_go_once_an_hour_and_the_bytes_that_the_agent_has_are_counted_anew, here)
{
	struct aa_cast *cast = begun();
	char name[AA_CAST_NAME_SIZE], *text;
	int64_t now = time(NULL);

	strcpy(name, aa_cast_name(cast));
	aa_cast_close(cast);
	assert_int_equal(seal(name, "recorded"), 0);
	text = text_of(path("bytes", ""));
	assert_in_range(atoi(text), 100, 1000);
	free(text);
	assert_int_equal(aa_cast_sweep(test_dir, geteuid(), now, keep, NULL), 0);
	assert_int_equal(aa_cast_sweep(test_dir, geteuid(), now + (AA_CAST_DAYS - 1) * 86400, keep, NULL), 0);
	assert_int_equal(access(path("", name), F_OK), 0);
	assert_int_equal(aa_cast_sweep(test_dir, geteuid(), now + (AA_CAST_DAYS + 1) * 86400, keep, NULL), 1);
	assert_int_equal(access(path("", name), F_OK), -1);
	text = text_of(path("bytes", ""));
	assert_string_equal(text, "0\n");
	free(text);
}

TEST(a_recording_ends_at_its_bound_and_has_room_for_saying_so, here)
{
	static char piece[65536];
	struct aa_cast *cast = begun();
	char name[AA_CAST_NAME_SIZE];
	struct stat st;
	int r = 0;

	strcpy(name, aa_cast_name(cast));
	memset(piece, 'x', sizeof(piece));
	for (size_t i = 0; i < 2000 && r == 0; i++)
		r = aa_cast_output(cast, AA_CAST_TTY, piece, sizeof(piece));
	assert_int_equal(r, -EFBIG);
	assert_int_equal(aa_cast_event(cast, 'm', "cut"), 0);
	aa_cast_close(cast);
	assert_int_equal(stat(path("open/", name), &st), 0);
	assert_in_range(st.st_size, AA_CAST_MAX - 65536, AA_CAST_MAX);
}

TEST(an_agent_with_as_many_bytes_as_it_may_have_gets_no_recording_more_and_another_does, here)
{
	json_t *about =
	    json_pack("{s:s, s:s, s:s}", "agent", "builder-7", "session", SESSION, "command", "id");
	struct aa_cast *cast = NULL;

	aa_cast_close(begun());
	support_write_file(path("bytes", ""), "2147483648\n", 11);
	assert_int_equal(aa_cast_begin(test_dir, geteuid(), about, 80, 24, &cast), -EDQUOT);
	json_object_set_new(about, "agent", json_string("builder-8"));
	assert_int_equal(aa_cast_begin(test_dir, geteuid(), about, 80, 24, &cast), 0);
	aa_cast_close(cast);
	json_object_set_new(about, "agent", json_string("../x"));
	assert_int_equal(aa_cast_begin(test_dir, geteuid(), about, 80, 24, &cast), -EINVAL);
	json_decref(about);
}
