/* SPDX-License-Identifier: Apache-2.0 */
/* test_ids.c: a name or an id that was used is never given again, whatever happens to the file meanwhile. */
#include <config.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/support/support_tools.h"
#include "tests/unit/support/test.h"
#include "tools/agentauthctl/publish/ids.h"

#define A 70001u
#define B 70002u

static int open_state(const struct house *h)
{
	int fd = open(h->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void read_ids(const struct house *h, struct ids *ids)
{
	struct problems problems = {0};
	int fd = open_state(h);

	*ids = (struct ids){0};
	assert_int_equal(ids_read(ids, fd, h->state, geteuid(), &problems), 0);
	close(fd);
}

static void write_ids(const struct house *h, struct ids *ids)
{
	int fd = open_state(h);

	assert_int_equal(ids_write(ids, fd, 1000000000, true), 0);
	close(fd);
}

static bool claim(struct ids *ids, enum id_kind kind, const char *name, uint32_t id, const char *words)
{
	char why[256] = "";
	bool ok = ids_claim(ids, kind, name, id, why, sizeof(why));

	if (!ok && !strstr(why, words))
		fail_msg("\"%s\" lacks \"%s\"", why, words);
	return ok;
}

TEST(what_was_claimed_is_claimed_again_only_by_itself)
{
	struct ids ids = {0};

	assert_true(claim(&ids, ID_AGENT, "bot", A, ""));
	assert_true(claim(&ids, ID_AGENT, "bot", A, ""));
	assert_false(claim(&ids, ID_AGENT, "bot", B, "cannot change"));
	assert_false(claim(&ids, ID_AGENT, "other", A, "is the id of the agent bot"));
	assert_false(claim(&ids, ID_ROLE, "bot", A, "is the id of the agent bot"));
	assert_true(claim(&ids, ID_ROLE, "bot", B, ""));
	ids_free(&ids);
}

TEST(what_is_gone_is_retired_and_stays_so, house)
{
	const struct house *h = *state;
	struct ids ids = {0};

	claim(&ids, ID_AGENT, "bot", A, "");
	claim(&ids, ID_AGENT, "kept", B, "");
	write_ids(h, &ids);
	ids_free(&ids);

	read_ids(h, &ids);
	assert_true(claim(&ids, ID_AGENT, "kept", B, ""));
	write_ids(h, &ids);
	ids_free(&ids);

	read_ids(h, &ids);
	assert_false(claim(&ids, ID_AGENT, "bot", A, "never given again"));
	assert_false(claim(&ids, ID_AGENT, "bot", 70009, "never given again"));
	assert_false(claim(&ids, ID_AGENT, "other", A, "never given again"));
	assert_true(claim(&ids, ID_AGENT, "kept", B, ""));
	ids_free(&ids);
}

TEST(what_is_restored_has_its_name_and_id_again_and_nobody_else_has_them, house)
{
	const struct house *h = *state;
	struct ids ids = {0};
	int64_t first;

	claim(&ids, ID_AGENT, "bot", A, "");
	write_ids(h, &ids);
	ids_free(&ids);
	read_ids(h, &ids);
	first = ids_by_name(&ids, ID_AGENT, "bot")->first;
	write_ids(h, &ids); /* bot was not seen: retired */
	ids_free(&ids);
	for (int i = 0; i < 2; i++) {
		read_ids(h, &ids);
		assert_false(claim(&ids, ID_AGENT, "bot", A, "never given again"));
		ids_restore(ids_by_name(&ids, ID_AGENT, "bot"));
		assert_false(claim(&ids, ID_AGENT, "bot", B, "an id cannot change"));
		assert_false(claim(&ids, ID_AGENT, "other", A, "is the id of the agent bot"));
		assert_true(claim(&ids, ID_AGENT, "bot", A, ""));
		write_ids(h, &ids);
		ids_free(&ids);
		read_ids(h, &ids);
		assert_int_equal(ids_by_name(&ids, ID_AGENT, "bot")->first, first);
		assert_true(claim(&ids, ID_AGENT, "bot", A, ""));
		ids_free(&ids);
		read_ids(h, &ids);
		write_ids(h, &ids); /* and it can be retired again */
		ids_free(&ids);
	}
}

static bool bring(struct ids *ids, const char *name, uint32_t id, bool retired)
{
	struct given_id brought = {.kind = ID_AGENT, .id = id, .retired = retired, .time = 1767225600};
	char why[256] = "";

	snprintf(brought.name, sizeof(brought.name), "%s", name);
	return ids_bring(ids, &brought, why, sizeof(why));
}

TEST(what_another_host_gave_is_kept_for_the_same_agent, house)
{
	const struct house *h = *state;
	struct ids ids = {0};

	claim(&ids, ID_AGENT, "own", A, "");
	assert_true(bring(&ids, "far", B, false));
	assert_true(bring(&ids, "gone", 70007, true));
	assert_true(bring(&ids, "own", A, false));
	assert_false(bring(&ids, "own", 70009, false));
	assert_false(bring(&ids, "other", A, false));
	write_ids(h, &ids);
	ids_free(&ids);

	for (int i = 0; i < 2; i++) {
		read_ids(h, &ids);
		assert_null(ids_by_name(&ids, ID_AGENT, "far")); /* nobody here */
		assert_null(ids_by_name(&ids, ID_AGENT, "gone"));
		assert_true(claim(&ids, ID_AGENT, "own", A, ""));
		assert_false(claim(&ids, ID_AGENT, "other", B, "is the id of the agent far"));
		assert_false(
		    claim(&ids, ID_AGENT, "far", 70009, "on the host that its name was imported from"));
		assert_false(claim(&ids, ID_AGENT, "gone", 70007, "never given again"));
		assert_true(bring(&ids, "far", B, false));
		write_ids(h, &ids); /* and nothing of it is retired */
		ids_free(&ids);
	}
	read_ids(h, &ids);
	assert_true(claim(&ids, ID_AGENT, "own", A, ""));
	assert_true(claim(&ids, ID_AGENT, "far", B, ""));
	write_ids(h, &ids);
	ids_free(&ids);
	read_ids(h, &ids);
	assert_non_null(ids_by_name(&ids, ID_AGENT, "far"));
	ids_free(&ids);
}

TEST(the_group_of_all_agents_may_change_its_name_and_gid, house)
{
	const struct house *h = *state;
	struct ids ids = {0};

	assert_true(claim(&ids, ID_GROUP, "agents", A, ""));
	write_ids(h, &ids);
	ids_free(&ids);
	read_ids(h, &ids);
	assert_true(claim(&ids, ID_GROUP, "robots", A, ""));
	assert_true(claim(&ids, ID_GROUP, "robots", B, ""));
	assert_false(claim(&ids, ID_AGENT, "bot", A, "gid of the group of all agents"));
	ids_free(&ids);
}

static bool none_taken(const void *data, uint32_t id)
{
	return data && id == *(const uint32_t *)data;
}

TEST(the_lowest_number_that_was_never_used_is_free, house)
{
	const struct house *h = *state;
	struct ids ids = {0};
	uint32_t taken = A + 2;

	claim(&ids, ID_AGENT, "bot", A, "");
	write_ids(h, &ids);
	ids_free(&ids);
	read_ids(h, &ids);
	write_ids(h, &ids); /* bot was not seen: retired */
	ids_free(&ids);
	read_ids(h, &ids);
	assert_int_equal(ids_lowest_free(&ids, A, A + 9, none_taken, NULL), A + 1);
	claim(&ids, ID_AGENT, "next", A + 1, "");
	assert_int_equal(ids_lowest_free(&ids, A, A + 9, none_taken, &taken), A + 3);
	assert_int_equal(ids_lowest_free(&ids, A, A + 1, none_taken, NULL), 0);
	assert_int_equal(ids_lowest_free(&ids, 60000, 65536, none_taken, NULL), 60000);
	assert_int_equal(ids_lowest_free(&ids, 60001, 65536, none_taken, NULL), 65536);
	ids_free(&ids);
}

TEST(a_line_cut_short_by_a_crash_does_not_count_and_is_written_over, house)
{
	const struct house *h = *state;
	struct ids ids;
	char *text;

	house_write(h, "state/ids", "# c\nuse agent bot 70001 2026-01-01T00:00:00Z\nuse agent other 70");
	chmod(h->state, 0755);
	read_ids(h, &ids);
	assert_null(ids_by_name(&ids, ID_AGENT, "other"));
	assert_true(claim(&ids, ID_AGENT, "bot", A, ""));
	assert_true(claim(&ids, ID_AGENT, "new", B, ""));
	write_ids(h, &ids);
	ids_free(&ids);
	text = house_read(h, "state/ids");
	assert_string_equal(text, "# c\nuse agent bot 70001 2026-01-01T00:00:00Z\nuse agent new "
				  "70002 2001-09-09T01:46:40Z\n");
	free(text);
}

TEST(a_damaged_line_is_refused_with_its_place, house)
{
	static const char *const bad[] = {
	    "use agent bot 70001\n",
	    "use agent bot 70001 2026-01-01T00:00:00Z more\n",
	    "use agent ../x 70001 2026-01-01T00:00:00Z\n",
	    "use robot bot 70001 2026-01-01T00:00:00Z\n",
	    "lose agent bot 70001 2026-01-01T00:00:00Z\n",
	    "use agent bot -1 2026-01-01T00:00:00Z\n",
	    "use agent bot 70001 yesterday\n",
	    "\n",
	};
	const struct house *h = *state;
	int fd = open_state(h);

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct problems problems = {0};
		struct ids ids = {0};
		char *text = xasprintf("# c\n%s", bad[i]);

		house_write(h, "state/ids", text);
		assert_int_equal(ids_read(&ids, fd, h->state, geteuid(), &problems), -1);
		assert_int_equal(problems.v[0].line, 2);
		problems_free(&problems);
		ids_free(&ids);
		free(text);
	}
	close(fd);
}

TEST(a_hundred_thousand_are_found_again)
{
	struct ids ids = {0};
	char name[32];

	for (uint32_t i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "a%u", i);
		assert_true(claim(&ids, ID_AGENT, name, A + i, ""));
	}
	for (uint32_t i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "a%u", i);
		assert_int_equal(ids_by_name(&ids, ID_AGENT, name)->id, A + i);
		assert_string_equal(ids_by_id(&ids, A + i)->name, name);
	}
	ids_free(&ids);
}
