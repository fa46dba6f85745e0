/* SPDX-License-Identifier: Apache-2.0 */
/* test_trace.c: the steps that a decision notes: those of its way, up to the one that refuses, and nothing written if dry. */
#include <config.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/state/admit.h"
#include "common/state/context.h"
#include "common/state/decision.h"
#include "common/state/failures.h"
#include "common/state/session.h"
#include "common/state/session_store.h"
#include "common/verify/command.h"
#include "common/verify/step.h"
#include "tests/unit/state/admit_steps.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"

struct noted {
	size_t n;
	struct {
		enum aa_step step;
		char subject[64];
		enum aa_reason reason;
	} v[64];
};

static struct noted notes;

static void note(void *data, enum aa_step step, const char *subject, enum aa_reason reason)
{
	struct noted *noted = data;

	assert_true(noted->n < sizeof(noted->v) / sizeof(noted->v[0]));
	noted->v[noted->n].step = step;
	snprintf(noted->v[noted->n].subject, sizeof(noted->v[0].subject), "%s", subject ? subject : "");
	noted->v[noted->n++].reason = reason;
}

static const struct aa_trace trace = {note, &notes};

/* Opens all anew, as it is published now, and forgets what was noted. */
static void look_again(struct fixture *f)
{
	notes.n = 0;
	reopen(f);
}

static int setup(void **state)
{
	struct fixture *f;

	(void)fixture_admitted.setup(state);
	f = *state;
	f->trace = &trace;
	f->dry = true;
	look_again(f);
	return 0;
}

static int teardown(void **state)
{
	return fixture_admitted.teardown(state);
}

FIXTURE(here, setup, teardown);

static bool has_noted(const struct noted *noted, enum aa_step step, const char *subject,
		      enum aa_reason reason)
{
	for (size_t i = 0; i < noted->n; i++)
		if (noted->v[i].step == step && noted->v[i].reason == reason &&
		    strcmp(noted->v[i].subject, subject) == 0)
			return true;
	return false;
}

/* Each step that was noted is one of the way, each of the way was noted, and all are AA_OK. */
static void assert_all_of(const struct noted *noted, unsigned way)
{
	for (size_t i = 0; i < noted->n; i++) {
		if (!aa_step_is_of(noted->v[i].step, way))
			fail_msg("%s is not of the way", aa_step_name(noted->v[i].step));
		assert_int_equal(noted->v[i].reason, AA_OK);
	}
	for (enum aa_step step = 0; step < AA_STEP_COUNT; step++) {
		bool found = false;

		for (size_t i = 0; i < noted->n; i++)
			found = found || noted->v[i].step == step;
		if (aa_step_is_of(step, way) && !found)
			fail_msg("%s is of the way, and was not noted", aa_step_name(step));
	}
}

static enum aa_reason admit(struct fixture *f, char *credential)
{
	struct aa_verdict v = {0};
	enum aa_reason reason;

	notes.n = 1; /* the account was noted as it was opened */
	reason = aa_admit_listen(&f->ctx, "builder-7", "10.1.2.3");
	if (reason == AA_OK) {
		aa_admit_credential(&f->ctx, f->agent, &f->login, credential, strlen(credential), &v);
		reason = v.reason;
	}
	if (reason == AA_OK)
		reason = aa_context_audit(&f->ctx, json_pack("{s:s}", "event", "auth"));
	aa_verdict_clear(&v);
	free(credential);
	return reason;
}

TEST(every_step_has_its_words, here)
{
	for (enum aa_step step = 0; step < AA_STEP_COUNT; step++) {
		assert_non_null(aa_step_name(step));
		assert_non_null(aa_step_sentence(step));
		assert_true(aa_step_is_of(step, ~0U));
		for (enum aa_step other = 0; other < step; other++)
			assert_string_not_equal(aa_step_name(step), aa_step_name(other));
	}
}

TEST(an_assertion_takes_the_steps_of_its_way, here)
{
	struct fixture *f = *state;

	assert_int_equal(admit(f, support_bent_assertion(f->now, "scope", "\"deploy audit\"")), AA_OK);
	assert_all_of(&notes, AA_WAY_ASSERTION);
	assert_true(has_noted(&notes, AA_STEP_ROLE, "deploy", AA_OK));
	assert_true(has_noted(&notes, AA_STEP_ROLE, "audit", AA_OK));
}

TEST(a_token_takes_the_steps_of_its_way, here)
{
	struct fixture *f = *state;

	assert_int_equal(admit(f, support_bent_token(f->now, "", NULL)), AA_OK);
	assert_all_of(&notes, AA_WAY_TOKEN);
}

TEST(before_a_credential_there_are_the_steps_that_need_none, here)
{
	struct fixture *f = *state;
	struct aa_verdict v = {0};

	assert_int_equal(aa_admit_listen(&f->ctx, "builder-7", "10.1.2.3"), AA_OK);
	aa_admit_awaited(&f->ctx, f->agent, &f->login, "deploy audit", "user-alice", &v);
	assert_int_equal(v.reason, AA_OK);
	assert_int_equal(v.roles.n, 1); /* deploy alone is delegable */
	assert_int_equal(aa_context_audit(&f->ctx, json_object()), AA_OK);
	for (size_t i = 0; i < notes.n; i++) /* the other one is left out */
		if (notes.v[i].step == AA_STEP_ROLE)
			notes.v[i].reason = AA_OK;
	assert_all_of(&notes, AA_WAY_AWAITED);
	notes.n = 0;
	aa_admit_awaited(&f->ctx, f->agent, &f->login, NULL, "bob", &v);
	assert_int_equal(v.reason, AA_DELEGATION_DENIED);
	assert_int_equal(notes.n, 1);
	assert_true(has_noted(&notes, AA_STEP_BEHALF, "", AA_DELEGATION_DENIED));
	notes.n = 0;
	aa_admit_awaited(&f->ctx, f->agent, &f->login, "audit", NULL, &v);
	assert_int_equal(v.reason, AA_OK);
	assert_true(has_noted(&notes, AA_STEP_ROLE, "audit", AA_OK));
	assert_false(has_noted(&notes, AA_STEP_ROLE, "deploy", AA_OK));
	aa_verdict_clear(&v);
}

TEST(root_and_people_take_the_steps_of_theirs, here)
{
	struct fixture *f = *state;
	struct aa_verdict v = {0};

	support_set(f->site, "agent:builder-7", "delegation", "{\"users\": [], \"local_users\": [\"bob\"]}");
	look_again(f);
	aa_admit_started(&f->ctx, f->agent, &f->login, "bob", &v);
	assert_int_equal(v.reason, AA_OK);
	assert_true(has_noted(&notes, AA_STEP_BEHALF, "", AA_OK));
	aa_admit_started(&f->ctx, f->agent, &f->login, "eve", &v);
	assert_int_equal(v.reason, AA_DELEGATION_DENIED);
	assert_true(has_noted(&notes, AA_STEP_BEHALF, "", AA_DELEGATION_DENIED));
	f->login.service = "cron";
	aa_admit_started(&f->ctx, f->agent, &f->login, NULL, &v);
	assert_int_equal(v.reason, AA_OK);
	assert_true(has_noted(&notes, AA_STEP_UNASKED, "", AA_OK));
	aa_verdict_clear(&v);
}

TEST(what_refuses_is_the_last_step, here)
{
	struct fixture *f = *state;
	const struct {
		const char *claim, *value;
		enum aa_step step;
		enum aa_reason reason;
	} cases[] = {
	    {"aud", "\"ssh://elsewhere\"", AA_STEP_AUDIENCE, AA_WRONG_AUDIENCE},
	    {"sub", "\"other-1\"", AA_STEP_SUBJECT, AA_WRONG_SUBJECT},
	    {"iss", "\"other-1\"", AA_STEP_KEY, AA_WRONG_SUBJECT},
	    {"jti", NULL, AA_STEP_IDENTITY, AA_CLAIM_REQUIRED},
	    {"exp", "1000000001", AA_STEP_TIMES, AA_MALFORMED},
	    {"nonce", "\"x\"", AA_STEP_NONCE, AA_NONCE_MISMATCH},
	    {"cnf", "{\"jkt\": \"x\"}", AA_STEP_PROOF, AA_PROOF_REQUIRED},
	    {"task", "7", AA_STEP_TASK, AA_MALFORMED},
	    {"scope", "7", AA_STEP_SCOPE, AA_MALFORMED},
	    {"scope", "\"inside\"", AA_STEP_ASKED, AA_ROLE_DENIED},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(admit(f, support_bent_assertion(f->now, cases[i].claim, cases[i].value)),
				 cases[i].reason);
		assert_int_equal(notes.v[notes.n - 1].step, cases[i].step);
		assert_int_equal(notes.v[notes.n - 1].reason, cases[i].reason);
	}
	assert_int_equal(admit(f, strdup("no token")), AA_MALFORMED);
	assert_int_equal(notes.v[notes.n - 1].step, AA_STEP_FORM);
	assert_int_equal(aa_decision_suspend(f->site->statedir, "builder-7", "root", NULL, f->now), 0);
	assert_int_equal(admit(f, support_assertion(f->now)), AA_AGENT_SUSPENDED);
	assert_int_equal(notes.v[notes.n - 1].step, AA_STEP_SUSPENSION);
}

TEST(each_role_says_why_it_is_left_out, here)
{
	struct fixture *f = *state;

	support_set(f->site, "role:audit", "services", "[\"login\"]");
	support_set(f->site, "role:deploy", "sources", "[\"192.0.2.0/24\"]");
	look_again(f);
	assert_int_equal(admit(f, support_assertion(f->now)), AA_SOURCE_DENIED);
	assert_true(has_noted(&notes, AA_STEP_ROLE, "audit", AA_SERVICE_DENIED));
	assert_true(has_noted(&notes, AA_STEP_ROLE, "deploy", AA_SOURCE_DENIED));
	assert_int_equal(notes.v[notes.n - 1].step, AA_STEP_ROLES);
}

/* How many files there are below a directory. */
static size_t count_files(const char *dir)
{
	DIR *list = opendir(dir);
	struct dirent *entry;
	size_t n = 0;

	while (list && (entry = readdir(list)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
			char path[1024];

			snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
			n += 1 + (entry->d_type == DT_DIR ? count_files(path) : 0);
		}
	if (list)
		closedir(list);
	return n;
}

TEST(what_is_dry_marks_nothing_and_sees_marks, here)
{
	struct fixture *f = *state;
	char *credential = support_assertion(f->now);
	size_t before = count_files(f->site->dir);

	assert_int_equal(admit(f, strdup(credential)), AA_OK);
	assert_int_equal(admit(f, strdup(credential)), AA_OK);
	assert_int_equal(admit(f, support_sign(support_token_claims(f->now), AA_ALG_ES256,
					       support_key(AA_ALG_ES256, 0), "none", "at+jwt")),
			 AA_UNKNOWN_KEY);
	assert_int_equal(count_files(f->site->dir), before);
	f->ctx.dry = false;
	assert_int_equal(admit(f, strdup(credential)), AA_OK);
	assert_true(count_files(f->site->dir) > before);
	f->ctx.dry = true;
	before = count_files(f->site->dir);
	assert_int_equal(admit(f, credential), AA_REPLAYED);
	assert_int_equal(notes.v[notes.n - 1].step, AA_STEP_REPLAY);
	assert_int_equal(admit(f, support_bent_assertion(f->now, "jti", "\"another\"")), AA_OK);
	assert_int_equal(count_files(f->site->dir), before);
}

TEST(too_many_failures_are_a_step, here)
{
	struct fixture *f = *state;

	support_set(f->site, "host", "max_failures", "1");
	look_again(f);
	assert_int_equal(admit(f, support_assertion(f->now)), AA_OK);
	assert_true(aa_failures_count(f->site->rundir, geteuid(), "builder-7", "10.1.2.3", f->now));
	assert_int_equal(admit(f, support_assertion(f->now)), AA_RATE_LIMITED);
	assert_int_equal(notes.v[notes.n - 1].step, AA_STEP_FAILURES);
}

TEST(a_log_that_could_not_be_written_is_a_step, here)
{
	struct fixture *f = *state;
	char path[256];

	snprintf(path, sizeof(path), "%s/audit.jsonl", f->site->logdir);
	assert_int_equal(admit(f, support_assertion(f->now)), AA_OK);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_int_equal(admit(f, support_assertion(f->now)), AA_AUDIT_UNAVAILABLE);
	assert_int_equal(notes.v[notes.n - 1].step, AA_STEP_LOG);
	support_set(f->site, "host", "audit_failure", "\"warn\"");
	look_again(f);
	assert_int_equal(admit(f, support_assertion(f->now)), AA_OK);
}

TEST(a_session_takes_the_steps_of_its_way, here)
{
	struct fixture *f = *state;
	const struct aa_command command = {"root", "/bin/true", (char *[]){(char[]){"true"}, NULL}};
	struct aa_command_rule rule;
	struct aa_session *session = NULL, *found = NULL;
	struct aa_verdict v = {0};
	char *credential = support_assertion(f->now);

	support_set(f->site, "role:deploy", "approval", "[\"(root) /bin/false\"]");
	support_set(f->site, "role:audit", "approval", "[\"(root) /bin/true\"]");
	look_again(f);
	aa_admit_credential(&f->ctx, f->agent, &f->login, credential, strlen(credential), &v);
	assert_int_equal(v.reason, AA_OK);
	assert_int_equal(aa_session_create(f->site->rundir, f->agent, &f->login, &v, f->now + 100, &session),
			 AA_OK);
	assert_int_equal(aa_session_open(f->site->rundir, session, f->now), 0);
	notes.n = 0;
	assert_int_equal(aa_admit_in_session(&f->ctx, f->agent, "sudo", &found), AA_OK);
	assert_true(has_noted(&notes, AA_STEP_GROUPS, "", AA_OK));
	assert_true(has_noted(&notes, AA_STEP_SERVICE, "", AA_OK));
	for (size_t i = 0; i < notes.n; i++)
		assert_true(aa_step_is_of(notes.v[i].step, AA_WAY_SESSION));
	assert_int_equal(aa_command_waits(f->ctx.policy, f->agent, &command, &trace, &rule), AA_OK);
	assert_string_equal(rule.role, "audit");
	assert_string_equal(rule.text, "(root) /bin/true");
	assert_true(has_noted(&notes, AA_STEP_APPROVAL, "audit", AA_OK));
	aa_session_close(f->site->rundir, geteuid(), session->id, session->agent);
	aa_session_free(found);
	found = NULL;
	assert_int_equal(aa_admit_in_session(&f->ctx, f->agent, "sudo", &found), AA_NO_SESSION);
	assert_true(has_noted(&notes, AA_STEP_SESSION, "", AA_NO_SESSION));
	aa_session_free(found);
	aa_session_free(session);
	aa_verdict_clear(&v);
	free(credential);
}
