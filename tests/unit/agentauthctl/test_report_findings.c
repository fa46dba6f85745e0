/* SPDX-License-Identifier: Apache-2.0 */
/* test_report_findings.c: what a report finds, beside what differs in one thing and is not found. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/agentauthctl/report_steps.h"

FIXTURE(week, week_begins, week_ends);

/* Sessions at eight in the morning, on each of these days before the span. */
static void morning_sessions(int days)
{
	for (int i = days; i > 0; i--) {
		char id[16];

		(void)snprintf(id, sizeof(id), "%08x", (unsigned)i);
		seen_session(WEEK - i * DAY, WEEK - i * DAY + 600, id, ",\"rhost\":\"192.0.2.1\"");
	}
}

static void refusals(int n, int64_t apart)
{
	for (int i = 0; i < n; i++)
		seen(WEEK + HOUR + i * apart, REFUSED("bad_signature"));
}

TEST(ten_refusals_within_ten_minutes_are_a_burst, week)
{
	refusals(10, 60);
	week_is_over();
	assert_int_equal(found("burst-of-denials"), 1);
	assert_int_equal(reported.report.findings[0].weight, FINDING_NOW);
	assert_string_equal(reported.report.findings[0].title,
			    "builder-7 was refused 10 times within 10 minutes");
	assert_string_equal(
	    reported.report.findings[0].command,
	    "agentauthctl audit show --agent builder-7 --result denied --why --since 2027-01-08T09:00 "
	    "--until 2027-01-08T09:10");
}

TEST(nine_refusals_are_no_burst, week)
{
	refusals(9, 60);
	week_is_over();
	assert_int_equal(found("burst-of-denials"), 0);
}

TEST(refusals_that_come_slowly_are_no_burst, week)
{
	refusals(30, 120);
	week_is_over();
	assert_int_equal(found("burst-of-denials"), 0);
}

TEST(the_name_of_an_agent_cannot_become_another_word_of_the_command, week)
{
	for (int i = 0; i < 10; i++)
		seen(WEEK + i, "\"event\":\"auth\",\"result\":\"denied\",\"reason\":\"expired\",\"agent\":"
			       "\"a; reboot\"");
	week_is_over();
	assert_non_null(strstr(reported.report.findings[0].command, "--agent 'a; reboot' --result"));
}

TEST(an_address_is_new_where_the_agent_came_from_others_before, week)
{
	morning_sessions(3);
	seen_session(WEEK + HOUR, WEEK + 2 * HOUR, "aaaaaaaa", ",\"rhost\":\"203.0.113.9\"");
	week_is_over();
	assert_int_equal(found("new-source"), 1);
	assert_string_equal(reported.report.findings[0].detail, "203.0.113.9.");
}

TEST(an_address_is_not_new_where_the_agent_came_from_it_before_or_was_never_there, week)
{
	morning_sessions(3);
	seen_session(WEEK + HOUR, WEEK + 2 * HOUR, "aaaaaaaa", ",\"rhost\":\"192.0.2.1\"");
	seen(WEEK + HOUR,
	     OPENED ",\"agent\":\"newcomer\",\"session\":\"bbbbbbbb\",\"rhost\":\"203.0.113.9\"");
	week_is_over();
	assert_int_equal(found("new-source"), 0);
}

TEST(an_hour_is_unusual_for_an_agent_that_never_began_near_it, week)
{
	morning_sessions(25);
	seen_session(WEEK + 19 * HOUR, WEEK + 20 * HOUR, "aaaaaaaa", ",\"rhost\":\"192.0.2.1\"");
	week_is_over();
	assert_int_equal(found("unusual-hour"), 1);
}

TEST(an_hour_beside_the_usual_one_is_not_unusual, week)
{
	morning_sessions(25);
	seen_session(WEEK + HOUR, WEEK + 2 * HOUR, "aaaaaaaa", ",\"rhost\":\"192.0.2.1\"");
	seen_session(WEEK - HOUR + DAY, WEEK + DAY, "bbbbbbbb", ",\"rhost\":\"192.0.2.1\"");
	week_is_over();
	assert_int_equal(found("unusual-hour"), 0);
}

TEST(no_hour_is_unusual_for_an_agent_that_is_hardly_known, week)
{
	morning_sessions(19);
	seen_session(WEEK + 12 * HOUR, WEEK + 13 * HOUR, "aaaaaaaa", ",\"rhost\":\"192.0.2.1\"");
	week_is_over();
	assert_int_equal(found("unusual-hour"), 0);
}

/* ---- what the log says of itself ------------------------------------------- */

#define LOG(found, more) \
	"\"event\":\"log\",\"service\":\"agentauth\",\"result\":\"error\",\"reason\":\"internal\"," \
	"\"found\":\"" found "\"" more

TEST(lines_that_the_log_misses_or_could_not_take_are_found_and_a_clock_is_neither, week)
{
	seen(WEEK + HOUR, LOG("log_gone", ""));
	seen(WEEK + 2 * HOUR, LOG("log_cut", ",\"lines\":4"));
	seen(WEEK + 3 * HOUR, LOG("not_written", ",\"lines\":12"));
	seen(WEEK + 4 * HOUR, LOG("clock_back", ""));
	week_is_over();
	assert_int_equal(found("log-lost-lines"), 1);
	assert_int_equal(found("log-not-written"), 1);
	assert_int_equal(reported.report.gone.times, 2);
	assert_int_equal(reported.report.unwritten.lines, 12);
	assert_string_equal(reported.report.findings[0].title,
			    "Lines of the log were gone when it went on, 2 times");
}

TEST(what_the_log_said_of_itself_before_the_span_is_not_found, week)
{
	seen(WEEK - HOUR, LOG("log_gone", ""));
	seen(WEEK - HOUR, LOG("not_written", ",\"lines\":12"));
	seen(WEEK - HOUR, "\"event\":\"exec-lost\",\"service\":\"record\",\"result\":\"error\",\"count\":3");
	week_is_over();
	assert_int_equal(found("log-lost-lines") + found("log-not-written") + found("programs-lost"), 0);
}

TEST(programs_that_the_recorder_lost_are_found, week)
{
	seen(WEEK + HOUR, "\"event\":\"exec-lost\",\"service\":\"record\",\"result\":\"error\",\"count\":3");
	seen(WEEK + HOUR, "\"event\":\"exec-gap\",\"service\":\"record\",\"result\":\"error\"");
	seen(WEEK + HOUR, "\"event\":\"exec-mark\",\"service\":\"record\",\"result\":\"ok\"");
	week_is_over();
	assert_int_equal(found("programs-lost"), 1);
	assert_int_equal(reported.report.programs.times, 2);
	assert_int_equal(reported.report.programs.lines, 3);
}

/* ---- roles ----------------------------------------------------------------- */

static struct report_role roles[] = {
    {(char[]){"deploy"}, true, 2}, {(char[]){"logs"}, false, 1}, {(char[]){"spare"}, true, 0}};

TEST(a_role_with_sudo_that_no_command_ran_by_is_not_used, week)
{
	reported.facts.roles = roles;
	reported.facts.n_roles = COUNT(roles);
	morning_sessions(3); /* with the role deploy, and without a command */
	week_is_over();
	assert_int_equal(found("role-unused"), 2);
	assert_string_equal(reported.report.findings[0].title, "Nobody used the role deploy: it may go");
	assert_string_equal(reported.report.findings[1].title, "Nobody used the role logs: it may go");
}

TEST(a_role_is_used_by_a_command_before_the_span_or_without_sudo_by_a_session, week)
{
	reported.facts.roles = roles;
	reported.facts.n_roles = COUNT(roles);
	seen(WEEK - DAY, SUDO("sudo", "ok") ",\"runas\":\"root\",\"role\":\"deploy\"");
	seen(WEEK + DAY,
	     "\"event\":\"session-open\",\"result\":\"ok\",\"agent\":\"reader\",\"roles\":[\"logs\"]");
	week_is_over();
	assert_int_equal(found("role-unused"), 0);
}

TEST(nothing_is_said_of_roles_by_a_log_of_some_days, week)
{
	reported.facts.roles = roles;
	reported.facts.n_roles = COUNT(roles);
	seen(NOW - DAY, REFUSED("expired"));
	week_is_over();
	assert_int_equal(found("role-unused"), 0);
}

/* ---- agents and keys --------------------------------------------------------- */

static struct report_known known(const char *name, int64_t since, int64_t login, int64_t sudo)
{
	return (struct report_known){.name = (char *)(uintptr_t)name,
				     .roles = (char[]){""},
				     .active = true,
				     .may_sudo = true,
				     .since = since,
				     .last_login = login,
				     .last_sudo = sudo};
}

TEST(agents_and_keys_that_nobody_uses_are_found_and_new_or_used_ones_are_not, week)
{
	struct report_known agents[] = {known("never", NOW - 40 * DAY, 0, 0),
					known("long-ago", NOW - 300 * DAY, NOW - 31 * DAY, 0),
					known("sober", NOW - 300 * DAY, NOW - DAY, NOW - 91 * DAY),
					known("new", NOW - 29 * DAY, 0, 0),
					known("used", NOW - 300 * DAY, NOW - DAY, NOW - 89 * DAY),
					known("suspended", NOW - 300 * DAY, 0, 0)};
	struct report_key keys[] = {{(char[]){"used"}, (char[]){"old"}, NOW - 90 * DAY, 0},
				    {(char[]){"used"}, (char[]){"new"}, NOW - 9 * DAY, 0},
				    {(char[]){"used"}, (char[]){"in-use"}, NOW - 90 * DAY, NOW - DAY}};

	agents[5].active = false;
	reported.facts.known = agents;
	reported.facts.n_known = COUNT(agents);
	reported.facts.keys = keys;
	reported.facts.n_keys = COUNT(keys);
	week_is_over();
	assert_int_equal(reported.report.n_idle, 2);
	assert_int_equal(reported.report.n_sober, 1);
	assert_string_equal(reported.report.sober[0]->name, "sober");
	assert_int_equal(reported.report.n_stale, 1);
	assert_string_equal(reported.report.stale[0]->kid, "old");
	assert_int_equal(found("agent-unused"), 1);
	assert_int_equal(found("sudo-unused"), 1);
	assert_int_equal(found("key-unused"), 1);
}

TEST(nothing_is_said_of_what_is_unused_where_the_registry_cannot_be_read, week)
{
	struct report_known agent = known("never", NOW - 40 * DAY, 0, 0);

	reported.facts.known = &agent;
	reported.facts.n_known = 1;
	reported.facts.registry = false;
	week_is_over();
	assert_int_equal(found("agent-unused"), 0);
}

/* ---- the log ------------------------------------------------------------------- */

TEST(a_clock_that_was_set_back_or_ahead_is_told_and_two_writers_are_not, week)
{
	seen(WEEK + DAY, REFUSED("expired"));
	seen(WEEK + DAY - 2, REFUSED("expired"));
	week_is_over();
	assert_int_equal(found("clock-set-back"), 0);
	assert_int_equal(found("clock-ahead"), 0);
}

TEST(a_clock_that_was_set_back_is_told, week)
{
	seen(WEEK + 2 * DAY, OPENED ",\"agent\":\"builder-7\",\"session\":\"aaaaaaaa\"");
	seen(WEEK + DAY, CLOSED ",\"agent\":\"builder-7\",\"session\":\"aaaaaaaa\"");
	seen(NOW + DAY, REFUSED("expired"));
	week_is_over();
	assert_int_equal(found("clock-set-back"), 1);
	assert_int_equal(found("clock-ahead"), 1);
	assert_true(agent_of("builder-7")->sessions[0].end >= agent_of("builder-7")->sessions[0].start);
}

TEST(a_chain_that_does_not_fit_and_another_seal_come_first, week)
{
	refusals(10, 1);
	reported.report.faults = 1;
	reported.report.seal_differs = true;
	week_is_over();
	assert_string_equal(reported.report.findings[0].kind, "seal-differs");
	assert_string_equal(reported.report.findings[1].kind, "chain-broken");
	assert_string_equal(reported.report.findings[2].kind, "burst-of-denials");
}

TEST(requests_that_nobody_answered_are_told_and_answered_ones_are_not, week)
{
	reported.report.approvals.asked = 3;
	week_is_over();
	assert_int_equal(found("approval-timeout"), 0);
	reported.report.approvals.timeout = 1;
	findings_look(&reported.report);
	assert_int_equal(found("approval-timeout"), 1);
}
