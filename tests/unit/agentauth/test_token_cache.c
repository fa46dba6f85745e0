/* SPDX-License-Identifier: Apache-2.0 */
/* test_token_cache.c: how long a token is kept, for whom, and who asks for the next. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "tests/unit/agentauth/token_steps.h"
#include "tests/unit/support/jose_make.h"
#include "tests/unit/support/test.h"
#include "tests/unit/support/tls_server.h"
#include "tools/agentauth/commands/commands.h"
#include "tools/agentauth/local/profiles.h"
#include "tools/agentauth/oauth/token_cache.h"

TEST(a_token_comes_from_the_cache_until_a_minute_before_its_end, provider)
{
	int64_t begin = 1800000000;

	assert_string_equal(token_at("plain", SECRET, any, begin), "t1");
	assert_string_equal(token_at("plain", SECRET, any, begin + 3539), "t1");
	assert_int_equal(tls_server_count("/plain/token"), 1);
	assert_string_equal(token_at("plain", SECRET, any, begin + 3540), "t2");
	assert_string_equal(token_at("plain", SECRET, any, begin + 3541), "t2");
}

TEST(an_agent_that_runs_for_days_never_gets_an_expired_token, provider)
{
	int64_t begin = 1800000000;
	unsigned asked;

	for (int64_t now = begin; now < begin + 2 * 86400; now += 97) {
		const char *token = token_at("plain", SECRET, any, now);

		/* the token of the n-th request was made by now, and lives for 3600 s */
		asked = tls_server_count("/plain/token");
		assert_non_null(token);
		assert_int_equal(atoi(token + 1), asked);
	}
	/* one each 3540 s at the soonest, 3600 s at the latest */
	assert_in_range(asked, 2 * 86400 / 3600, 2 * 86400 / 3540 + 1);
}

TEST(a_clock_that_was_set_back_makes_the_cache_unusable, provider)
{
	assert_string_equal(token_at("plain", SECRET, any, 1800000000), "t1");
	assert_string_equal(token_at("plain", SECRET, any, 1799999999), "t2");
}

TEST(a_fresh_token_is_asked_for_and_kept, provider)
{
	assert_string_equal(token_at("plain", SECRET, any, 1800000000), "t1");
	assert_string_equal(token_at("plain", SECRET, fresh, 1800000000), "t2");
	assert_string_equal(token_at("plain", SECRET, any, 1800000000), "t2");
}

TEST(a_token_for_one_login_is_kept_for_nobody, provider)
{
	assert_string_equal(token_at("plain", SECRET, once, 1800000000), "t1");
	assert_string_equal(token_at("plain", SECRET, once, 1800000000), "t2");
	assert_string_equal(token_at("plain", SECRET, any, 1800000000), "t3");
	assert_string_equal(token_at("plain", SECRET, once, 1800000000), "t4");
	assert_string_equal(token_at("plain", SECRET, any, 1800000000), "t3");
}

TEST(other_settings_are_another_token, provider)
{
	static const char *const settings[] = {"scope = \"a\";",
					       "scope = \"b\";",
					       "audience = \"a\";",
					       "resource = [ \"a\" ];",
					       "resource = [ \"a\", \"b\" ];",
					       "present = \"id_token\";"};

	for (unsigned i = 0; i < 6; i++) {
		char more[256], expected[8];

		(void)snprintf(more, sizeof(more), SECRET "%s", settings[i]);
		(void)snprintf(expected, sizeof(expected), "%c%u", i == 5 ? 'i' : 't', i + 1);
		assert_string_equal(token_at("plain", more, any, 1800000000), expected);
		assert_string_equal(token_at("plain", more, any, 1800000000), expected);
	}
	write_config("plain", SECRET "scope = \"a\";");
	RUN("--profile", "p", "--scope", "c");
	assert_prints("t7");
}

TEST(the_cache_is_the_users_alone_and_is_not_believed_otherwise, provider)
{
	struct stat st;

	assert_string_equal(token_at("plain", SECRET, any, 1800000000), "t1");
	assert_int_equal(stat(cache_file(), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(chmod(cache_file(), 0644), 0);
	assert_string_equal(token_at("plain", SECRET, any, 1800000000), "t2");
	assert_int_equal(stat(cache_file(), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(truncate(cache_file(), st.st_size - 1), 0);
	assert_string_equal(token_at("plain", SECRET, any, 1800000000), "t3");
}

TEST(a_hundred_processes_at_once_make_one_request, provider)
{
	int fds[2];
	char byte, all[128];
	size_t n = 0;

	assert_int_equal(pipe(fds), 0);
	for (int i = 0; i < 100; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			const char *token = token_at("plain", SECRET, any, 1800000000);

			_exit(token && write(fds[1], token + 1, 1) == 1 ? 0 : 1);
		}
		assert_true(pid > 0);
	}
	close(fds[1]);
	while (n < sizeof(all) && read(fds[0], &byte, 1) == 1)
		all[n++] = byte;
	close(fds[0]);
	for (int i = 0; i < 100; i++) {
		int status;

		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(n, 100);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(all[i], '1');
	assert_int_equal(tls_server_count("/plain/token"), 1);
	assert_int_equal(tls_server_count("/plain/.well-known/openid-configuration"), 1);
}

TEST(a_lock_that_is_held_is_waited_for_so_long_and_no_longer, provider)
{
	char *text = config_text("plain", SECRET);
	struct profiles *all = profiles_parse(text, "config");
	struct token_cache one, two;

	assert_int_equal(token_cache_open(profiles_at(all, 0), &one), 0);
	assert_int_equal(token_cache_open(profiles_at(all, 0), &two), 0);
	assert_int_equal(token_cache_lock(&one, 1), 0);
	assert_int_equal(token_cache_lock(&two, 1), -1);
	token_cache_unlock(&one);
	assert_int_equal(token_cache_lock(&two, 1), 0);
	token_cache_close(&one);
	token_cache_close(&two);
	profiles_free(all);
	free(text);
}

TEST(without_an_end_of_life_a_token_is_not_taken_twice, provider)
{
	run_for("endless");
	assert_prints("e1");
	RUN("--profile", "p");
	assert_prints("e2");
	RUN("--profile", "p", "--json");
	assert_non_null(strstr(o.out, "\"expires_at\": null"));
}

TEST(a_jwts_own_end_counts_where_it_is_sooner, provider)
{
	json_t *json;

	write_config("jwt", SECRET);
	RUN("--profile", "p", "--json");
	assert_int_equal(o.status, 0);
	json = make_json(o.out);
	assert_in_range(json_integer_value(json_object_get(json, "expires_at")) - time(NULL), 290, 300);
	json_decref(json);
}
