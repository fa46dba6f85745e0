/* SPDX-License-Identifier: Apache-2.0 */
/* test_report.c: what a report counts, and how much memory it takes for it. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/agentauthctl/report_steps.h"
#include "tools/agentauthctl/report/words.h"
#include "tools/cli/alloc.h"

FIXTURE(week, week_begins, week_ends);

static uint64_t sum_of(const uint32_t *slots)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < REPORT_SLOTS; i++)
		sum += slots[i];
	return sum;
}

TEST(a_session_has_its_beginning_its_end_and_what_ran_in_it, week)
{
	const struct report_session *s;

	seen(WEEK + HOUR, OPENED ",\"agent\":\"builder-7\",\"session\":\"aaaaaaaabbbb\"");
	seen(WEEK + HOUR + 60, SUDO("sudo", "ok") ",\"runas\":\"root\",\"session\":\"aaaaaaaabbbb\"");
	seen(WEEK + HOUR + 90, SUDO("sudo", "denied") ",\"session\":\"aaaaaaaabbbb\"");
	seen(WEEK + 2 * HOUR, CLOSED ",\"agent\":\"builder-7\",\"session\":\"aaaaaaaabbbb\"");
	week_is_over();
	assert_int_equal(agent_of("builder-7")->n_sessions, 1);
	s = &agent_of("builder-7")->sessions[0];
	assert_string_equal(s->id, "aaaaaaaa");
	assert_int_equal(s->start, WEEK + HOUR);
	assert_int_equal(s->end, WEEK + 2 * HOUR);
	assert_int_equal(s->how, SESSION_CLOSED);
	assert_int_equal(s->ran, 1);
	assert_int_equal(s->refused, 1);
	assert_int_equal(agent_of("builder-7")->busy, HOUR);
	assert_int_equal(sum_of(agent_of("builder-7")->ran), 1);
	/* An hour of a week of 336 slots is two of them. */
	assert_in_range(sum_of(agent_of("builder-7")->open), 2, 3);
}

TEST(a_session_without_its_end_lasts_to_what_is_known_last_and_one_that_is_live_to_the_spans_end, week)
{
	struct report_live live = {
	    .id = (char[]){"bbbbbbbb"}, .agent = (char[]){"builder-7"}, .opened = WEEK + 2 * HOUR};

	reported.facts.live = &live;
	reported.facts.n_live = 1;
	seen(WEEK + HOUR, OPENED ",\"agent\":\"builder-7\",\"session\":\"aaaaaaaa\"");
	seen(WEEK + 2 * HOUR, OPENED ",\"agent\":\"builder-7\",\"session\":\"bbbbbbbb\"");
	seen(WEEK + 3 * HOUR, SUDO("sudo", "ok") ",\"runas\":\"root\",\"session\":\"aaaaaaaa\"");
	week_is_over();
	assert_int_equal(agent_of("builder-7")->sessions[0].how, SESSION_LOST);
	assert_int_equal(agent_of("builder-7")->sessions[0].end, WEEK + 3 * HOUR);
	assert_int_equal(agent_of("builder-7")->sessions[1].how, SESSION_LIVE);
	assert_int_equal(agent_of("builder-7")->sessions[1].end, NOW);
}

TEST(a_session_that_began_before_the_span_is_drawn_and_not_counted_as_begun_in_it, week)
{
	seen_session(WEEK - 2 * HOUR, WEEK + HOUR, "aaaaaaaa", "");
	seen(WEEK + 2 * HOUR, CLOSED ",\"agent\":\"builder-7\",\"session\":\"cccccccc\"");
	seen_session(WEEK - 4 * HOUR, WEEK - 3 * HOUR, "dddddddd", "");
	week_is_over();
	assert_int_equal(agent_of("builder-7")->n_sessions, 2);
	assert_true(agent_of("builder-7")->sessions[0].began_before);
	assert_true(agent_of("builder-7")->sessions[1].began_before);
	assert_int_equal(reported.report.n[N_SESSIONS], 0);
	assert_int_equal(agent_of("builder-7")->busy, 3 * HOUR);
}

TEST(a_session_that_is_closed_behind_the_span_ends_with_the_span, week)
{
	reported.report.now = NOW + DAY;
	seen_session(NOW - HOUR, NOW + HOUR, "aaaaaaaa", "");
	week_is_over();
	assert_int_equal(agent_of("builder-7")->sessions[0].end, NOW);
	assert_int_equal(agent_of("builder-7")->sessions[0].how, SESSION_CLOSED);
}

TEST(a_command_of_the_plugin_ran_and_one_of_pam_alone_was_asked, week)
{
	seen(WEEK + 1,
	     SUDO("sudo", "ok") ",\"runas\":\"root\",\"role\":\"deploy\",\"on_behalf_of\":\"alice\"");
	seen(WEEK + 2, SUDO("sudo-asked", "ok"));
	seen(WEEK + 3, SUDO("sudo-asked", "ok") ",\"asked_only\":true");
	seen(WEEK + 4, SUDO("sudo", "ok")); /* of a version without the plugin */
	seen(WEEK + 5, SUDO("sudo-asked", "denied"));
	seen(WEEK + 6, SUDO("sudo-exit", "ok") ",\"status\":0");
	seen(WEEK + 7, SUDO("sudo-exit", "ok") ",\"status\":3");
	seen(WEEK + 8, SUDO("sudo-exit", "ok") ",\"signal\":9");
	week_is_over();
	assert_int_equal(reported.report.n[N_RAN], 1);
	assert_int_equal(reported.report.n[N_ASKED], 2);
	assert_int_equal(reported.report.n[N_REFUSED], 1);
	assert_int_equal(reported.report.failed, 2);
	assert_int_equal(row_of(&reported.report.roles, "deploy")->n[N_RAN], 1);
	assert_int_equal(row_of(&reported.report.users, "alice")->n[N_RAN], 1);
	assert_int_equal(row_of(&reported.report.commands, "/bin/true")->n[N_RAN], 1);
}

TEST(a_line_that_stands_for_many_refusals_counts_as_many, week)
{
	seen(WEEK + 1, REFUSED("expired"));
	seen(WEEK + 2, REFUSED("expired") ",\"count\":40");
	seen(WEEK + 3, REFUSED("replayed") ",\"count\":-7");
	seen(WEEK + 4, REFUSED("bad_signature") ",\"count\":9223372036854775807");
	week_is_over();
	assert_int_equal(row_of(&reported.report.reasons, "expired")->n[N_REFUSED], 41);
	assert_int_equal(row_of(&reported.report.reasons, "replayed")->n[N_REFUSED], 1);
	assert_int_equal(row_of(&reported.report.reasons, "bad_signature")->n[N_REFUSED], 1000000);
}

TEST(each_bar_has_the_logins_and_the_refusals_of_its_time, week)
{
	struct report *r = &reported.report;
	uint64_t logins = 0, denials = 0;

	assert_int_equal(r->bar, 3 * HOUR);
	assert_true(r->n_bars <= REPORT_BARS_MAX);
	seen_session(WEEK, WEEK + 60, "aaaaaaaa", "");
	seen(NOW - 1, REFUSED("expired"));
	week_is_over();
	for (size_t i = 0; i < r->n_bars; i++) {
		logins += r->logins[i];
		denials += r->denials[i];
	}
	assert_int_equal(logins, 1);
	assert_int_equal(denials, 1);
	assert_int_equal(r->logins[0], 1);
	assert_int_equal(r->denials[r->n_bars - 1], 1);
}

TEST(every_span_has_bars_that_fit, week)
{
	static const int64_t spans[] = {1, 59, 3600, DAY, 2 * DAY, 13 * DAY, 90 * DAY, 400 * DAY, 7000 * DAY};

	for (size_t i = 0; i < COUNT(spans); i++) {
		struct report r = {
		    .since = NOW - spans[i], .until = NOW, .now = NOW, .facts = &reported.facts};
		struct gather g;

		gather_begin(&g, &r, DAY, NULL);
		assert_in_range(r.n_bars, 1, REPORT_BARS_MAX);
		assert_true(r.bars_from <= r.since);
		assert_true((r.until - 1 - r.bars_from) / r.bar < (int64_t)r.n_bars);
	}
}

TEST(what_is_before_at_and_behind_the_span_counts_where_it_belongs, week)
{
	seen(WEEK - 1, REFUSED("expired"));
	seen(WEEK, REFUSED("expired"));
	seen(NOW - 1, REFUSED("expired"));
	seen(NOW, REFUSED("expired"));
	week_is_over();
	assert_int_equal(reported.report.n[N_REFUSED], 2);
	assert_int_equal(reported.report.records, 2);
}

TEST(a_request_is_answered_by_its_number_and_its_time_is_taken, week)
{
#define STEP(step, more) \
	"\"event\":\"approval\",\"agent\":\"builder-7\",\"result\":\"ok\",\"reason\":\"ok\",\"step\":" \
	"\"" step "\"," more
	const struct report_approvals *a = &reported.report.approvals;

	seen(WEEK + 1, STEP("requested", "\"request\":\"a1\""));
	seen(WEEK + 2, STEP("requested", "\"request\":\"b2\""));
	seen(WEEK + 12, STEP("approved", "\"request\":\"b2\",\"by\":\"alice\""));
	seen(WEEK + 31, STEP("denied", "\"request\":\"a1\",\"by\":\"bob\""));
	seen(WEEK + 40,
	     STEP("approved", "\"request\":\"c3\",\"by\":\"alice\"")); /* asked before the log begins */
	seen(WEEK + 50, STEP("timeout", "\"request\":\"d4\""));
	seen(WEEK + 51, STEP("withdrawn", "\"request\":\"e5\""));
	week_is_over();
	assert_int_equal(a->asked, 2);
	assert_int_equal(a->approved, 2);
	assert_int_equal(a->denied, 1);
	assert_int_equal(a->timeout, 1);
	assert_int_equal(a->withdrawn, 1);
	assert_int_equal(a->n_waits, 2);
	assert_int_equal(a->waits[0], 10);
	assert_int_equal(a->waits[1], 30);
	assert_int_equal(row_of(&a->by, "alice")->n[N_APPROVED], 2);
	assert_int_equal(row_of(&a->by, "bob")->n[N_DENIED], 1);
}

TEST(what_is_no_record_is_counted_as_that_and_as_nothing_else, week)
{
	json_t *bad[] = {json_object(), json_pack("{s:s}", "time", "yesterday"),
			 json_pack("{s:i, s:s}", "time", 7, "event", "auth"),
			 json_pack("{s:s}", "time", "2027-01-14T08:00:00.000000Z")};

	for (size_t i = 0; i < COUNT(bad); i++) {
		gather_record(&reported.gather, bad[i]);
		json_decref(bad[i]);
	}
	seen(NOW - DAY,
	     "\"event\":\"of-a-later-version\",\"agent\":17,\"roles\":\"no list\",\"count\":\"many\"");
	seen(NOW - DAY,
	     OPENED ",\"roles\":[1,null,{}],\"session\":7,\"agent\":\"builder-7\",\"on_behalf_of\":[]");
	week_is_over();
	assert_int_equal(reported.report.invalid, COUNT(bad));
	assert_int_equal(reported.report.records, 2);
	assert_int_equal(reported.report.n[N_SESSIONS], 1);
}

TEST(a_million_names_take_the_memory_of_some_thousands, week)
{
	char members[200];

	for (int i = 0; i < 20000; i++) {
		(void)snprintf(
		    members, sizeof(members),
		    OPENED ",\"agent\":\"a%d\",\"session\":\"%d\",\"on_behalf_of\":\"u%d\",\"rhost\":\"h%d\"",
		    i, i, i, i);
		seen(WEEK + i, members);
	}
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(members, sizeof(members), ",\"rhost\":\"h%d\"", i);
		seen_session(WEEK + 30000 + i, WEEK + 30001 + i, "aaaaaaaa", members);
	}
	week_is_over();
	assert_int_equal(reported.report.agents.n, REPORT_AGENTS);
	assert_int_equal(reported.report.users.n, REPORT_NAMES);
	assert_int_equal(reported.report.users.rest.n[N_SESSIONS], 20000 - REPORT_NAMES);
	assert_int_equal(reported.report.n[N_SESSIONS], 21000);
	assert_true(reported.gather.open.cap <= 2 * OPEN_SESSIONS_MAX);
}

TEST(an_agent_with_very_many_sessions_keeps_some_and_counts_the_others, week)
{
	char id[16];

	for (int i = 0; i < 1000; i++) {
		(void)snprintf(id, sizeof(id), "%08x", (unsigned)i);
		seen_session(WEEK + i * 600, WEEK + i * 600 + 300, id,
			     i % 2 ? ",\"rhost\":\"a\"" : ",\"rhost\":\"b\"");
	}
	week_is_over();
	assert_int_equal(agent_of("builder-7")->n_sessions, REPORT_KEPT);
	assert_int_equal(agent_of("builder-7")->more_sessions, 1000 - REPORT_KEPT);
	assert_int_equal(agent_of("builder-7")->busy, 1000 * 300);
	assert_true(sum_of(agent_of("builder-7")->open) >= 1000);
}

TEST(a_long_name_is_cut_where_a_character_ends)
{
	struct tally t = {.max = 2};
	char name[400];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	memcpy(name + TALLY_NAME_MAX - 1, "\xc3\xa9", 2); /* over the edge */
	assert_int_equal(strlen(tally_row(&t, name)->name), TALLY_NAME_MAX - 1 + 3);
	assert_ptr_equal(tally_row(&t, name), &t.v[0]);
	assert_ptr_equal(tally_row(&t, "another"), &t.v[1]);
	assert_ptr_equal(tally_row(&t, "one too many"), &t.rest);
	tally_free(&t);
}

TEST(times_and_numbers_are_said_as_people_say_them)
{
	char words[WORDS_TIME], other[WORDS_TIME];

	words_minute(NOW, words);
	assert_string_equal(words, "Fri 15 Jan 08:00");
	words_dates(NOW - 7 * DAY, NOW, words, other);
	assert_string_equal(words, "8");
	assert_string_equal(other, "15 January 2027");
	words_dates(NOW - 60 * DAY, NOW, words, other);
	assert_string_equal(words, "16 November 2026");
	words_span(2 * DAY + 4 * HOUR, words);
	assert_string_equal(words, "2 d 4 h");
	words_span(0, words);
	assert_string_equal(words, "0 s");
	words_number(1234567, words);
	assert_string_equal(words, "1,234,567");
	words_minute(INT64_MAX, words);
	assert_string_equal(words, "?");
}
