/* SPDX-License-Identifier: Apache-2.0 */
/* test_nss_cache.c: what is remembered, and what a damaged registry gives. */
#include <config.h>

#include <fcntl.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nss/enumerate.h"
#include "tests/unit/nss/nss_steps.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

/* ---- cache ---------------------------------------------------------------------------- */

static void publish_with_shell(uint32_t number, const char *shell)
{
	struct support_account a = accounts[0];
	struct support_registry r = {.accounts = &a, .n_accounts = 1};

	a.shell = shell;
	support_publish(statedir, number, &r);
}

TEST(nss_remembers_within_a_tick_and_sees_a_publish_at_the_next, nss)
{
	settle();
	for (int i = 0; i < 2; i++) {
		assert_string_equal(pwnam("alpha")->pw.pw_shell, "/bin/bash");
		assert_string_equal(pwuid(UID(1))->pw.pw_shell, "/bin/bash");
	}
	publish_with_shell(2, "/bin/dash");
	assert_string_equal(pwnam("alpha")->pw.pw_shell, "/bin/bash");
	assert_string_equal(pwuid(UID(1))->pw.pw_shell, "/bin/bash");
	tick_now++;
	assert_string_equal(pwnam("alpha")->pw.pw_shell, "/bin/dash");
	assert_string_equal(pwuid(UID(1))->pw.pw_shell, "/bin/dash");
	tick_now++;
	assert_int_equal(unlink(current), 0);
	unavailable(pwnam("alpha"));
}

/* A name that was not asked for before is seen at once, one that was missed at the next tick. */
TEST(nss_sees_a_new_agent_at_the_next_tick_at_the_latest, nss)
{
	struct support_registry fewer = sample;

	fewer.n_accounts = 1;
	support_publish(statedir, 2, &fewer);
	settle();
	for (int i = 0; i < 2; i++) {
		served(pwnam("alpha"));
		not_found(pwnam("builder-7"));
		not_found(pwuid(UID(7)));
		not_found(grgid(UID(7)));
	}
	support_publish(statedir, 3, &sample);
	served(pwnam("old"));
	not_found(pwnam("builder-7"));
	tick_now++;
	served(pwnam("builder-7"));
	served(pwuid(UID(7)));
	served(grgid(UID(7)));
	served(pwnam("alpha"));
}

TEST(nss_sees_a_local_user_at_the_next_tick, nss)
{
	settle();
	for (int i = 0; i < 2; i++) {
		served(pwnam("alpha"));
		served(pwuid(UID(1)));
		served(grnam("alpha"));
	}
	write_text(passwd_file, LOCAL_PASSWD "alpha:x:1002:1002::/:/bin/sh\n");
	served(pwnam("alpha"));
	tick_now++;
	not_found(pwnam("alpha"));
	not_found(pwuid(UID(1)));
	served(grnam("alpha"));
	write_text(group_file, LOCAL_GROUP "alpha:x:1002:\n");
	tick_now++;
	not_found(grnam("alpha"));
	write_text(passwd_file, LOCAL_PASSWD);
	served(pwnam("alpha")); /* what a local user has is not remembered */
}

/* Without the registry's file each question that goes to it is told from one that does not. */
TEST(nss_opens_nothing_for_what_it_missed_before, nss)
{
	settle();
	for (int i = 0; i < 2; i++) {
		not_found(pwnam("nobody-here"));
		not_found(grnam("no-group"));
		not_found(grgid(5000));
		not_found(pwuid(UID(2)));
	}
	assert_int_equal(unlink(current), 0);
	not_found(pwnam("nobody-here"));
	not_found(grnam("no-group"));
	not_found(grgid(5000));
	not_found(pwuid(UID(2)));
	not_found(pwuid(200001)); /* out of the registry's range, and never asked for */
	unavailable(pwnam("nobody-else"));
	unavailable(grgid(5001));
	unavailable(pwuid(UID(4)));
	tick_now++;
	unavailable(pwnam("nobody-here"));
	unavailable(grnam("no-group"));
	unavailable(grgid(5000));
	unavailable(pwuid(UID(2)));
	unavailable(pwuid(200001));
}

TEST(nss_sees_a_wider_range_at_the_next_tick, nss)
{
	const struct support_account far = {.name = "far", .uid = 200001};
	const struct support_registry wider = {
	    .accounts = &far, .n_accounts = 1, .uid_max = 300000, .gid_agents = 300001};

	settle();
	not_found(pwuid(UID(2)));
	not_found(pwuid(200001));
	support_publish(statedir, 2, &wider);
	tick_now++;
	assert_string_equal(pwuid(200001)->pw.pw_name, "far");
}

TEST(nss_misses_many_and_finds_them_when_they_come, nss)
{
	enum { N = 3000 };
	struct support_account *many = calloc(N, sizeof(*many));
	const struct support_registry r = {.accounts = many, .n_accounts = N};
	char(*names)[16] = calloc(N, sizeof(*names));

	assert_non_null(many);
	assert_non_null(names);
	settle();
	served(pwnam("alpha"));
	for (uint32_t i = 0; i < N; i++) {
		snprintf(names[i], sizeof(names[i]), "b%u", i);
		many[i].name = names[i];
		many[i].uid = UID(100 + i);
		not_found(pwnam(names[i]));
		not_found(pwuid(many[i].uid));
	}
	support_publish(statedir, 2, &r);
	tick_now++;
	for (uint32_t i = 0; i < N; i++) {
		assert_int_equal(pwnam(names[i])->pw.pw_uid, many[i].uid);
		assert_string_equal(pwuid(many[i].uid)->pw.pw_name, names[i]);
	}
	not_found(pwnam("alpha"));
	free(many);
	free(names);
}

TEST(nss_sees_what_is_withheld_at_the_next_tick, nss)
{
	settle();
	served(pwnam("alpha"));
	served(grnam("alpha"));
	write_text(withheld_passwd, "alpha:x:70001:\n");
	write_text(withheld_group, "alpha:x:70001:\n");
	tick_now++;
	not_found(pwnam("alpha"));
	not_found(grnam("alpha"));
	served(pwnam("builder-7"));
	assert_int_equal(unlink(withheld_passwd), 0);
	served(pwnam("alpha"));
}

/* A file that was changed a moment ago may change again without its stamp's telling. */
TEST(nss_remembers_nothing_of_files_that_are_new, nss)
{
	served(pwnam("alpha"));
	not_found(pwnam("nobody-here"));
	publish_with_shell(2, "/bin/dash");
	assert_string_equal(pwnam("alpha")->pw.pw_shell, "/bin/dash");
	not_found(pwnam("builder-7"));
	support_publish(statedir, 2, &sample);
	served(pwnam("builder-7"));
	clock_offset = -3600 * SECOND; /* the clock was set back: the files seem to be of the future */
	publish_with_shell(3, "/bin/ksh");
	assert_string_equal(pwnam("alpha")->pw.pw_shell, "/bin/ksh");
	publish_with_shell(4, "/bin/sh");
	assert_string_equal(pwnam("alpha")->pw.pw_shell, "/bin/sh");
}

TEST(nss_serves_what_is_too_long_to_be_remembered, nss)
{
	char home[400];
	struct support_account a = {.name = "alpha", .uid = UID(1), .home = home};
	struct support_registry r = {.accounts = &a, .n_accounts = 1};

	for (size_t len = 150; len < sizeof(home); len++) {
		memset(home, 'x', len);
		home[0] = '/';
		home[len] = '\0';
		support_publish(statedir, 2, &r);
		settle();
		tick_now++;
		assert_string_equal(pwnam("alpha")->pw.pw_dir, home);
		assert_string_equal(pwnam("alpha")->pw.pw_dir, home);
		assert_string_equal(pwuid(UID(1))->pw.pw_dir, home);
	}
}

/* Many more agents than there are cells: whatever is pushed out by what, the answers are right. */
TEST(nss_remembers_the_right_one_of_many, nss)
{
	enum { N = 5000 };
	struct support_account *many = calloc(N, sizeof(*many));
	struct support_registry r = {.accounts = many, .n_accounts = N};
	char(*names)[16] = calloc(N, sizeof(*names));

	assert_non_null(many);
	assert_non_null(names);
	for (uint32_t i = 0; i < N; i++) {
		snprintf(names[i], sizeof(names[i]), "a%u", i);
		many[i].name = names[i];
		many[i].uid = UID(i);
	}
	support_publish(statedir, 2, &r);
	settle();
	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < N; i += round == 0 ? 1 : 7) {
			assert_int_equal(pwnam(names[i])->pw.pw_uid, UID(i));
			assert_string_equal(pwuid(UID(i))->pw.pw_name, names[i]);
			assert_string_equal(grgid(UID(i))->gr.gr_name, names[i]);
		}
	}
	free(many);
	free(names);
}

/* ---- damage ------------------------------------------------------------------------------ */

TEST(nss_finds_nobody_where_there_is_no_registry, nss)
{
	aa_cursor cursor = 0;
	char link[300];

	snprintf(link, sizeof(link), "%s/current", statedir);
	assert_int_equal(unlink(link), 0);
	not_found(pwnam("alpha"));
	not_found(pwuid(UID(1)));
	not_found(grnam("agents"));
	not_found(pwent(&cursor));
	not_found(grent(&cursor));
	snprintf(statedir, sizeof(statedir), "/nonexistent/agentauth");
	not_found(pwnam("alpha"));
}

TEST(nss_is_unavailable_where_the_registry_is_not_to_be_trusted, nss)
{
	char path[400];

	served(pwnam("alpha"));
	snprintf(path, sizeof(path), "%s/generations/1/accounts.cdb", statedir);
	assert_int_equal(chmod(path, 0666), 0);
	unavailable(pwnam("alpha"));
	assert_int_equal(chmod(path, 0644), 0);
	served(pwnam("alpha"));
	assert_int_equal(unlink(path), 0);
	unavailable(pwnam("alpha"));
	assert_int_equal(symlink("/dev/zero", path), 0);
	unavailable(pwnam("alpha"));
}

TEST(nss_survives_every_byte_changed_and_every_length, nss)
{
	char path[400], *bytes, flipped;
	size_t len;
	int fd;

	snprintf(path, sizeof(path), "%s/generations/1/accounts.cdb", statedir);
	bytes = support_read_file(path, &len);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	for (size_t i = 0; i < len; i += i < 2048 ? 3 : 1) { /* the head is positions and lengths */
		flipped = (char)(bytes[i] ^ 0xff);
		assert_int_equal(pwrite(fd, &flipped, 1, (off_t)i), 1);
		ask_everything();
		assert_int_equal(pwrite(fd, bytes + i, 1, (off_t)i), 1);
	}
	served(pwnam("builder-7"));
	while (len-- > 0) {
		assert_int_equal(ftruncate(fd, (off_t)len), 0);
		unavailable(pwnam("builder-7"));
	}
	close(fd);
	free(bytes);
}
