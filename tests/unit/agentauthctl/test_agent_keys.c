/* SPDX-License-Identifier: Apache-2.0 */
/* test_agent_keys.c: a rotation ends the keys before it, the first time and the thousandth, whatever the limits. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support/support_tools.h"
#include "tests/unit/support/test.h"
#include "tools/agentauthctl/model/settings.h"
#include "tools/agentauthctl/publish/agent_keys.h"
#include "tools/agentauthctl/publish/record.h"
#include "tools/conf/conf_edit.h"

#define YEAR ((int64_t)365 * 86400)
#define START INT64_C(1800000000)

struct scene {
	struct host_facts facts;
	struct model model;
	struct conf_text text;
	struct agent_keys keys;
	json_t *ended, *gone;
};

static void begin(const struct house *house, struct scene *s)
{
	static const char main_text[] = "roles = { deploy = { gid = 99001; }; };", text[] = "uid = 70007;\n";
	struct problems none = {0};

	*s = (struct scene){0};
	assert_int_equal(host_facts_read(&s->facts, house->etc, &none), 0);
	conf_text_set(&s->model.file.text, "agentauth.conf", main_text, strlen(main_text));
	model_read(&s->model, &s->facts, &none);
	assert_int_equal(none.errors, 0);
	conf_text_set(&s->text, "spinner.conf", text, strlen(text));
	s->keys = (struct agent_keys){&s->model, "spinner", &s->text, START};
	s->ended = json_array();
	s->gone = json_array();
}

static void end(struct scene *s)
{
	json_decref(s->ended);
	json_decref(s->gone);
	conf_text_free(&s->text);
	model_free(&s->model);
	host_facts_free(&s->facts);
}

static void add(struct scene *s, int n, const char *pem, const char *more)
{
	char *quoted_pem = conf_quote(pem),
	     *key = xasprintf("{ kid = \"k%d\"; pem = %s; %s }", n, quoted_pem, more);

	assert_int_equal(conf_edit_add(&s->text, "keys", key, true), 0);
	free(quoted_pem);
	free(key);
}

static void rotate(struct scene *s, int n, int64_t grace, const char *pem)
{
	json_array_clear(s->ended);
	json_array_clear(s->gone);
	assert_int_equal(agent_keys_end(&s->keys, s->keys.now + grace, s->ended), 0);
	assert_int_equal(agent_keys_make_room(&s->keys, pem, s->gone), 0);
	add(s, n, pem, "");
}

/* All keys but the last end by then, and the record can be published. */
static void expect_ends(struct scene *s, int n, int64_t by)
{
	struct key_memo *memo = key_memo_new();
	struct buffer record = {0}, ssh = {0};
	struct problems problems = {0};
	struct agent_now now;
	const struct aa_agent_key *last;

	agent_now_read(&s->model, s->keys.name, &s->text, &now);
	assert_in_range(now.agent.keys.n, 1, AGENT_KEYS_MAX);
	last = &now.agent.keys.v[now.agent.keys.n - 1];
	assert_int_equal(atoi(last->kid + 1), n);
	assert_true(last->not_after == 0);
	for (size_t i = 0; i + 1 < now.agent.keys.n; i++)
		if (now.agent.keys.v[i].state == 0)
			assert_in_range(now.agent.keys.v[i].not_after, 1, by);
	assert_int_equal(record_agent(&now.agent, &now.file, memo, &problems, &record, &ssh), 0);
	agent_now_free(&now);
	key_memo_free(memo);
	buffer_free(&record);
	buffer_free(&ssh);
	problems_free(&problems);
}

static size_t count(const struct scene *s)
{
	int n = conf_edit_count(&s->text, "keys");

	return n < 0 ? 0 : (size_t)n;
}

TEST(a_thousand_rotations_each_end_the_key_before, house)
{
	static const int64_t graces[] = {0, YEAR};
	struct scene s;

	for (size_t g = 0; g < sizeof(graces) / sizeof(*graces); g++) {
		begin(*state, &s);
		for (int n = 1; n <= 1000; n++, s.keys.now += 60) {
			rotate(&s, n, graces[g], TEST_PEM);
			expect_ends(&s, n, s.keys.now + graces[g]);
			assert_int_equal(json_array_size(s.ended) == 0, n == 1);
		}
		end(&s);
	}
}

TEST(what_had_ended_leaves_and_what_just_ended_is_seen_once_more, house)
{
	struct scene s;

	begin(*state, &s);
	rotate(&s, 1, 0, TEST_PEM);
	rotate(&s, 2, 0, TEST_PEM);
	assert_int_equal(count(&s), 2);
	s.keys.now++;
	rotate(&s, 3, 3600, TEST_PEM);
	assert_int_equal(count(&s), 2);
	s.keys.now += 60;
	rotate(&s, 4, 3600, TEST_PEM);
	assert_int_equal(count(&s), 3); /* positive control: within its grace it stays */
	assert_int_equal(json_array_size(s.gone), 0);
	end(&s);
}

TEST(the_key_that_ends_first_makes_room_and_is_named, house)
{
	struct scene s;
	int n;

	begin(*state, &s);
	for (n = 1; n <= AGENT_KEYS_MAX; n++, s.keys.now += 60)
		rotate(&s, n, YEAR, TEST_PEM);
	assert_int_equal(json_array_size(s.gone), 0);
	rotate(&s, n, YEAR, TEST_PEM);
	assert_int_equal(count(&s), AGENT_KEYS_MAX);
	assert_int_equal(json_array_size(s.gone), 1);
	assert_member(json_array_get(s.gone, 0), "kid", "k1");
	end(&s);
}

TEST(disabled_keys_do_not_keep_a_good_one, house)
{
	struct scene s;

	begin(*state, &s);
	for (int n = 1; n < AGENT_KEYS_MAX; n++)
		add(&s, n, TEST_PEM, "state = \"disabled\";");
	add(&s, AGENT_KEYS_MAX, TEST_PEM, "");
	rotate(&s, AGENT_KEYS_MAX + 1, 3600, TEST_PEM);
	expect_ends(&s, AGENT_KEYS_MAX + 1, START + 3600);
	assert_int_equal(json_array_size(s.gone), 0); /* it was no good key */
	assert_int_equal(json_array_size(s.ended), 1);
	end(&s);
}

TEST(a_key_that_is_only_added_takes_no_good_key_s_room, house)
{
	struct scene s;

	begin(*state, &s);
	add(&s, 0, TEST_PEM, "not_after = \"2020-01-01T00:00:00Z\";");
	for (int n = 1; n < AGENT_KEYS_MAX; n++)
		add(&s, n, TEST_PEM, "");
	assert_int_equal(agent_keys_make_room(&s.keys, TEST_PEM, NULL), 0);
	assert_int_equal(count(&s), AGENT_KEYS_MAX - 1);
	assert_int_equal(agent_keys_make_room(&s.keys, TEST_PEM, NULL), 0);
	assert_int_equal(count(&s), AGENT_KEYS_MAX - 1);
	end(&s);
}

TEST(keys_whose_bytes_are_too_many_make_room_too, house)
{
	struct scene s;
	char *pem = xmalloc(16001);

	begin(*state, &s);
	memset(pem, 'x', 16000);
	pem[16000] = '\0';
	for (int n = 1; n <= 10; n++) {
		rotate(&s, n, YEAR, pem);
		assert_in_range(count(&s), 1, 4);
	}
	assert_int_equal(json_array_size(s.gone), 1);
	end(&s);
	free(pem);
}

TEST(one_key_is_known_under_any_name, house)
{
	struct scene s;
	struct agent_now now;

	begin(*state, &s);
	add(&s, 1, TEST_PEM, "");
	agent_now_read(&s.model, s.keys.name, &s.text, &now);
	assert_int_equal(agent_key_index(&now.agent, TEST_PEM), 0);
	assert_int_equal(agent_key_index(&now.agent, TEST_PEM_ED25519), -1);
	agent_now_free(&now);
	end(&s);
}
