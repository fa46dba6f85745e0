/* SPDX-License-Identifier: Apache-2.0 */
/* test_answer_parts.c: keeping an answer between the prompts that ask for its parts. */
#include "config.h"

#include "tests/unit/support/jose_make.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/support/agent_home.h"
#include "tests/unit/support/test.h"
#include "tools/agentauth/credential/answer_parts.h"
#include "tools/agentauth/local/own_folder.h"

static const struct ask_prompt asker = {"a", "web01", "a", "ssh://web01", "n1", 1};

static size_t count_files(int folder)
{
	DIR *dir = fdopendir(dup(folder));
	size_t n = 0;

	rewinddir(dir);
	for (struct dirent *e; (e = readdir(dir)) != NULL;)
		n += e->d_name[0] != '.';
	closedir(dir);
	return n;
}

static void assert_kept(int folder, const struct ask_prompt *prompt, const char *what)
{
	char *kept = answer_kept(folder, prompt);

	if (what)
		assert_string_equal(kept, what);
	else
		assert_null(kept);
	free(kept);
}

TEST(an_answer_is_cut_into_parts_of_at_most_510_bytes)
{
	size_t begin = 0, len = 0;

	assert_int_equal(answer_part(510, 1, &begin, &len), 0);
	assert_int_equal(len, 510);
	assert_int_equal(answer_part(510, 2, &begin, &len), -1);
	assert_int_equal(answer_part(511, 1, &begin, &len), 1);
	assert_int_equal(len, 510);
	assert_int_equal(answer_part(511, 2, &begin, &len), 0);
	assert_int_equal(begin, 510);
	assert_int_equal(len, 1);
	assert_int_equal(answer_part(1020, 2, &begin, &len), 0);
	assert_int_equal(len, 510);
	assert_int_equal(answer_part(1020, 3, &begin, &len), -1);
	assert_int_equal(answer_part(1020, 0, &begin, &len), -1);
	/* the longest token that a login takes needs fewer parts than a host asks for */
	assert_int_equal(answer_part(16384, 33, &begin, &len), 0);
}

TEST(what_is_kept_is_given_to_the_same_asker_only, home)
{
	int folder = own_folder_run();
	struct ask_prompt other;

	assert_true(folder >= 0);
	assert_int_equal(answer_keep(folder, &asker, "the whole answer"), 0);
	assert_kept(folder, &asker, "the whole answer");
	other = asker;
	other.part = 2;
	assert_kept(folder, &other, "the whole answer");
	other = asker;
	strcpy(other.nonce, "n2");
	assert_kept(folder, &other, NULL);
	other = asker;
	strcpy(other.host, "evil");
	assert_kept(folder, &other, NULL);
	other = asker;
	strcpy(other.audience, "ssh://web02");
	assert_kept(folder, &other, NULL);
	other = asker;
	strcpy(other.agent, "b");
	assert_kept(folder, &other, NULL);
	/* the same letters, divided otherwise */
	other = (struct ask_prompt){"a", "web01a", "ssh://web01n1", "", "", 1};
	assert_kept(folder, &other, NULL);
	answer_forget(folder, &asker);
	assert_kept(folder, &asker, NULL);
	assert_int_equal(count_files(folder), 0);
	close(folder);
}

TEST(an_answer_begun_anew_replaces_the_old_one, home)
{
	int folder = own_folder_run();

	assert_int_equal(answer_keep(folder, &asker, "a long first answer"), 0);
	assert_int_equal(answer_keep(folder, &asker, "second"), 0);
	assert_kept(folder, &asker, "second");
	answer_forget(folder, &asker);
	close(folder);
}

TEST(files_and_folder_are_the_users_alone, home)
{
	int folder = own_folder_run();
	char path[256];
	struct stat st;
	DIR *dir;

	assert_int_equal(fstat(folder, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(answer_keep(folder, &asker, "x"), 0);
	(void)snprintf(path, sizeof(path), "%s/agentauth", getenv("XDG_RUNTIME_DIR"));
	dir = opendir(path);
	for (struct dirent *e; (e = readdir(dir)) != NULL;) {
		if (e->d_name[0] == '.')
			continue;
		assert_int_equal(strlen(e->d_name), strlen("answer-") + 64);
		assert_int_equal(fstatat(folder, e->d_name, &st, AT_SYMLINK_NOFOLLOW), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
	}
	closedir(dir);
	answer_forget(folder, &asker);
	close(folder);
}

TEST(old_answers_are_removed_and_young_ones_and_other_files_are_not, home)
{
	int folder = own_folder_run();
	time_t now = time(NULL);

	assert_int_equal(answer_keep(folder, &asker, "x"), 0);
	assert_true(close(openat(folder, "token-cache", O_CREAT | O_WRONLY, 0600)) == 0);
	answer_clean(folder, now + ANSWER_KEPT_SECONDS - 1);
	assert_int_equal(count_files(folder), 2);
	answer_clean(folder, now + ANSWER_KEPT_SECONDS + 2);
	assert_int_equal(count_files(folder), 1);
	assert_kept(folder, &asker, NULL);
	close(folder);
}

TEST(a_runtime_folder_that_is_not_the_users_alone_is_not_used, home)
{
	char runtime[128], below[160], cache[256];
	struct stat st;
	int folder;

	(void)snprintf(runtime, sizeof(runtime), "%s", getenv("XDG_RUNTIME_DIR"));
	(void)snprintf(below, sizeof(below), "%s/agentauth", runtime);
	(void)snprintf(cache, sizeof(cache), "%s", home_path(".cache/agentauth"));
	assert_int_equal(chmod(runtime, 0755), 0);
	folder = own_folder_run();
	assert_true(folder >= 0);
	close(folder);
	assert_int_equal(access(below, F_OK), -1);
	assert_int_equal(chmod(runtime, 0700), 0);
	/* a link in its place leads nowhere */
	assert_int_equal(symlink("/tmp", below), 0);
	folder = own_folder_run();
	assert_true(folder >= 0);
	assert_int_equal(answer_keep(folder, &asker, "x"), 0);
	assert_int_equal(fstat(folder, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	close(folder);
	assert_int_equal(unlink(below), 0);
}
