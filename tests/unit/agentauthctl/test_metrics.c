/* SPDX-License-Identifier: Apache-2.0 */
/* test_metrics.c: how series are written, and how the audit log is followed from one run to the next. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/support/test.h"
#include "common/state/audit.h"
#include "tools/agentauthctl/metrics/metrics_state.h"
#include "tools/agentauthctl/metrics/series.h"

/* ---- series -------------------------------------------------------------- */

static json_t *set;

static int make_set(void **state)
{
	(void)state;
	set = json_object();
	return 0;
}

static int drop_set(void **state)
{
	(void)state;
	json_decref(set);
	return 0;
}

FIXTURE(series, make_set, drop_set);

static void assert_in_text(const char *line)
{
	struct buffer text = {0};

	series_text(set, &text);
	if (!strstr(text.data, line))
		fail_msg("no line %s in %s", line, text.data);
	buffer_free(&text);
}

TEST(a_label_is_escaped_whatever_it_holds, series)
{
	(void)state;
	series_add(set, 1, "build_info", "version", "a\"b\\c\nd} 2", NULL);
	assert_in_text("\nagentauth_build_info{version=\"a\\\"b\\\\c\\nd} 2\"} 1\n");
}

TEST(series_of_one_name_stand_below_their_help_and_type, series)
{
	(void)state;
	series_set(set, 3, "agents", "state", "active", NULL);
	series_set(set, 2, "agents_expiring", NULL);
	series_set(set, 4, "agents", "state", "active", NULL);
	assert_in_text("# TYPE agentauth_agents gauge\nagentauth_agents{state=\"active\"} 4\n# HELP "
		       "agentauth_agents_expiring ");
	assert_in_text("# TYPE agentauth_agents_expiring gauge\nagentauth_agents_expiring 2\n");
}

TEST(a_histogram_counts_up_to_its_bounds_and_sums_in_seconds, series)
{
	(void)state;
	series_observe(set, 1000, 1, false, "decision_duration_seconds", "event", "auth");
	series_observe(set, 1001, 2, false, "decision_duration_seconds", "event", "auth");
	assert_in_text("_bucket{event=\"auth\",le=\"0.0005\"} 0\n");
	assert_in_text("_bucket{event=\"auth\",le=\"0.001\"} 1\n");
	assert_in_text("_bucket{event=\"auth\",le=\"0.0025\"} 3\n");
	assert_in_text("_bucket{event=\"auth\",le=\"+Inf\"} 3\n");
	assert_in_text("_sum{event=\"auth\"} 0.003002\n");
	assert_in_text("_count{event=\"auth\"} 3\n");
}

TEST(there_are_never_more_series_than_the_most, series)
{
	char name[16];

	(void)state;
	for (int i = 0; i < SERIES_MAX + 10; i++) {
		(void)snprintf(name, sizeof(name), "a%d", i);
		series_add(set, 1, "agent_logins_total", "agent", name, NULL);
	}
	assert_int_equal(json_object_size(set), SERIES_MAX);
	series_add(set, 1, "agent_logins_total", "agent", "a0", NULL);
	assert_in_text("agentauth_agent_logins_total{agent=\"a0\"} 2\n");
}

/* ---- following the log --------------------------------------------------- */

struct log {
	char dir[32];
	struct metrics_state state;
	struct problems problems;
	struct log_follow follow;
};

static int make_log(void **state)
{
	struct log *log = calloc(1, sizeof(*log));

	strcpy(log->dir, "/tmp/metrics-XXXXXX");
	assert_non_null(mkdtemp(log->dir));
	(void)metrics_state_read(-1, geteuid(), &log->state);
	*state = log;
	return 0;
}

static int drop_log(void **state)
{
	struct log *log = *state;
	char *command = xasprintf("rm -rf %s", log->dir);

	assert_int_equal(system(command), 0);
	free(command);
	metrics_state_free(&log->state);
	problems_free(&log->problems);
	free(log);
	return 0;
}

FIXTURE(log, make_log, drop_log);

static void append(const struct log *log, const char *step, const char *request)
{
	const struct aa_audit audit = {.logdir = log->dir, .host = "h", .owner = geteuid(), .quiet = true};

	assert_int_equal(aa_audit_append(&audit, json_pack("{s:s, s:s, s:s, s:s}", "event", "approval",
							   "step", step, "request", request, "result", "ok")),
			 AA_OK);
}

static void append_raw(const struct log *log, const char *text)
{
	char *path = xasprintf("%s/audit.jsonl", log->dir);
	FILE *f = fopen(path, "ae");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	free(path);
}

static bool go_on(struct log *log)
{
	static struct progress progress = {.off = true};

	log->follow = (struct log_follow){.logdir = log->dir,
					  .log = &log_decisions,
					  .owner = geteuid(),
					  .problems = &log->problems,
					  .progress = &progress};
	return metrics_state_go_on(&log->state, &log->follow, NOW);
}

static void assert_count(const struct log *log, const char *key, int64_t n)
{
	assert_int_equal(json_integer_value(json_object_get(log->state.count.series, key)), n);
}

TEST(each_line_is_counted_once_and_no_fault_is_found, log)
{
	struct log *log = *state;

	assert_true(go_on(log)); /* before there is a log */
	for (int i = 1; i <= 3; i++) {
		append(log, "requested", "000001");
		assert_true(go_on(log));
		assert_true(go_on(log));
		assert_count(log, "agentauth_audit_lines_total", i);
		assert_int_equal(log->follow.walk.n_faults, 0);
	}
	assert_count(log, "agentauth_approvals_total{step=\"requested\"}", 3);
}

TEST(how_long_a_person_took_is_known_of_requests_that_were_seen, log)
{
	struct log *log = *state;

	append(log, "requested", "000001");
	assert_true(go_on(log));
	append(log, "approved", "000001");
	append(log, "denied", "000002");
	assert_true(go_on(log));
	assert_count(log, "agentauth_approval_wait_seconds_count{step=\"approved\"}", 1);
	assert_count(log, "agentauth_approval_wait_seconds_bucket{step=\"approved\",le=\"5\"}", 1);
	assert_count(log, "agentauth_approval_wait_seconds_count{step=\"denied\"}", 0);
	assert_count(log, "agentauth_approvals_total{step=\"denied\"}", 1);
	assert_int_equal(json_object_size(log->state.count.requests), 0);
}

TEST(a_line_that_is_not_whole_yet_is_read_when_it_is, log)
{
	struct log *log = *state;

	append(log, "requested", "000001");
	append_raw(log, "{\"time\":\"2027-01-15T08:00:00.000000Z\",\"seq\":2,");
	assert_true(go_on(log));
	assert_count(log, "agentauth_audit_lines_total", 1);
	append_raw(log, "\n");
	assert_true(go_on(log));
	assert_count(log, "agentauth_audit_lines_total", 2);
	assert_count(log, "agentauth_audit_torn_total", 1);
	append(log, "approved", "000001");
	assert_true(go_on(log));
	assert_count(log, "agentauth_audit_lines_total", 3);
}

TEST(a_log_that_others_could_have_written_is_not_read_and_the_place_stays, log)
{
	struct log *log = *state;
	char *path = xasprintf("%s/audit.jsonl", log->dir);

	append(log, "requested", "000001");
	assert_true(go_on(log));
	append(log, "requested", "000001");
	assert_int_equal(chmod(path, 0666), 0);
	assert_false(go_on(log));
	assert_int_equal(log->problems.errors, 1);
	assert_count(log, "agentauth_audit_lines_total", 1);
	assert_int_equal(chmod(path, 0600), 0);
	assert_true(go_on(log));
	assert_count(log, "agentauth_audit_lines_total", 2);
	free(path);
}

TEST(a_line_that_was_taken_out_before_it_was_read_is_missing, log)
{
	struct log *log = *state;
	char *command = xasprintf("sed -i 2d %s/audit.jsonl", log->dir);

	append(log, "requested", "000001");
	assert_true(go_on(log));
	append(log, "requested", "000002");
	append(log, "requested", "000003");
	assert_int_equal(system(command), 0);
	assert_true(go_on(log));
	assert_count(log, "agentauth_audit_faults_total{kind=\"removed\"}", 1);
	assert_int_equal(log->state.fault_at, NOW);
	free(command);
}
