/* SPDX-License-Identifier: Apache-2.0 */
/* test_ran.c: what is written of an agent's sudo, and that nothing is of a person's. */
#include <config.h>

#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/state/last_use.h"
#include "common/state/session.h"
#include "common/verify/command.h"
#include "common/verify/verdict.h"
#include "sudo/described.h"
#include "sudo/ran.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/support_users.h"
#include "tests/unit/support/test.h"

struct house {
	struct support_site *site;
	struct aa_session *session;
	struct aa_sudo sudo;
	struct aa_ran ran;
};

static char name[] = "true";
static char *argv_of_true[] = {name, NULL};

static void open_session(struct house *h, int64_t now)
{
	struct aa_policy *policy = support_policy(h->site);
	struct aa_agent *agent = support_agent(policy, "builder-7");
	struct aa_login login = support_login(h->site, now);
	struct aa_verdict v = {0};

	support_verify(h->site, &login, support_bent_assertion(now, "task", "\"nightly\""), &v);
	assert_int_equal(v.reason, AA_OK);
	assert_int_equal(aa_session_create(h->site->rundir, agent, &login, &v, now + 3600, &h->session),
			 AA_OK);
	assert_int_equal(aa_session_open(h->site->rundir, h->session, now), 0);
	aa_verdict_clear(&v);
	aa_agent_free(agent);
	aa_policy_close(policy);
}

static int setup(void **state)
{
	static struct house h;
	int64_t now = time(NULL);

	h = (struct house){.site = support_site_new(now)};
	support_set(h.site, "role:deploy", "sudo", "[\"(root) /usr/bin/true\"]");
	support_site_publish(h.site);
	open_session(&h, now);
	h.sudo = (struct aa_sudo){.statedir = h.site->statedir,
				  .rundir = h.site->rundir,
				  .logdir = h.site->logdir,
				  .uid = SITE_UID,
				  .user = "builder-7",
				  .cwd = "/srv/a b",
				  .command = "/usr/bin/true",
				  .target = "root",
				  .argv = argv_of_true};
	*state = &h;
	return 0;
}

static int teardown(void **state)
{
	struct house *h = *state;

	json_decref(h->ran.record);
	aa_session_free(h->session);
	support_site_free(h->site);
	return 0;
}

FIXTURE(here, setup, teardown);

/* The last line of the log, which the caller frees; NULL: there is none. */
static json_t *last_line(const struct house *h)
{
	const char *path = support_path(h->site->logdir, "audit.jsonl");
	struct stat st;
	size_t len;
	char *text, *end, *line;
	json_t *record;

	if (stat(path, &st) < 0)
		return NULL;
	text = support_read_file(path, &len);
	end = strrchr(text, '\n');
	assert_non_null(end);
	*end = '\0';
	line = strrchr(text, '\n');
	record = json_loads(line ? line + 1 : text, 0, NULL);
	free(text);
	return record;
}

static int64_t number(const json_t *record, const char *member)
{
	assert_true(json_is_integer(json_object_get(record, member)));
	return json_integer_value(json_object_get(record, member));
}

TEST(a_command_is_written_before_it_runs_and_when_it_has_ended, here)
{
	struct house *h = *state;
	json_t *line;

	assert_int_equal(aa_ran_begin(&h->ran, &h->sudo), AA_OK);
	line = last_line(h);
	assert_member(line, "event", "sudo");
	assert_member(line, "result", "ok");
	assert_member(line, "agent", "builder-7");
	assert_member(line, "command", "/usr/bin/true");
	assert_member(line, "directory", "'/srv/a b'");
	assert_member(line, "runas", "root");
	assert_member(line, "tty", "none");
	assert_member(line, "role", "deploy");
	assert_member(line, "task", "nightly");
	assert_member(line, "session", h->session->id);
	json_decref(line);
	aa_ran_end(&h->ran, &h->sudo, 7 << 8, NULL);
	line = last_line(h);
	assert_member(line, "event", "sudo-exit");
	assert_member(line, "command", "/usr/bin/true");
	assert_int_equal(number(line, "status"), 7);
	json_decref(line);
}

TEST(the_end_is_written_once, here)
{
	struct house *h = *state;
	int64_t seq;
	json_t *line;

	assert_int_equal(aa_ran_begin(&h->ran, &h->sudo), AA_OK);
	aa_ran_end(&h->ran, &h->sudo, 9, NULL);
	line = last_line(h);
	assert_int_equal(number(line, "signal"), 9);
	seq = number(line, "seq");
	json_decref(line);
	aa_ran_end(&h->ran, &h->sudo, 0, NULL);
	line = last_line(h);
	assert_int_equal(number(line, "seq"), seq);
	json_decref(line);
}

TEST(a_command_of_the_commands_is_told_from_the_first, here)
{
	struct house *h = *state;
	json_t *line;

	assert_int_equal(aa_ran_begin(&h->ran, &h->sudo), AA_OK);
	line = last_line(h);
	assert_null(json_object_get(line, "within"));
	json_decref(line);
	h->sudo.command = "/usr/bin/false";
	assert_int_equal(aa_ran_begin(&h->ran, &h->sudo), AA_OK);
	line = last_line(h);
	assert_true(json_is_true(json_object_get(line, "within")));
	assert_null(json_object_get(line, "role")); /* no rule covers it */
	json_decref(line);
	aa_ran_end(&h->ran, &h->sudo, 0, NULL);
	line = last_line(h);
	assert_member(line, "command", "/usr/bin/true");
	json_decref(line);
}

TEST(what_sudo_refuses_and_cannot_do_is_written_in_its_words, here)
{
	struct house *h = *state;
	json_t *line;

	aa_ran_refused(&h->sudo, AA_SUDO_DENIED, "command not allowed\n");
	line = last_line(h);
	assert_member(line, "event", "sudo");
	assert_member(line, "result", "denied");
	assert_member(line, "reason", "sudo_denied");
	assert_member(line, "why", "command not allowed\\x0a");
	assert_null(json_object_get(line, "role"));
	json_decref(line);
	assert_int_equal(aa_ran_begin(&h->ran, &h->sudo), AA_OK);
	aa_ran_end(&h->ran, &h->sudo, 0, "No such file or directory");
	line = last_line(h);
	assert_member(line, "event", "sudo-exit");
	assert_member(line, "result", "error");
	assert_member(line, "reason", "sudo_failed");
	assert_null(json_object_get(line, "status"));
	json_decref(line);
}

TEST(outside_of_a_session_the_command_is_written_too, here)
{
	struct house *h = *state;
	json_t *line;

	h->sudo.rundir = h->site->keysdir;
	assert_int_equal(aa_ran_begin(&h->ran, &h->sudo), AA_OK);
	line = last_line(h);
	assert_member(line, "agent", "builder-7");
	assert_null(json_object_get(line, "session"));
	json_decref(line);
}

TEST(a_command_of_which_there_can_be_no_line_is_refused, here)
{
	struct house *h = *state;

	assert_int_equal(chmod(h->site->logdir, 0777), 0);
	assert_int_equal(aa_ran_begin(&h->ran, &h->sudo), AA_AUDIT_UNAVAILABLE);
	assert_int_equal(aa_last_use(h->site->statedir, AA_USE_SUDO, "builder-7"), 0);
	support_set(h->site, "host", "audit_failure", "\"warn\"");
	support_site_publish(h->site);
	assert_int_equal(aa_ran_begin(&h->ran, &h->sudo), AA_OK);
	assert_true(aa_last_use(h->site->statedir, AA_USE_SUDO, "builder-7") > 0);
	assert_int_equal(chmod(h->site->logdir, 0700), 0);
}

TEST(a_persons_is_not_written_and_not_refused, here)
{
	struct house *h = *state;

	assert_true(aa_ran_is_agents(&h->sudo));
	h->sudo.uid = 1001;
	h->sudo.user = "alice";
	assert_false(aa_ran_is_agents(&h->sudo));
	assert_int_equal(chmod(h->site->logdir, 0777), 0);
	assert_int_equal(aa_ran_begin(&h->ran, &h->sudo), AA_OK);
	aa_ran_refused(&h->sudo, AA_SUDO_DENIED, "no");
	assert_null(h->ran.record);
	aa_ran_end(&h->ran, &h->sudo, 0, NULL);
	assert_null(last_line(h));
	h->sudo.uid = 0;
	assert_false(aa_ran_is_agents(&h->sudo));
	assert_int_equal(chmod(h->site->logdir, 0700), 0);
}

/* ---- what sudo says of a command -------------------------------------------------------------- */

TEST(sudos_lists_are_read)
{
	static char user[] = "user=builder-7", uid[] = "uid=70007", cwd[] = "cwd=/home",
		    tty[] = "tty=", command[] = "command=/usr/bin/true", runas[] = "runas_uid=0",
		    group[] = "runas_gid=4294967000", inside[] = "cwd=/tmp", bad[] = "uid=x";
	char *const info[] = {user, uid, cwd, tty, NULL}, *const no_uid[] = {user, bad, NULL};
	char *const what[] = {command, runas, group, inside, NULL}, *const less[] = {runas, NULL};
	struct aa_described texts;
	struct aa_audit_command record;
	struct aa_sudo sudo;

	assert_false(aa_described_caller(&sudo, NULL));
	assert_false(aa_described_caller(&sudo, no_uid));
	assert_true(aa_described_caller(&sudo, info));
	assert_int_equal(sudo.uid, 70007);
	assert_false(aa_described_command(&sudo, less, argv_of_true));
	assert_true(aa_described_command(&sudo, what, argv_of_true));
	record = aa_described_record(&sudo, &texts);
	assert_string_equal(record.line, "/usr/bin/true");
	assert_string_equal(record.directory, "/tmp");
	assert_string_equal(record.tty, "none");
	assert_string_equal(record.runas, "root:#4294967000");
}
